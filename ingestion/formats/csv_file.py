"""Reads CSV: DuckDB splits the rows, each row keeps the number of the line where it starts in the file."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from ingestion.errors import RefusedDeliveryError
from ingestion.formats.header import check_header
from ingestion.formats.rows_sql import FAULT, LINE, TORN_LINE, csv_sql, empty_rows_sql
from schemas.readers.contracts import FeedContract
from stores.errors import WarehouseError
from stores.warehouse import Warehouse

BLOCK = 1 << 22


def read_csv_rows(path: Path, contract: FeedContract, warehouse: Warehouse, *, file: str) -> tuple[str, ...]:
    """Fills `delivery_row` from a UTF-8 file and returns the columns that the contract does not know.

    Raises RefusedDeliveryError where the header is wrong or a quote is never closed.
    """
    header = _header(path, contract, file)
    unknown = check_header(header, contract, file=file)
    warehouse.execute(empty_rows_sql(contract))
    try:
        warehouse.execute(csv_sql(path, header, contract))
        faults = warehouse.rows("SELECT line, error_type, csv_line FROM csv_fault ORDER BY ALL")
        rows = warehouse.rows("SELECT count(*) FROM delivery_row")[0][0]
    except WarehouseError as error:
        raise RefusedDeliveryError(f"{file}: cannot be read as CSV: {error}") from error
    finally:
        warehouse.execute("DROP TABLE IF EXISTS csv_fault; DROP TABLE IF EXISTS csv_scan")
    torn = _torn_records(faults, file)
    # One line per row is the rule; only a file with faults, line breaks in values or blank lines is numbered again.
    if torn or _count_lines(path) != rows + 1:
        _number_again(path, contract, warehouse, torn=torn, file=file)
    return unknown


def _header(path: Path, contract: FeedContract, file: str) -> list[str]:
    for _, record in _records(path, contract, file):
        return record
    raise RefusedDeliveryError(f"{file}: the file is empty: hand it in again with its header and rows")


def _records(path: Path, contract: FeedContract, file: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line where it starts; a blank line is a record without values."""
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines, delimiter=contract.delivery.delimiter or ",")
        start = 1
        try:
            for record in reader:
                yield start, record
                start = reader.line_num + 1
        except csv.Error as error:
            raise RefusedDeliveryError(f"{file}: line {start} cannot be read as CSV: {error}") from error


def _torn_records(faults: list[tuple[int, str, str | None]], file: str) -> dict[int, str]:
    torn: dict[int, str] = {}
    for record, kind, text in faults:
        if len((text or "").strip().splitlines()) > 1:
            raise RefusedDeliveryError(
                f"{file}: from record {record} on, lines run together ({kind.lower()}): a quote is not closed or the "
                "file was cut off; hand it in again whole"
            )
        torn.setdefault(record, kind.lower())
    return torn


def _count_lines(path: Path) -> int:
    lines, last = 0, b"\n"
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            lines += block.count(b"\n")
            last = block[-1:]
    return lines + (last != b"\n")


def _number_again(path: Path, contract: FeedContract, warehouse: Warehouse, *, torn: dict[int, str], file: str) -> None:
    """Gives every row its line in the file and adds the torn ones; the csv module knows where each record starts."""
    good: list[int] = []
    faulty: list[int] = []
    for number, (start, record) in enumerate(_records(path, contract, file), start=1):
        if number in torn:
            faulty.append(start)
        elif record and number > 1:
            good.append(start)
    rows = warehouse.rows("SELECT count(*) FROM delivery_row")[0][0]
    if rows != len(good) or len(torn) != len(faulty):
        raise RefusedDeliveryError(
            f"{file}: {len(good) + len(faulty)} records, of which {rows} can be read and {len(torn)} are torn: "
            "quotes or line ends are mixed up; save it again as plain CSV and hand it in again"
        )
    ordinals = pa.array(range(2, len(good) + 2), pa.int64())
    warehouse.register_arrow("line_number", pa.table({"ordinal": ordinals, "line": pa.array(good, pa.int64())}))
    warehouse.execute(f"UPDATE delivery_row SET {LINE} = n.line FROM line_number n WHERE {LINE} = n.ordinal")
    warehouse.unregister("line_number")
    warehouse.register_arrow("torn_number", pa.table({"line": pa.array(faulty, pa.int64())}))
    warehouse.execute(f"INSERT INTO delivery_row ({LINE}, {FAULT}) SELECT line, '{TORN_LINE}' FROM torn_number")
    warehouse.unregister("torn_number")
