import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.ingest import ingest
from ingestion.keep import archive_facts
from ingestion.recognise import recognise
from ingestion.recovery import rebuild, settle
from schemas.readers.contracts import DerivedColumn
from stores.operational.deliveries import DeliveryState
from stores.warehouse import Parameters, Warehouse
from tests.ingestion.village import CONTRACT, DELTA, FULL, Village, csv_text, everything_held, open_village, row
from tests.trials import IS_FULL

FILES = {
    FULL: csv_text(row("1"), row("2"), row("3", name=""), row("4", 性别="x", 身份证号="不详")),
    DELTA: csv_text(row("1", "王晓明", "2026-07-01", 操作="变更"), row("2", at="2026-07-01", 操作="删除")),
    "people_full_20260702_0001.csv": csv_text(row("1", "王晓明", "2026-07-01"), row("2", "李黎", "2026-07-02")),
}


# Each statement costs about a second; the long trials kill at every one.
KILL_EVERY = 1 if IS_FULL else 11


class Killed(BaseException):
    """Stands for the end of the process."""


class DyingWarehouse(Warehouse):
    """Dies at its n-th statement."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection)
        self.left = -1

    def _run(self, sql: str, parameters: Parameters | None) -> duckdb.DuckDBPyConnection:
        self.left -= 1
        if self.left == 0:
            raise Killed
        return super()._run(sql, parameters)


def fill(inbox: Path) -> None:
    inbox.mkdir(parents=True)
    for name, text in FILES.items():
        (inbox / name).write_bytes(text.encode("gb18030"))


def outcome(village: Village) -> tuple[Any, ...]:
    ledger = [(each.name, each.state, each.outcome) for each in village.context.operational.ledger.all()]
    return everything_held(village.context.warehouse), ledger, sorted(village.context.home.spool.iterdir())


@pytest.fixture
def undisturbed(tmp_path: Path) -> tuple[Any, ...]:
    fill(tmp_path / "calm" / "inbox")
    with open_village(tmp_path / "calm") as village:
        ingest([village.inbox], village.context)
        return outcome(village)


def test_a_kill_at_any_statement_and_a_rerun_converge(tmp_path: Path, undisturbed: tuple[Any, ...]) -> None:
    for statement in count(1, KILL_EVERY):
        root = tmp_path / f"killed{statement}"
        fill(root / "inbox")
        with open_village(root, warehouse=DyingWarehouse) as village:
            assert isinstance(village.context.warehouse, DyingWarehouse)
            village.context.warehouse.left = statement
            try:
                ingest([village.inbox], village.context)
            except Killed:
                died = True
            else:
                died = False
        with open_village(root) as village:
            ingest([village.inbox], village.context)
            assert outcome(village) == undisturbed, f"killed at statement {statement}"
        shutil.rmtree(root)
        if not died:
            break
    assert statement > 40


KILLED_CHILD = """
import os, signal, sys
from pathlib import Path
from tests.ingestion.village import open_village
from tests.ingestion.test_recovery import DyingWarehouse, Killed
from ingestion.ingest import ingest
with open_village(Path(sys.argv[1]), warehouse=DyingWarehouse) as village:
    village.context.warehouse.left = int(sys.argv[2])
    try:
        ingest([village.inbox], village.context)
    except Killed:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("statement", [12, 31, 47])
def test_a_killed_process_leaves_a_home_that_the_next_one_finishes(
    tmp_path: Path, undisturbed: tuple[Any, ...], statement: int
) -> None:
    root = tmp_path / "killed"
    fill(root / "inbox")
    child = subprocess.run([sys.executable, "-c", KILLED_CHILD, str(root), str(statement)], check=False)

    assert child.returncode == -signal.SIGKILL
    with open_village(root) as village:
        ingest([village.inbox], village.context)
        assert outcome(village) == undisturbed


def test_a_kill_before_the_ledgers_mark_is_settled_without_the_files(village: Village) -> None:
    village.take(FULL, row("1"))
    before = outcome(village)
    ledger = village.context.operational.ledger
    ledger.mark(1, DeliveryState.ARCHIVED, outcome=archive_facts(ledger.get(1)))
    settle(village.context)

    assert outcome(village) == before


def test_a_delivery_in_the_spool_alone_is_finished_without_its_file(village: Village) -> None:
    path = village.inbox / FULL
    path.write_text(csv_text(row("1")), encoding="utf-8")
    context = village.context
    name = recognise(path, context.declarations.contracts).name
    sealed = context.archive.seal(path, name)
    context.operational.ledger.receive(name, file=path.name, sha256=sealed.sha256)
    path.unlink()

    [report] = ingest([], context)
    assert (report.state, report.rows) == ("applied", 1)


def test_a_rebuild_equals_the_original(tmp_path: Path) -> None:
    fill(tmp_path / "inbox")
    with open_village(tmp_path) as village:
        ingest([village.inbox], village.context)
        before = outcome(village)
        rebuild(village.context)
        ingest([], village.context)

        assert outcome(village) == before


def test_a_lost_warehouse_is_made_anew(tmp_path: Path) -> None:
    fill(tmp_path / "inbox")
    with open_village(tmp_path) as village:
        ingest([village.inbox], village.context)
        before = outcome(village)
    village.context.home.warehouse.unlink()
    with open_village(tmp_path) as village:
        ingest([], village.context)
        assert outcome(village) == before


@pytest.mark.parametrize("lost", [1, 2])
def test_deliveries_that_the_warehouse_lost_are_applied_again(tmp_path: Path, lost: int) -> None:
    fill(tmp_path / "inbox")
    files = sorted((tmp_path / "inbox").iterdir(), key=lambda path: path.name.split("_")[2])
    with open_village(tmp_path) as village:
        ingest(files[:-lost], village.context)
    shorter = village.context.home.warehouse.read_bytes()
    with open_village(tmp_path) as village:
        ingest(files, village.context)
        before = outcome(village)
    village.context.home.warehouse.write_bytes(shorter)

    with open_village(tmp_path) as village:
        ingest([], village.context)
        assert outcome(village) == before


def test_a_warehouse_that_lost_a_delivery_in_the_middle_is_rebuilt(tmp_path: Path) -> None:
    fill(tmp_path / "inbox")
    with open_village(tmp_path) as village:
        ingest([village.inbox], village.context)
        before = outcome(village)
        for table in ("raw.applied_delivery", "raw.people"):
            village.context.warehouse.execute(f"DELETE FROM {table} WHERE delivery_id = 2")
        ingest([], village.context)

        assert outcome(village) == before


def test_a_contract_with_another_column_has_the_raw_table_made_anew(tmp_path: Path) -> None:
    fill(tmp_path / "inbox")
    with open_village(tmp_path) as village:
        ingest([village.inbox], village.context)
    older = replace(CONTRACT, derived=(*CONTRACT.derived, DerivedColumn("县", "county", "'嘉定'")))
    with open_village(tmp_path, older) as village:
        ingest([], village.context)

        assert village.rows('SELECT DISTINCT "县" FROM raw.people') == [("嘉定",)]
