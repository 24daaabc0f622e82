"""Reads Excel: every cell as text; a number in an ID column keeps its decimal point, so that the checks refuse it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

import pyarrow as pa

from ingestion.errors import RefusedDeliveryError
from ingestion.formats.faults import CELL_ERROR, FORMULA, MERGED, TITLE_ROW
from ingestion.formats.header import check_header
from ingestion.formats.rows_sql import FAULT, LINE, empty_rows_sql, kept_columns
from ingestion.formats.sheet_choice import ChosenSheet, choose_sheet
from ingestion.formats.sheet_scan import Cell
from ingestion.identifiers import identifier_columns
from schemas.readers.contracts import FeedContract
from stores.quoting import quote_name
from stores.warehouse import Warehouse

Value = int | float | str | bool | time | date | datetime | timedelta
BATCH = 50_000
MIDNIGHT = time()
# What someone types before a number so that Excel leaves it as text.
_TEXT_MARK = re.compile(r"'(?=\d)")


@dataclass(frozen=True)
class _Row:
    line: int
    fault: str | None
    values: Sequence[Value]


def read_xlsx_rows(path: Path, contract: FeedContract, warehouse: Warehouse, *, file: str) -> tuple[str, ...]:
    """Fills `delivery_row` from the sheet that holds the contract's columns and returns the columns it does not know.

    Rows above the header, and rows with cells that hold no value of their own, are marked; rows without any value are
    no rows. Raises RefusedDeliveryError where the file is not Excel, asks for too much, or its columns are wrong.
    """
    sheet = choose_sheet(path, contract, file=file)
    unknown = check_header(sheet.header, contract, file=file, place=sheet.place)
    faults = _faults(sheet, contract, file)
    rows = _rows(sheet, faults)
    warehouse.execute(empty_rows_sql(contract))
    names = ", ".join(quote_name(name) for name in kept_columns(contract))
    while batch := list(islice(rows, BATCH)):
        warehouse.register_arrow("sheet", _as_text(batch, sheet.header, contract))
        warehouse.execute(f"INSERT INTO delivery_row ({LINE}, {FAULT}, {names}) FROM sheet")
        warehouse.unregister("sheet")
    return unknown


def _rows(sheet: ChosenSheet, faults: dict[int, str]) -> Iterator[_Row]:
    for line, values in enumerate(sheet.cells.iter_rows(), start=1):
        if line == sheet.header_row or (line not in faults and values.count("") == len(values)):
            continue
        yield _Row(line, TITLE_ROW if line < sheet.header_row else faults.get(line), values)


def _faults(sheet: ChosenSheet, contract: FeedContract, file: str) -> dict[int, str]:
    """Rows below the header with a cell, in a column that is read, whose value stands elsewhere or nowhere."""
    read = {sheet.first_column + sheet.header.index(name) for name in kept_columns(contract)}
    faults = dict.fromkeys(_merged_rows(sheet, read), MERGED)
    for fault, cells in ((FORMULA, sheet.scan.formulas), (CELL_ERROR, sheet.scan.errors)):
        if (0, 0) in cells:
            raise RefusedDeliveryError(
                f"{file}: a formula or error stands in a cell without a place: save it in Excel and hand it in again"
            )
        faults |= dict.fromkeys(_rows_of(cells, read), fault)
    return {row: fault for row, fault in faults.items() if row > sheet.header_row}


def _rows_of(cells: set[Cell], columns: set[int]) -> set[int]:
    return {row for row, column in cells if column in columns}


def _merged_rows(sheet: ChosenSheet, columns: set[int]) -> set[int]:
    """Rows of cells that are merged over several rows: only the first of them would have the value."""
    rows: set[int] = set()
    for (first, left), (last, right) in sheet.cells.merged_cell_ranges or ():
        if last > first and any(left < column <= right + 1 for column in columns):
            rows.update(range(first + 1, min(last + 1, sheet.scan.rows) + 1))
    return rows


def _as_text(rows: Sequence[_Row], header: Sequence[str], contract: FeedContract) -> pa.Table:
    identifiers = identifier_columns(contract)
    columns: dict[str, pa.Array] = {
        "#line": pa.array([row.line for row in rows], pa.int64()),
        "#fault": pa.array([row.fault for row in rows], pa.string()),
    }
    for name in kept_columns(contract):
        place, as_it_is = header.index(name), name in identifiers
        values = [row.values[place] if place < len(row.values) else "" for row in rows]
        # Most cells are plain text; those are told apart by their first sign, without a call for each.
        texts = [value if isinstance(value, str) and value[:1] > "'" else _text(value, as_it_is) for value in values]
        columns[name] = pa.array(texts, pa.string())
    return pa.table(columns)


def _text(value: Value, as_it_is: bool) -> str | None:
    if isinstance(value, str):
        return _TEXT_MARK.sub("", value, 1) if value.startswith("'") else value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 and not as_it_is else repr(value)
    if isinstance(value, int):
        return f"{value}.0" if as_it_is else str(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == MIDNIGHT else value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date | time) else str(value)
