"""Hand-made tables of an in-memory warehouse: a test writes the columns it cares about, the rest is null."""

from collections.abc import Sequence
from typing import Any

from resolution.identity import MEMBER_TABLES
from schemas.files import DeclarationTree
from schemas.readers.registers import FieldType, read_registers
from stores.warehouse import Warehouse, open_warehouse

RECORD = {
    "record_id": "BIGINT",
    "feed": "VARCHAR",
    "record_key": "VARCHAR",
    "row_key": "VARCHAR",
    "role": "VARCHAR",
    "version": "VARCHAR",
    "recorded_on": "DATE",
    "ended_on": "DATE",
}
TYPES = {
    FieldType.TEXT: "VARCHAR",
    FieldType.DATE: "DATE",
    FieldType.INTEGER: "INTEGER",
    FieldType.DECIMAL: "DECIMAL(18, 2)",
    FieldType.BOOLEAN: "BOOLEAN",
}
FACT = (
    "fact_id BIGINT, feed VARCHAR, department VARCHAR, row_key VARCHAR, version VARCHAR, kind VARCHAR,"
    " subject_register VARCHAR, subject_id BIGINT, object_register VARCHAR, object_id BIGINT,"
    " valid_from DATE, valid_to DATE, observed_on DATE, value VARCHAR"
)
LINK = (
    "register VARCHAR, record_l BIGINT, record_r BIGINT, origin VARCHAR, match_weight DOUBLE,"
    " match_probability DOUBLE, status VARCHAR, reason VARCHAR"
)
RELATION = (
    "relation_id BIGINT, kind VARCHAR, subject_register VARCHAR, subject_id VARCHAR, object_register VARCHAR,"
    " object_id VARCHAR, feed VARCHAR, department VARCHAR, valid_from DATE, valid_to DATE, observed_on DATE,"
    " value VARCHAR, n_records BIGINT, confidence DOUBLE"
)


def empty_warehouse() -> Warehouse:
    """A warehouse with every table that resolution reads, empty."""
    warehouse = open_warehouse(None)
    for register in read_registers(DeclarationTree()).values():
        fields = {field.name: TYPES[field.type] for field in register.fields}
        columns = ", ".join(f'"{name}" {kind}' for name, kind in (RECORD | fields).items())
        warehouse.execute(f"CREATE TABLE standard.{register.id}_record ({columns})")
    warehouse.execute(f"CREATE TABLE standard.fact ({FACT})")
    warehouse.execute(MEMBER_TABLES)
    warehouse.execute(f"CREATE TABLE resolved.link ({LINK})")
    warehouse.execute(f"CREATE TABLE resolved.relation ({RELATION})")
    return warehouse


def number_of(entity_id: str) -> int:
    """A number for an entity that sorts as its id of at most seven letters does."""
    return int.from_bytes(entity_id.encode().ljust(7, b"\0"), "big")


def belong(
    warehouse: Warehouse, register: str, record_id: int, entity_id: str, *, probability: float | None = None
) -> None:
    """Makes a record a member of an entity."""
    columns = {"register": register, "record_id": record_id, "entity_id": entity_id, "number": number_of(entity_id)}
    insert(warehouse, "resolved.member", [columns | {"probability": probability}])


def insert(warehouse: Warehouse, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Adds rows given as columns by name."""
    for row in rows:
        columns = ", ".join(f'"{name}"' for name in row)
        places = ", ".join("?" for _ in row)
        warehouse.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", list(row.values()))
