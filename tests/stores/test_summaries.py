"""A copy equals its tables by rows and hash, and an earlier copy is brought up to date by the difference alone."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from stores.snapshots import TableSummary
from stores.summaries import copy_tables, renew_tables, summarise, together
from stores.warehouse import Warehouse, open_read_only, open_warehouse

TABLES = {"person": ("resolved.person", "id"), "fact": ("standard.fact", "")}


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    with open_warehouse(None) as opened:
        opened.execute(
            "CREATE TABLE resolved.person AS SELECT n AS id, 'N' || n AS name, n / 3 AS sure FROM range(1000) t(n)"
        )
        opened.execute("CREATE TABLE standard.fact AS SELECT n AS id, DATE '2026-01-01' AS day FROM range(10) t(n)")
        yield opened


def planned(warehouse: Warehouse, tables: Mapping[str, tuple[str, str]]) -> dict[str, TableSummary]:
    return {name: summarise(warehouse, source) for name, (source, _) in tables.items()}


def written(file: Path, tables: Mapping[str, tuple[str, str]]) -> dict[str, TableSummary]:
    with open_read_only(file) as copy:
        names = [name for (name,) in copy.rows("SELECT table_name FROM duckdb_tables() ORDER BY table_name")]
        assert names == sorted(tables)
        return {name: summarise(copy, name) for name in tables}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE resolved.person SET name = 'M' || id WHERE id % 100 = 7",
        "DELETE FROM resolved.person WHERE id % 100 = 7",
        "INSERT INTO resolved.person SELECT n, NULL, n FROM range(1000, 1010) t(n)",
        "UPDATE resolved.person SET name = 'M' || id",
        "DELETE FROM resolved.person",
        "ALTER TABLE resolved.person ADD COLUMN born DATE",
        "DELETE FROM standard.fact; INSERT INTO standard.fact VALUES (1, NULL)",
        "SELECT 1",
    ],
)
def test_an_earlier_copy_is_brought_to_what_a_fresh_one_holds(
    warehouse: Warehouse, tmp_path: Path, change: str
) -> None:
    file = tmp_path / "copy.duckdb"
    copy_tables(warehouse, file, TABLES)
    warehouse.execute(change)
    renew_tables(warehouse, file, TABLES)
    assert written(file, TABLES) == planned(warehouse, TABLES)


def test_a_copy_renewed_day_after_day_does_not_fill_up_with_rows_that_are_gone(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    file = tmp_path / "copy.duckdb"
    copy_tables(warehouse, file, TABLES)
    for day in range(12):
        warehouse.execute(f"UPDATE resolved.person SET name = '{day}' WHERE id % 10 = {day % 10}")
        renew_tables(warehouse, file, TABLES)
    assert written(file, TABLES) == planned(warehouse, TABLES)
    with open_read_only(file) as copy:
        [(places,)] = copy.rows("SELECT max(rowid) + 1 FROM person")
    assert places <= 1250


def test_tables_that_are_no_longer_wanted_go_and_new_ones_come(warehouse: Warehouse, tmp_path: Path) -> None:
    file = tmp_path / "copy.duckdb"
    copy_tables(warehouse, file, {**TABLES, "finding": ("resolved.person", "")})
    tables = {"fact": TABLES["fact"], "human": TABLES["person"]}
    renew_tables(warehouse, file, tables)
    assert written(file, tables) == planned(warehouse, tables)


def test_one_value_moved_from_row_to_row_is_another_content(warehouse: Warehouse) -> None:
    before = summarise(warehouse, "resolved.person")
    warehouse.execute("UPDATE resolved.person SET name = CASE id WHEN 1 THEN 'N2' ELSE 'N1' END WHERE id IN (1, 2)")
    assert summarise(warehouse, "resolved.person") != before


def test_order_of_rows_and_last_bits_of_a_sum_are_no_other_content(warehouse: Warehouse) -> None:
    before = summarise(warehouse, "resolved.person")
    warehouse.execute(
        "CREATE TABLE turned AS SELECT id, name, sure + 1e-9 AS sure FROM resolved.person ORDER BY id DESC"
    )
    assert summarise(warehouse, "turned") == before


def test_parts_make_up_the_whole(warehouse: Warehouse) -> None:
    parts = [f"(FROM resolved.person WHERE id % 3 = {n})" for n in range(3)]
    assert together(summarise(warehouse, part) for part in parts) == summarise(warehouse, "resolved.person")
    assert together([]) == summarise(warehouse, "(FROM resolved.person WHERE false)")
