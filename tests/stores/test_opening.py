"""Opening a home for writing: one writer at a time, and a damaged warehouse is set aside and made anew."""

import json
import os
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from stores.errors import DamageError, HomeBusyError, HomeError
from stores.home import Home, create_home
from stores.opening import OpenStores, open_stores
from stores.warehouse import WarehouseSettings

SETTINGS = WarehouseSettings(threads=1)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home", kind="synthetic")


def rows(stores: OpenStores) -> list[tuple[int]]:
    return stores.warehouse.rows("SELECT a FROM raw.kept") if "kept" in str(tables(stores)) else []


def tables(stores: OpenStores) -> list[tuple[str]]:
    return stores.warehouse.rows("SELECT table_name FROM duckdb_tables()")


def opened(home: Home) -> AbstractContextManager[OpenStores]:
    """Opened for a run that finds everything whole."""
    return open_stores(home, "run", settings=SETTINGS, tell=pytest.fail)


def fill(home: Home) -> None:
    with opened(home) as stores:
        stores.warehouse.execute("CREATE TABLE raw.kept AS SELECT range AS a, md5(range::VARCHAR) b FROM range(100000)")


def test_a_second_writer_is_told_at_once_who_holds_the_home(home: Home) -> None:
    told = pytest.raises(HomeBusyError, match=rf"`hub resolve` \(process {os.getpid()} on .* since 20")
    with open_stores(home, "resolve", settings=SETTINGS, tell=pytest.fail), told, opened(home):
        pass
    with opened(home):
        assert json.loads(home.lock.read_text())["verb"] == "run"


def test_a_killed_writer_holds_nothing(home: Home) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from stores.home import open_home; "
        "from stores.lock import held\n"
        "with held(open_home(Path(sys.argv[1])), 'run'): os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(home.root)], check=False).returncode < 0
    with opened(home):
        pass


def test_what_a_killed_writer_started_is_waited_for_until_it_ends_too(home: Home) -> None:
    code = (
        "import os, signal, sys, time; from pathlib import Path; from stores.home import open_home; "
        "from stores.lock import held\n"
        "with held(open_home(Path(sys.argv[1])), 'run'):\n"
        "    if os.fork(): os.kill(os.getpid(), signal.SIGKILL)\n"
        "    time.sleep(1); os._exit(0)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(home.root)], check=False).returncode < 0
    with opened(home):
        assert json.loads(home.lock.read_text())["process"] == os.getpid()


def test_a_home_that_cannot_be_written_is_told_before_anything_begins(home: Home) -> None:
    # A folder where the lock should be: even the superuser, whom permissions do not stop, cannot open it.
    home.lock.mkdir()
    with pytest.raises(HomeError, match=r"cannot be written .*: nothing was begun"), opened(home):
        pass
    assert not home.warehouse.exists()


def test_what_a_killed_command_spilled_is_removed(home: Home) -> None:
    left, of_a_reader = home.temp / "writing" / "duckdb_temp_storage_DEFAULT-0.tmp", home.temp / "duckdb_temp_block-7"
    left.parent.mkdir()
    for path in (left, of_a_reader):
        path.write_bytes(b"spilled")
    fill(home)
    assert (left.exists(), of_a_reader.exists()) == (False, True)


def test_what_does_not_fit_into_memory_is_spilled_beside_the_home_s_files(home: Home) -> None:
    settings = WarehouseSettings(threads=1, memory_limit="60MB")
    with open_stores(home, "run", settings=settings, tell=pytest.fail) as stores:
        stores.warehouse.execute("SET preserve_insertion_order = true")
        stores.warehouse.execute(
            "CREATE TEMP TABLE big AS SELECT md5(range::VARCHAR) a, range b FROM range(3000000) ORDER BY a"
        )
        assert (home.temp / "writing").is_dir()
        assert stores.warehouse.rows("SELECT count(*) FROM big") == [(3_000_000,)]


def test_a_cut_warehouse_is_set_aside_and_made_anew(home: Home) -> None:
    fill(home)
    os.truncate(home.warehouse, home.warehouse.stat().st_size // 2)
    told: list[str] = []
    with open_stores(home, "run", settings=SETTINGS, tell=told.append) as stores:
        assert tables(stores) == []
    assert "is made anew from the archive" in told[0]
    assert [path.name for path in home.damaged.iterdir()] == [home.warehouse.name]
    with opened(home):
        assert list(home.damaged.iterdir()) == []


def test_a_damaged_log_costs_only_what_came_since_the_checkpoint(home: Home) -> None:
    fill(home)
    code = (
        "import os, sys; from pathlib import Path; from stores.warehouse import open_warehouse\n"
        "opened = open_warehouse(Path(sys.argv[1]))\n"
        "for _ in range(3): opened.execute('INSERT INTO raw.kept SELECT range, NULL FROM range(1000)')\n"
        "os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(home.warehouse)], check=False)
    log = home.warehouse.with_name("warehouse.duckdb.wal")
    spoiled = bytearray(log.read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    log.write_bytes(spoiled)
    told: list[str] = []
    with open_stores(home, "run", settings=SETTINGS, tell=told.append) as stores:
        assert len(rows(stores)) == 100_000
    assert "Corrupt WAL" in told[0]


def test_a_damaged_block_is_noticed_before_anything_reads_it(home: Home) -> None:
    fill(home)
    scribble(home)
    told: list[str] = []
    with open_stores(home, "run", settings=SETTINGS, tell=told.append) as stores:
        assert tables(stores) == []
    assert "1 of the " in told[0]


def test_damage_met_on_the_way_is_remembered_for_the_next_command(home: Home) -> None:
    fill(home)
    message = pytest.raises(DamageError, match="give the same command again")
    with message, opened(home) as stores:
        scribble(home)
        stores.warehouse.rows("SELECT max(a), max(b) FROM raw.kept")
    told: list[str] = []
    with open_stores(home, "run", settings=SETTINGS, tell=told.append) as stores:
        assert tables(stores) == []
    assert "Corrupt database file" in told[0]
    with opened(home):
        assert not home.damage_mark.exists()


def scribble(home: Home) -> None:
    """Into the column of hashes, which opening the file does not read."""
    with home.warehouse.open("r+b") as file:
        file.seek(3 * 2**18)
        file.write(b"\xff" * 64)


def test_a_lost_warehouse_is_told(home: Home) -> None:
    fill(home)
    home.warehouse.unlink()
    told: list[str] = []
    with open_stores(home, "run", settings=SETTINGS, tell=told.append) as stores:
        assert tables(stores) == []
    assert "it has 0 bytes" in told[0]
