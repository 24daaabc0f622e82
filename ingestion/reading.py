"""Reads a sealed delivery, whatever its format, into the table `delivery_row`, and an archive copy back into it."""

import csv
import io
from pathlib import Path

import pyarrow as pa

from ingestion.encodings import decode_to_utf8
from ingestion.errors import RefusedDeliveryError
from ingestion.formats.csv_file import read_csv_rows
from ingestion.formats.faults import LONG_VALUE, mark_doubtful_rows, mark_rows, refuse_mostly_torn
from ingestion.formats.jsonl_file import read_jsonl_rows
from ingestion.formats.limits import FIELD_BYTES, MIB
from ingestion.formats.parquet_file import read_parquet_rows
from ingestion.formats.rows_sql import FAULT, LINE, TORN_LINE, archive_sql, empty_rows_sql
from ingestion.formats.xlsx_file import read_xlsx_rows
from ingestion.lines import cut_long_lines, even_line_ends
from schemas.readers.contracts import FeedContract, FileFormat
from stores.warehouse import Warehouse

# What libraries raise of bytes that they did not expect: one such file must not hold up the others.
UNFORESEEN = (ArithmeticError, AttributeError, EOFError, LookupError, RecursionError, TypeError, ValueError)

READERS = {FileFormat.PARQUET: read_parquet_rows, FileFormat.XLSX: read_xlsx_rows}
TEXT_READERS = {FileFormat.CSV: read_csv_rows, FileFormat.JSONL: read_jsonl_rows}


def read_delivery(path: Path, contract: FeedContract, warehouse: Warehouse, *, file: str) -> tuple[str, ...]:
    """Fills `delivery_row` with every row of the file less its dropped columns; returns the unknown columns.

    `file` is the name to tell people. Raises RefusedDeliveryError where the file is not what the contract says, or
    most of its rows cannot be read.
    """
    read = READERS.get(contract.delivery.format, _read_text)
    try:
        unknown = read(path, contract, warehouse, file=file)
    except UNFORESEEN as error:
        raise RefusedDeliveryError(
            f"{file}: cannot be read ({type(error).__name__}: {error}): export it anew and hand it in again; if it is "
            "sound, report this to the developers"
        ) from error
    mark_doubtful_rows(contract, warehouse)
    _refuse_unreadable(warehouse, file)
    return unknown


def _read_text(path: Path, contract: FeedContract, warehouse: Warehouse, *, file: str) -> tuple[str, ...]:
    form = contract.delivery.format
    decoded = path.with_suffix(".utf8")
    try:
        decode_to_utf8(path, decoded, file=file)
        even_line_ends(decoded)
        cut = cut_long_lines(decoded, has_quotes=form is FileFormat.CSV, file=file)
        if form is FileFormat.CSV and 1 in cut:
            raise RefusedDeliveryError(
                f"{file}: line 1 is longer than {FIELD_BYTES // MIB} MiB, so it is no header: export the file anew and "
                "hand it in again"
            )
        unknown = TEXT_READERS[form](decoded, contract, warehouse, file=file)
    finally:
        decoded.unlink(missing_ok=True)
    if mark_rows(cut, LONG_VALUE, contract, warehouse) != len(cut):
        raise RefusedDeliveryError(
            f"{file}: line {cut[0]} is longer than {FIELD_BYTES // MIB} MiB and stands within a quoted value: correct "
            "it and hand the file in again"
        )
    return unknown


def _refuse_unreadable(warehouse: Warehouse, file: str) -> None:
    torn = f"FILTER ({FAULT} = '{TORN_LINE}')"
    sql = f"SELECT count(*) {torn}, count(*), min({LINE}) {torn} FROM delivery_row"
    refuse_mostly_torn(*warehouse.rows(sql)[0], file=file)


def read_archived(path: Path, contract: FeedContract, warehouse: Warehouse) -> None:
    """Fills `delivery_row` from the plain archive copy."""
    with pa.input_stream(str(path), compression="zstd") as plain:
        found = next(csv.reader(io.TextIOWrapper(plain, encoding="utf-8", newline="")))
    warehouse.execute(empty_rows_sql(contract))
    warehouse.execute(archive_sql(path, found, contract))
