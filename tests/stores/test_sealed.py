"""The operational database and its copy: whichever is whole is used, and what is not is never opened."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from stores.errors import StoreError
from stores.home import Home, create_home
from stores.operational import open_operational, read_operational
from stores.operational.deliveries import DeliveryName
from stores.operational.sealed import SealedFile

FIRST, SECOND = (DeliveryName("people", "delta", date(2026, 7, day), 1) for day in (1, 2))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = create_home(tmp_path / "home", kind="synthetic")
    with open_operational(made) as operational:
        operational.ledger.receive(FIRST, file="a.csv", sha256="00")
    return made


def test_every_write_is_flushed_to_the_disk_twice(home: Home) -> None:
    operational = open_operational(home)
    with operational._engine.connect() as connection:
        pragmas = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "journal_mode")]
    operational.ledger.receive(SECOND, file="a.csv", sha256="00")

    assert pragmas == [2, "delete"]
    assert home.operational.with_name("backup.sqlite").read_bytes() == home.operational.read_bytes()


def test_a_destroyed_key_leaves_no_bytes_in_the_database(home: Home) -> None:
    operational = open_operational(home)
    operational.archive_keys.create(1)
    with operational._engine.connect() as connection:
        wrapped = connection.exec_driver_sql("SELECT wrapped FROM archive_key").scalar_one()
    operational.archive_keys.destroy(1)

    files = [path.read_bytes() for path in home.operational.parent.iterdir()]
    assert not any(wrapped in content for content in files)


def names(home: Home) -> list[DeliveryName]:
    with read_operational(home) as operational:
        return [each.name for each in operational.ledger.all()]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


FILES = ["operational.sqlite", "backup.sqlite", "seal"]


@pytest.mark.parametrize("damage", [flip, cut, Path.unlink])
@pytest.mark.parametrize("name", FILES)
def test_damage_to_one_file_loses_nothing_and_is_mended(home: Home, name: str, damage: Callable[[Path], None]) -> None:
    folder = home.operational.parent
    before = {each: (folder / each).read_bytes() for each in FILES[:2]}
    damage(folder / name)

    assert names(home) == [FIRST]
    told: list[str] = []
    open_operational(home, tell=told.append).close()
    assert {each: (folder / each).read_bytes() for each in FILES[:2]} == before
    assert names(home) == [FIRST]
    assert bool(told) == (name == "operational.sqlite")


def test_damage_to_both_copies_is_refused_and_says_what_to_do(home: Home) -> None:
    for name in FILES[:2]:
        flip(home.operational.with_name(name))

    for opening in (open_operational, read_operational):
        with pytest.raises(StoreError, match="from a backup of the home"):
            opening(home)


def test_a_commit_without_its_seal_does_not_count(home: Home) -> None:
    with closing(sqlite3.connect(home.operational)) as connection, connection:
        connection.execute("UPDATE delivery SET state = 'applied'")
    (home.operational.parent / "operational.sqlite-journal").write_bytes(b"what a killed process left")

    with open_operational(home) as operational:
        assert [each.state for each in operational.ledger.all()] == ["received"]
    assert sorted(path.name for path in home.operational.parent.iterdir()) == sorted(FILES)


def test_a_commit_sealed_but_not_copied_counts(home: Home) -> None:
    backup = home.operational.with_name("backup.sqlite")
    older = backup.read_bytes()
    with open_operational(home) as operational:
        operational.ledger.receive(SECOND, file="b.csv", sha256="11")
    backup.write_bytes(older)

    assert names(home) == [FIRST, SECOND]
    open_operational(home).close()
    assert backup.read_bytes() == home.operational.read_bytes()


def test_a_reader_sees_whole_commits_while_another_writes(home: Home) -> None:
    with open_operational(home) as writer:
        for day in range(2, 20):
            writer.ledger.receive(DeliveryName("people", "delta", date(2026, 7, day), 1), file="b", sha256="11")
            assert len(names(home)) == day


def test_many_threads_read_at_once(home: Home) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(names, [home] * 40)) == [[FIRST]] * 40


def test_a_database_that_somebody_put_back_is_taken(home: Home) -> None:
    older = home.operational.read_bytes()
    with open_operational(home) as operational:
        operational.ledger.receive(SECOND, file="b.csv", sha256="11")
    for name in FILES[1:]:
        home.operational.with_name(name).unlink()
    home.operational.write_bytes(older)

    open_operational(home).close()
    assert names(home) == [FIRST]


def test_a_lost_database_beside_an_archive_is_not_begun_anew(home: Home) -> None:
    (home.archive / "people").mkdir()
    (home.archive / "people" / "00000001.csv.enc").touch()
    for name in FILES:
        home.operational.with_name(name).unlink()

    with pytest.raises(StoreError, match="put it back from a backup"):
        open_operational(home)


def test_a_file_that_is_no_database_is_not_taken(tmp_path: Path) -> None:
    sealed = SealedFile(tmp_path / "operational.sqlite")
    sealed.file.write_bytes(b"no database" * 1000)

    with pytest.raises(StoreError, match="damaged"):
        sealed.content()
