"""Damaged files of a home: noticed, made anew from the truth, and never served."""

import os
import random
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest

from stores.home import Home
from tests.faults.calls import HubCall, run_hub
from tests.faults.conftest import Town
from tests.faults.whole import Counts, compare, served
from tests.trials import trials, write_down

MUTATIONS = trials(few=4, full=200)
ATTEMPTS = 3
Harm = Callable[[Path, random.Random], None]


def flip(path: Path, chance: random.Random) -> None:
    """One bit."""
    with path.open("r+b") as file:
        place = chance.randrange(path.stat().st_size)
        file.seek(place)
        [byte] = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ 1 << chance.randrange(8)]))


def scribble(path: Path, chance: random.Random) -> None:
    """A block of noise, as a failing disk leaves it."""
    with path.open("r+b") as file:
        file.seek(chance.randrange(path.stat().st_size) // 4096 * 4096)
        file.write(chance.randbytes(min(4096, path.stat().st_size - file.tell())))


def cut(path: Path, chance: random.Random) -> None:
    """The end is gone."""
    os.truncate(path, chance.randrange(path.stat().st_size))


def lose(path: Path, _: random.Random) -> None:
    """The file is gone."""
    path.unlink()


HARMS: tuple[Harm, ...] = (flip, scribble, cut, lose)
# Relative to the home; what readers get lies in snapshots/current.
FILES = (
    "warehouse.duckdb",
    "warehouse.duckdb.wal",
    "operational/operational.sqlite",
    "operational/backup.sqlite",
    "operational/seal",
    "snapshots/current/manifest.json",
    "snapshots/current/entities.duckdb",
    "snapshots/current/graph.lbug",
    "snapshots/current/match.sqlite",
)


@pytest.fixture(scope="session")
def stopped(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose second run was killed while changes lay in the write-ahead log of the warehouse."""
    home = town.copy(town.begun, tmp_path_factory.mktemp("stopped") / "home")
    log = home.root / "warehouse.duckdb.wal"
    process = HubCall(home.root, ("run", str(town.feeds))).start()
    while not (process.stage() in ("standardise", "resolve") and log.exists() and log.stat().st_size > 10_000):
        assert not process.ended_within(0.02), process.told()
    process.kill()
    return home


def spoil(home: Home, name: str, harm: Harm, chance: random.Random) -> None:
    path = home.root / name
    before = path.read_bytes()
    while path.exists() and path.read_bytes() == before:
        harm(path, chance)


def repair(home: Home, town: Town) -> None:
    """Gives the same command again, as the message says, until it ends well."""
    for _ in range(ATTEMPTS):
        code, told = run_hub(home.root, "run", str(town.feeds))
        assert "Traceback" not in told, told
        if code == 0:
            return
        assert code == 4, told
        assert "same command again" in told, told
    raise AssertionError(told)


def trial(number: int, town: Town, stopped: Home, folder: Path) -> Counts:
    """One file of one home damaged in one way, then the day's run."""
    counts, chance = Counts("mutations"), random.Random(number)
    name, harm = FILES[number % len(FILES)], HARMS[number // len(FILES) % len(HARMS)]
    start = stopped if name.endswith(".wal") else chance.choice([stopped, town.begun])
    home = town.copy(start, folder / f"home{number}")
    spoil(home, name, harm, chance)
    counts.note(f"{name} {harm.__name__}")
    expected = None if name.startswith("snapshots/") else served(town.begun)
    counts.half_served += served(home) != expected
    repair(home, town)
    compare(home, town.calm, counts)
    shutil.rmtree(home.root)
    return counts


def test_damage_is_noticed_and_made_good(town: Town, stopped: Home, tmp_path: Path) -> None:
    counts = Counts("mutations")
    numbers = range(MUTATIONS) if len(FILES) < MUTATIONS else random.Random(4).sample(range(36), MUTATIONS)
    with ThreadPoolExecutor(os.cpu_count() if MUTATIONS > 10 else 1) as pool:
        for found in pool.map(lambda number: trial(number, town, stopped, tmp_path), numbers):
            counts += found
    write_down(asdict(counts))
    assert counts.harm == (0, 0, 0)
    assert counts.recovered == counts.count == MUTATIONS


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
@pytest.mark.parametrize("name", [each for each in FILES if each.startswith("snapshots/")])
def test_a_damaged_snapshot_is_never_read(town: Town, tmp_path: Path, name: str, harm: Harm) -> None:
    place = tmp_path / "home"
    (place / "snapshots").parent.mkdir(parents=True)
    shutil.copytree(town.begun.snapshots, place / "snapshots", symlinks=True)
    home = Home(place, town.begun.kind)
    assert served(home) is not None
    spoil(home, name, harm, random.Random(7))
    assert served(home) is None


def test_a_reader_of_a_damaged_snapshot_is_told_what_to_do(town: Town, tmp_path: Path) -> None:
    home = town.copy(town.begun, tmp_path / "home")
    cut(home.snapshots / "current" / "entities.duckdb", random.Random(1))
    code, told = run_hub(home.root, "ask", "old_people_alone", "--purpose", "training")
    assert code == 4
    assert "hub publish" in told
    code, told = run_hub(home.root, "publish")
    assert (code, served(home)) == (0, served(town.begun)), told


def test_an_older_warehouse_under_a_newer_ledger_is_brought_up_to_date(town: Town, tmp_path: Path) -> None:
    home, counts = town.copy(town.calm, tmp_path / "home"), Counts("older")
    shutil.copy(town.begun.warehouse, home.warehouse)
    # As after a command that was cut off: nobody knows how large the file should be.
    home.warehouse_size.unlink()
    for verb in ("resolve", "publish"):
        code, told = run_hub(home.root, verb)
        assert code == 0, told
    compare(home, town.calm, counts)
    assert (counts.harm, counts.recovered) == ((0, 0, 0), 1)
