"""Reads Excel: every cell as text; a number in an ID column keeps its decimal point, so that the checks refuse it."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, WorksheetNotFound

from ingestion.errors import RefusedDeliveryError
from ingestion.formats.header import check_header
from ingestion.formats.rows_sql import FAULT, LINE, empty_rows_sql, kept_columns
from ingestion.identifiers import identifier_columns
from schemas.readers.contracts import FeedContract
from stores.quoting import quote_name
from stores.warehouse import Warehouse

Cell = int | float | str | bool | time | date | datetime | timedelta
MIDNIGHT = time()


def read_xlsx_rows(path: Path, contract: FeedContract, warehouse: Warehouse, *, file: str) -> tuple[str, ...]:
    """Fills `delivery_row` from the contract's sheet (else the first) and returns the columns it does not know.

    The first row is the header; rows without any value are no rows. Raises RefusedDeliveryError where the file is not
    Excel, the sheet is not there or the columns are wrong.
    """
    cells = _sheet(path, contract, file).to_python(skip_empty_area=False)
    header = [str(cell).strip() for cell in cells[0]] if cells else []
    while header and not header[-1]:
        header.pop()
    unknown = check_header(header, contract, file=file)
    rows = [(line, row) for line, row in enumerate(cells[1:], start=2) if any(cell != "" for cell in row)]
    warehouse.execute(empty_rows_sql(contract))
    warehouse.register_arrow("sheet", _as_text(rows, header, contract))
    names = ", ".join(quote_name(name) for name in kept_columns(contract))
    warehouse.execute(f"INSERT INTO delivery_row ({LINE}, {FAULT}, {names}) SELECT {LINE}, NULL, {names} FROM sheet")
    warehouse.unregister("sheet")
    return unknown


def _sheet(path: Path, contract: FeedContract, file: str) -> CalamineSheet:
    try:
        workbook = CalamineWorkbook.from_path(path)
        name = contract.delivery.sheet or workbook.sheet_names[0]
        return workbook.get_sheet_by_name(name)
    except WorksheetNotFound as error:
        raise RefusedDeliveryError(
            f"{file}: has no sheet {contract.delivery.sheet}: hand it in again with it"
        ) from error
    except (CalamineError, OSError) as error:
        raise RefusedDeliveryError(f"{file}: cannot be read as Excel: {error}") from error


def _as_text(rows: Sequence[tuple[int, Sequence[Cell]]], header: list[str], contract: FeedContract) -> pa.Table:
    identifiers = identifier_columns(contract)
    columns: dict[str, pa.Array] = {"#line": pa.array([line for line, _ in rows], pa.int64())}
    for name in kept_columns(contract):
        place, as_it_is = header.index(name), name in identifiers
        values = [_cell_text(row[place], as_it_is) if place < len(row) else None for _, row in rows]
        columns[name] = pa.array(values, pa.string())
    return pa.table(columns)


def _cell_text(cell: Cell, as_it_is: bool) -> str | None:
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 and not as_it_is else repr(cell)
    if isinstance(cell, int):
        return f"{cell}.0" if as_it_is else str(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == MIDNIGHT else cell.isoformat(sep=" ", timespec="seconds")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)
