"""Tables of schema `resolved` that are made anew: whole, or only where something has changed since the last results."""

from stores.warehouse import Warehouse

TOUCHED = "SELECT number FROM touched_entity"


def renew(warehouse: Warehouse, table: str, rows: str, *, key: str, part: str | None = None) -> None:
    """Makes `resolved.<table>` of these rows; with `part`, a condition on it, only its rows that the condition names.

    No two rows are equal.
    Of a part the temporary tables `lost_<table>` and `gained_<table>` tell the rows that it had and those that it has
    now, without those that stay. Rows that share a key with one of these are replaced, no others.
    """
    if part is None:
        warehouse.execute(f"CREATE OR REPLACE TABLE resolved.{table} AS {rows}")
        return
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE renewed AS {rows}")
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE former AS FROM resolved.{table} WHERE {part}")
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE lost_{table} AS FROM former EXCEPT FROM renewed")
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE gained_{table} AS FROM renewed EXCEPT FROM former")
    differs = f"{key} IN (SELECT {key} FROM lost_{table} UNION SELECT {key} FROM gained_{table})"
    warehouse.execute(f"DELETE FROM resolved.{table} WHERE {differs}")
    warehouse.execute(f"INSERT INTO resolved.{table} FROM renewed WHERE {differs}")
    warehouse.execute("DROP TABLE temp.renewed; DROP TABLE temp.former")


def changed_sql(table: str, columns: str) -> str:
    """Rows of these columns that a part of `resolved.<table>` has lost or gained."""
    lost, gained = (f"SELECT {columns} FROM {side}_{table}" for side in ("lost", "gained"))
    return f"(({lost} EXCEPT ALL {gained}) UNION ALL ({gained} EXCEPT ALL {lost}))"


def forget_changes(warehouse: Warehouse, *tables: str) -> None:
    """Drops what tells the changes of these tables."""
    for table in tables:
        warehouse.execute(f"DROP TABLE IF EXISTS temp.lost_{table}; DROP TABLE IF EXISTS temp.gained_{table}")


def number_entities(warehouse: Warehouse, *, is_full: bool) -> None:
    """Fills `resolved.entity` (number, entity_id) from `resolved.member`."""
    among = "" if is_full else f"WHERE number IN ({TOUCHED})"
    rows = f"SELECT number, min(entity_id) AS entity_id FROM resolved.member {among} GROUP BY number"
    renew(warehouse, "entity", rows, key="number", part=None if is_full else f"number IN ({TOUCHED})")
    forget_changes(warehouse, "entity")
