"""Reads Parquet: every value cast to text, nested values as JSON text."""

from pathlib import Path

from ingestion.errors import RefusedDeliveryError
from ingestion.formats.header import check_header
from ingestion.formats.rows_sql import empty_rows_sql, parquet_sql
from schemas.readers.contracts import FeedContract
from stores.errors import WarehouseError
from stores.quoting import quote_text
from stores.warehouse import Warehouse


def read_parquet_rows(path: Path, contract: FeedContract, warehouse: Warehouse, *, file: str) -> tuple[str, ...]:
    """Fills `delivery_row` and returns the columns that the contract does not know.

    Raises RefusedDeliveryError where the file is not Parquet or its columns are wrong.
    """
    warehouse.execute(empty_rows_sql(contract))
    try:
        described = warehouse.rows(f"DESCRIBE SELECT * FROM read_parquet({quote_text(str(path))})")
        types = {str(row[0]): str(row[1]) for row in described}
        unknown = check_header(list(types), contract, file=file)
        warehouse.execute(parquet_sql(path, types, contract))
    except WarehouseError as error:
        raise RefusedDeliveryError(f"{file}: cannot be read as Parquet: {error}") from error
    return unknown
