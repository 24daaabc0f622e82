"""Copies warehouse tables into a snapshot, with row counts and content hashes by which the copy is checked."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from stores.snapshots import TableSummary
from stores.warehouse import Warehouse

# Sums over threads differ in the last bits of a double; a hash must not.
_DECIMALS = 6
_MODULUS = 2**64 - 59
# A table of the earlier copy is brought up to date where this share of what lies in its file is still wanted.
_WORTH_KEEPING = 0.8

Columns = list[tuple[str, str]]


def columns_of(warehouse: Warehouse, table: str) -> Columns:
    """Names and types of a table's columns, in order."""
    return [(row[0], row[1]) for row in warehouse.rows(f"DESCRIBE {table}")]


def row_hash_sql(columns: Columns) -> str:
    """A number that equal rows share: the engine's own hash, good for one version of it only."""
    values = [
        f'round("{name}", {_DECIMALS}) + 0' if kind in ("DOUBLE", "FLOAT") else f'"{name}"' for name, kind in columns
    ]
    return f"hash({', '.join(values)})"


def summary_sql(table: str, columns: Columns) -> str:
    """One row: number of rows, and a sum of row hashes that does not depend on the order of rows."""
    total = f"coalesce(sum({row_hash_sql(columns)}), 0) % {_MODULUS}::HUGEINT"
    return f"SELECT count(*), lower(to_hex(({total})::UBIGINT)) FROM {table}"


def summarise(warehouse: Warehouse, table: str) -> TableSummary:
    """The summary of one table."""
    [(rows, digest)] = warehouse.rows(summary_sql(table, columns_of(warehouse, table)))
    return TableSummary(int(rows), str(digest))


def together(parts: Iterable[TableSummary]) -> TableSummary:
    """The summary of a table out of those of its parts."""
    rows, total = 0, 0
    for part in parts:
        rows, total = rows + part.rows, total + int(part.hash, 16)
    return TableSummary(rows, f"{total % _MODULUS:x}")


def copy_tables(warehouse: Warehouse, file: Path, tables: Mapping[str, tuple[str, str]]) -> None:
    """Writes tables into a database file: each name gets the rows of (source table, columns that order them, or "")."""
    with warehouse.attached(file, "copy"):
        for name, (source, order) in tables.items():
            _write(warehouse, name, source, order)
        warehouse.execute("CHECKPOINT copy")


def renew_tables(warehouse: Warehouse, file: Path, tables: Mapping[str, tuple[str, str]]) -> None:
    """Brings the tables of an earlier copy to the rows that `copy_tables` would write, changing only what differs.

    Whether it led to the same rows is for the caller to check: rows that occur more than once may come out wrong.
    """
    with warehouse.attached(file, "copy"):
        held = [
            name for (name,) in warehouse.rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'copy'")
        ]
        for name in sorted(set(held) - set(tables)):
            warehouse.execute(f"DROP TABLE copy.main.{name}")
        for name, (source, order) in tables.items():
            if name not in held or not _renewed(warehouse, name, source):
                _write(warehouse, name, source, order)
        warehouse.execute("CHECKPOINT copy")


def _write(warehouse: Warehouse, name: str, source: str, order: str) -> None:
    ordered = f"ORDER BY {order}" if order else ""
    warehouse.execute(f"CREATE OR REPLACE TABLE copy.main.{name} AS SELECT * FROM {source} {ordered}")


def _renewed(warehouse: Warehouse, name: str, source: str) -> bool:
    columns = columns_of(warehouse, source)
    if columns_of(warehouse, f"copy.main.{name}") != columns:
        return False
    for place, table in (("held", f"copy.main.{name}"), ("wanted", source)):
        warehouse.execute(
            f"CREATE OR REPLACE TEMP TABLE {place} AS SELECT rowid AS place, {row_hash_sql(columns)} AS h FROM {table}"
        )
    try:
        warehouse.execute(
            "CREATE OR REPLACE TEMP TABLE differing AS SELECT held.place AS gone, wanted.place AS new "
            "FROM held FULL JOIN wanted USING (h) WHERE held.place IS NULL OR wanted.place IS NULL"
        )
        # Places of rows that were deleted before are not given out again: they count as what lies there unwanted.
        counted = "(SELECT count(*) FROM held) - (SELECT count(gone) FROM differing)"
        if warehouse.rows(f"SELECT {counted} >= {_WORTH_KEEPING} * max(place + 1) FROM held") != [(True,)]:
            return False
        gone, new = (f"SELECT {one} FROM differing WHERE {one} IS NOT NULL" for one in ("gone", "new"))
        warehouse.execute(f"DELETE FROM copy.main.{name} WHERE rowid IN ({gone})")
        warehouse.execute(f"INSERT INTO copy.main.{name} SELECT * FROM {source} WHERE rowid IN ({new})")
    finally:
        for each in ("held", "wanted", "differing"):
            warehouse.execute(f"DROP TABLE IF EXISTS temp.{each}")
    return True
