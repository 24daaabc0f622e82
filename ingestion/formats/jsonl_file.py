"""Reads JSON lines: one object per line, every value as text, lists as JSON text."""

from pathlib import Path

from ingestion.errors import RefusedDeliveryError
from ingestion.formats.header import check_header
from ingestion.formats.rows_sql import empty_rows_sql, json_keys_sql, json_lines_sql, json_rows_sql
from schemas.readers.contracts import FeedContract
from stores.errors import WarehouseError
from stores.warehouse import Warehouse


def read_jsonl_rows(path: Path, contract: FeedContract, warehouse: Warehouse, *, file: str) -> tuple[str, ...]:
    """Fills `delivery_row` from a UTF-8 file and returns the keys that the contract does not know.

    A key that no object has is taken as empty, unless the contract requires it: then RefusedDeliveryError is raised.
    """
    warehouse.execute(empty_rows_sql(contract))
    try:
        warehouse.execute(json_lines_sql(path))
        found = [name for (name,) in warehouse.rows(json_keys_sql())]
        must = {column.name for column in contract.columns if column.required} | set(contract.key)
        present = found + [column.name for column in contract.columns if column.name not in {*found, *must}]
        unknown = check_header(present, contract, file=file) if found else ()
        warehouse.execute(json_rows_sql(contract))
    except WarehouseError as error:
        raise RefusedDeliveryError(
            f"{file}: cannot be read as JSON lines ({str(error).splitlines()[0]}): write one object per line and hand "
            "it in again"
        ) from error
    finally:
        warehouse.execute("DROP TABLE IF EXISTS json_line")
    return unknown
