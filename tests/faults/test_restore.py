"""What docs/operate.md says of backups: without warehouse and snapshots a run gives the same snapshot again."""

import os
import shutil
import subprocess
from pathlib import Path

from stores.home import Home, open_home
from tests.faults.calls import run_hub
from tests.faults.conftest import Town
from tests.faults.whole import Counts, changes_told, compare
from tests.postgresql.operational import PASSWORD, ROLE, OperationalServer
from tests.postgresql.server import binary

BACKED_UP = ("home.toml", "archive", "identity", "changes", "operational", "audit", "keys", "spool")


def restored(home: Home, place: Path) -> Home:
    """A home made of what a backup of this one holds."""
    place.mkdir(mode=0o700)
    for name in BACKED_UP:
        source = home.root / name
        if source.is_dir():
            shutil.copytree(source, place / name)
        else:
            shutil.copy2(source, place / name)
    return open_home(place)


def test_a_home_is_restored_from_its_backup(town: Town, tmp_path: Path) -> None:
    home, counts = restored(town.calm, tmp_path / "home"), Counts("restore")
    assert not home.warehouse.exists()
    code, told = run_hub(home.root, "run")
    assert code == 0, told
    compare(home, town.calm, counts)
    assert changes_told(home, town.begun) == changes_told(town.calm, town.begun) != []
    assert (counts.harm, counts.recovered) == ((0, 0, 0), 1)


def test_a_home_with_a_server_is_restored_from_its_backup_and_a_dump(
    town: Town, tmp_path: Path, operational_server: OperationalServer
) -> None:
    home = operational_server.named_in(town.copy(town.calm, tmp_path / "served"))
    code, told = run_hub(home.root, "move-operational")
    assert code == 0, told
    dump = tmp_path / "operational.dump"
    tool(operational_server, "pg_dump", "--format=custom", f"--file={dump}", operational_server.database)
    operational_server.execute("DROP SCHEMA public CASCADE", f"CREATE SCHEMA public AUTHORIZATION {ROLE}")
    tool(
        operational_server, "pg_restore", f"--dbname={operational_server.database}", "--clean", "--if-exists", str(dump)
    )

    again, counts = restored(home, tmp_path / "home"), Counts("restore")
    code, told = run_hub(again.root, "run")
    assert code == 0, told
    compare(again, town.calm, counts)
    assert (counts.harm, counts.recovered) == ((0, 0, 0), 1)


def tool(server: OperationalServer, program: str, *arguments: str) -> None:
    """Runs a program of PostgreSQL as the hub's role."""
    where = ["--host=127.0.0.1", f"--port={server.server.port}", f"--username={ROLE}"]
    subprocess.run(
        [binary(program), *where, *arguments], check=True, env={**os.environ, "PGPASSWORD": PASSWORD}, timeout=60
    )
