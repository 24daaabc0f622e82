"""Reads CSV with even line ends: DuckDB splits the rows, each keeps the number of the line where it starts."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from ingestion.errors import RefusedDeliveryError
from ingestion.formats.faults import MANY_TORN, mark_rows, refuse_mostly_torn
from ingestion.formats.header import check_header, is_header
from ingestion.formats.limits import FIELD_BYTES, HEADER_ROWS
from ingestion.formats.rows_sql import FAULT, LINE, TORN_LINE, csv_sql, empty_rows_sql
from schemas.readers.contracts import FeedContract
from stores.errors import WarehouseError
from stores.warehouse import Warehouse

BLOCK = 1 << 22
DELIMITERS = ",;\t|"
_LINE_BREAK = re.compile(r"[\r\n]")
_RUN_TOGETHER = "a quote is not closed or the file was cut off; hand it in again whole"


@dataclass(frozen=True)
class _Record:
    """One record as the csv module splits it, and the lines of the file where it starts and ends."""

    start: int
    end: int
    values: list[str]


def read_csv_rows(path: Path, contract: FeedContract, warehouse: Warehouse, *, file: str) -> tuple[str, ...]:
    """Fills `delivery_row` from a UTF-8 file and returns the columns that the contract does not know.

    Raises RefusedDeliveryError where the header is wrong or lines run together.
    """
    header = _header(path, contract, file)
    unknown = check_header(header, contract, file=file, place="line 1")
    warehouse.execute(empty_rows_sql(contract))
    try:
        warehouse.execute(csv_sql(path, header, contract))
        rows = warehouse.rows("SELECT count(*) FROM delivery_row")[0][0]
        torn_rows, first = warehouse.rows("SELECT count(DISTINCT line), min(line) FROM csv_fault")[0]
        if torn_rows >= MANY_TORN:
            refuse_mostly_torn(torn_rows, torn_rows + rows, first, file=file)
        faults = warehouse.rows("SELECT line, error_type, csv_line FROM csv_fault ORDER BY ALL")
    except WarehouseError as error:
        raise RefusedDeliveryError(
            f"{file}: cannot be read as CSV ({str(error).splitlines()[0]}): save it again as plain CSV and hand it in "
            "again"
        ) from error
    finally:
        warehouse.execute("DROP TABLE IF EXISTS csv_fault; DROP TABLE IF EXISTS csv_scan")
    torn = _torn_records(faults, file)
    if torn or not _is_even(path, contract, rows=rows + 1, columns=len(header)):
        _number_again(path, contract, warehouse, torn=torn, file=file)
    return unknown


def _header(path: Path, contract: FeedContract, file: str) -> list[str]:
    first = list(islice(_records(path, contract, file), HEADER_ROWS))
    if not first:
        raise RefusedDeliveryError(f"{file}: the file is empty: hand it in again with its header and rows")
    header = first[0].values
    if is_header(header, contract):
        return header
    below = [record.start for record in first if is_header(record.values, contract)]
    if below:
        raise RefusedDeliveryError(
            f"{file}: the header is in line {below[0]}: take out what stands above it and hand the file in again"
        )
    _refuse_other_delimiter(path, contract, file)
    return header


def _refuse_other_delimiter(path: Path, contract: FeedContract, file: str) -> None:
    own = contract.delivery.delimiter or ","
    with path.open(encoding="utf-8", newline="") as lines:
        first = lines.readline(FIELD_BYTES).strip()
    for other in DELIMITERS.replace(own, ""):
        if is_header([name.strip('"') for name in first.split(other)], contract):
            raise RefusedDeliveryError(
                f"{file}: line 1: columns are parted by {other!r}, not by {own!r} as contract {contract.id} says: "
                "save it again as the contract says"
            )


def _records(path: Path, contract: FeedContract, file: str) -> Iterator[_Record]:
    """Each record; a blank line is a record without values."""
    csv.field_size_limit(FIELD_BYTES)
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.reader(lines, delimiter=contract.delivery.delimiter or ",")
        start = 1
        try:
            for values in reader:
                yield _Record(start, reader.line_num, values)
                start = reader.line_num + 1
        except csv.Error as error:
            raise RefusedDeliveryError(
                f"{file}: from line {start} on, lines run together ({error}): {_RUN_TOGETHER}"
            ) from error


def _torn_records(faults: list[tuple[int, str, str | None]], file: str) -> dict[int, str]:
    torn: dict[int, str] = {}
    for record, kind, text in faults:
        if len(_LINE_BREAK.split((text or "").strip())) > 1:
            raise RefusedDeliveryError(
                f"{file}: from record {record} on, lines run together ({kind.lower()}): {_RUN_TOGETHER}"
            )
        torn.setdefault(record, kind.lower())
    return torn


def _is_even(path: Path, contract: FeedContract, *, rows: int, columns: int) -> bool:
    """Whether each line is a row and each row has one value for each column.

    Not so in a file with line breaks in values, blank lines, or rows with more values: DuckDB drops those that are
    empty at the end, though a delimiter too many has then moved the others.
    """
    delimiter = (contract.delivery.delimiter or ",").encode()
    lines, delimiters, last = 0, 0, b"\n"
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            lines += block.count(b"\n")
            delimiters += block.count(delimiter)
            last = block[-1:]
    if lines + (last != b"\n") != rows:
        return False
    between = rows * (columns - 1)
    return delimiters == between or _count_unquoted(path, delimiter) == between


def _count_unquoted(path: Path, delimiter: bytes) -> int:
    """The delimiters outside quotes."""
    found, is_open = 0, 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            signs = np.frombuffer(block, np.uint8)
            quotes = np.cumsum(signs == ord('"'), dtype=np.uint32) + np.uint32(is_open)
            found += int(np.count_nonzero((signs == ord(delimiter)) & (quotes % 2 == 0)))
            is_open = int(quotes[-1]) % 2
    return found


def _number_again(path: Path, contract: FeedContract, warehouse: Warehouse, *, torn: dict[int, str], file: str) -> None:
    """Gives every row its line in the file and adds the torn ones; the csv module knows where each record starts."""
    columns = len(_header(path, contract, file))
    good: list[int] = []
    wide: list[int] = []
    faulty: list[int] = []
    for number, record in enumerate(_records(path, contract, file), start=1):
        if record.end > record.start:
            _refuse_swallowed_rows(record, contract, is_torn=number in torn, file=file)
        if number in torn:
            faulty.append(record.start)
        elif record.values and number > 1:
            good.append(record.start)
            wide += [record.start] if len(record.values) > columns else []
    rows = warehouse.rows("SELECT count(*) FROM delivery_row")[0][0]
    if rows != len(good) or len(torn) != len(faulty):
        raise RefusedDeliveryError(
            f"{file}: {len(good) + len(faulty)} records, of which {rows} can be read and {len(torn)} are torn: "
            "quotes or line ends are mixed up; save it again as plain CSV and hand it in again"
        )
    _set_lines(good, faulty, warehouse)
    mark_rows(wide, TORN_LINE, contract, warehouse)


def _refuse_swallowed_rows(record: _Record, contract: FeedContract, *, is_torn: bool, file: str) -> None:
    """A value over several lines with the delimiters of a row in it is a quote that was closed by a later row's."""
    delimiter = contract.delivery.delimiter or ","
    own = len(contract.columns) - 1
    swallows = own > 1 and any(_LINE_BREAK.search(value) and value.count(delimiter) >= own for value in record.values)
    if is_torn or swallows:
        raise RefusedDeliveryError(
            f"{file}: lines {record.start} to {record.end} run together into one row: {_RUN_TOGETHER}"
        )


def _set_lines(good: list[int], faulty: list[int], warehouse: Warehouse) -> None:
    ordinals = pa.array(range(2, len(good) + 2), pa.int64())
    warehouse.register_arrow("line_number", pa.table({"ordinal": ordinals, "line": pa.array(good, pa.int64())}))
    warehouse.execute(f"UPDATE delivery_row SET {LINE} = n.line FROM line_number n WHERE {LINE} = n.ordinal")
    warehouse.unregister("line_number")
    warehouse.register_arrow("torn_number", pa.table({"line": pa.array(faulty, pa.int64())}))
    warehouse.execute(f"INSERT INTO delivery_row ({LINE}, {FAULT}) SELECT line, '{TORN_LINE}' FROM torn_number")
    warehouse.unregister("torn_number")
