"""Copies warehouse tables into a snapshot, with row counts and content hashes by which the copy is checked."""

from collections.abc import Mapping
from pathlib import Path

from stores.snapshots import TableSummary
from stores.warehouse import Warehouse

# Sums over threads differ in the last bits of a double; a hash must not.
_DECIMALS = 6
_MODULUS = 2**64 - 59


def columns_of(warehouse: Warehouse, table: str) -> list[tuple[str, str]]:
    """Names and types of a table's columns, in order."""
    return [(row[0], row[1]) for row in warehouse.rows(f"DESCRIBE {table}")]


def summary_sql(table: str, columns: list[tuple[str, str]]) -> str:
    """One row: number of rows, and a sum of row hashes that does not depend on the order of rows.

    The hash is the engine's own, so it is good for one version of it only.
    """
    values = ", ".join(_value_sql(name, kind) for name, kind in columns)
    total = f"coalesce(sum(hash({values})), 0) % {_MODULUS}::HUGEINT"
    return f"SELECT count(*), lower(to_hex(({total})::UBIGINT)) FROM {table}"


def _value_sql(name: str, kind: str) -> str:
    return f'round("{name}", {_DECIMALS}) + 0' if kind in ("DOUBLE", "FLOAT") else f'"{name}"'


def summarise(warehouse: Warehouse, table: str) -> TableSummary:
    """The summary of one table."""
    [(rows, digest)] = warehouse.rows(summary_sql(table, columns_of(warehouse, table)))
    return TableSummary(int(rows), str(digest))


def copy_tables(warehouse: Warehouse, file: Path, tables: Mapping[str, tuple[str, str]]) -> None:
    """Writes a fresh database file: each name gets the rows of (source table, columns that order them)."""
    place = str(file).replace("'", "''")
    warehouse.execute(f"ATTACH '{place}' AS snapshot")
    try:
        for name, (source, order) in tables.items():
            warehouse.execute(f"CREATE TABLE snapshot.main.{name} AS SELECT * FROM {source} ORDER BY {order}")
        warehouse.execute("CHECKPOINT snapshot")
    finally:
        warehouse.execute("DETACH snapshot")
