"""Reads a sealed delivery, whatever its format, into the table `delivery_row`, and an archive copy back into it."""

import csv
import gzip
from pathlib import Path

from ingestion.encodings import decode_to_utf8
from ingestion.formats.csv_file import read_csv_rows
from ingestion.formats.jsonl_file import read_jsonl_rows
from ingestion.formats.parquet_file import read_parquet_rows
from ingestion.formats.rows_sql import archive_sql, empty_rows_sql
from ingestion.formats.xlsx_file import read_xlsx_rows
from schemas.readers.contracts import FeedContract, FileFormat
from stores.warehouse import Warehouse

READERS = {FileFormat.PARQUET: read_parquet_rows, FileFormat.XLSX: read_xlsx_rows}
TEXT_READERS = {FileFormat.CSV: read_csv_rows, FileFormat.JSONL: read_jsonl_rows}


def read_delivery(path: Path, contract: FeedContract, warehouse: Warehouse, *, file: str) -> tuple[str, ...]:
    """Fills `delivery_row` with every row of the file less its dropped columns; returns the unknown columns.

    `file` is the name to tell people. Raises RefusedDeliveryError where the file is not what the contract says.
    """
    form = contract.delivery.format
    if form in READERS:
        return READERS[form](path, contract, warehouse, file=file)
    decoded = path.with_suffix(".utf8")
    try:
        decode_to_utf8(path, decoded, file=file)
        return TEXT_READERS[form](decoded, contract, warehouse, file=file)
    finally:
        decoded.unlink(missing_ok=True)


def read_archived(path: Path, contract: FeedContract, warehouse: Warehouse) -> None:
    """Fills `delivery_row` from the plain archive copy."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        found = next(csv.reader(lines))
    warehouse.execute(empty_rows_sql(contract))
    warehouse.execute(archive_sql(path, found, contract))
