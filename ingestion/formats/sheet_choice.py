"""Which sheet of a workbook holds the rows, and in which row its header stands; what is ambiguous is refused."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from ingestion.errors import RefusedDeliveryError
from ingestion.formats.header import count_known, is_header
from ingestion.formats.limits import HEADER_ROWS, MIB, SHEET_CELLS, SHEET_TEXT_BYTES, VISIBLE_SHEETS
from ingestion.formats.sheet_scan import SheetScan, scan_sheet
from ingestion.formats.workbook_parts import OTHER_FORMAT, WorkbookParts, open_parts
from schemas.readers.contracts import FeedContract


@dataclass(frozen=True)
class ChosenSheet:
    """The sheet that is read: its cells, what its XML says of them, and its header with the row where it stands.

    `first_column` is the number of the column that the header begins with; `hidden` are sheets that are not read.
    """

    cells: CalamineSheet
    scan: SheetScan
    header: tuple[str, ...]
    header_row: int
    first_column: int
    hidden: tuple[str, ...]

    @property
    def place(self) -> str:
        """Where the header stands, for people."""
        unread = f" (hidden, so nobody looked at it: {', '.join(self.hidden)})" if self.hidden else ""
        return f"sheet {self.cells.name}, row {self.header_row}{unread}"

    def has_header(self, contract: FeedContract) -> bool:
        """Whether the sheet names every column of the contract."""
        return is_header(self.header, contract)


def choose_sheet(path: Path, contract: FeedContract, *, file: str) -> ChosenSheet:
    """The visible sheet that the contract names, else the only visible one that holds its columns.

    Raises RefusedDeliveryError where there is none, it is hidden, or a second visible sheet holds the columns too.
    """
    parts = open_parts(path, file=file)
    try:
        book = CalamineWorkbook.from_path(path)
        scans = {name: scan_sheet(parts, name) for name in _visible_sheets(book, contract, parts)}
        _refuse_too_much(scans.values(), parts)
        hidden = tuple(each.name for each in book.sheets_metadata if each.visible != SheetVisibleEnum.Visible)
        sheets = [_look_into(book.get_sheet_by_name(name), scan, hidden, contract) for name, scan in scans.items()]
    except (CalamineError, OSError, ValueError) as error:
        raise RefusedDeliveryError(
            f"{file}: cannot be read as Excel ({error}): save it in Excel again and hand it in again"
        ) from error
    fit = [sheet for sheet in sheets if sheet.has_header(contract)]
    if len(fit) > 1:
        names = ", ".join(sheet.cells.name for sheet in fit)
        parts.refuse(f"sheets {names} all hold the columns of contract {contract.id}: put the rows into one,")
    filled = [sheet for sheet in sheets if sheet.cells.height]
    named = [sheet for sheet in sheets if sheet.cells.name == contract.delivery.sheet]
    chosen = named or fit or filled or sheets
    if len(chosen) > 1 and not named:
        names = ", ".join(sheet.cells.name for sheet in chosen)
        parts.refuse(f"none of its sheets {names} holds the columns of contract {contract.id}: correct the header")
    if fit and fit[0] is not chosen[0]:
        parts.refuse(f"the rows are in sheet {fit[0].cells.name}, not in {contract.delivery.sheet}: put them there,")
    return chosen[0]


def _visible_sheets(book: CalamineWorkbook, contract: FeedContract, parts: WorkbookParts) -> list[str]:
    sheets = {each.name: each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet}
    visible = [name for name, each in sheets.items() if each.visible == SheetVisibleEnum.Visible]
    wanted = contract.delivery.sheet
    if wanted is not None and wanted not in sheets:
        parts.refuse(f"has no sheet {wanted}, only {', '.join(sheets) or 'none'}: name the sheet {wanted}")
    if wanted is not None and wanted not in visible:
        parts.refuse(f"sheet {wanted} is hidden, so nobody looked at it: unhide it")
    if not visible:
        parts.refuse("has no visible sheet: unhide the one with the rows")
    if len(visible) > VISIBLE_SHEETS:
        parts.refuse(f"has {len(visible)} visible sheets, more than {VISIBLE_SHEETS}: leave the one with the rows")
    return visible


def _refuse_too_much(scans: Collection[SheetScan], parts: WorkbookParts) -> None:
    cells, text = sum(scan.rows * scan.columns for scan in scans), sum(scan.text_bytes for scan in scans)
    if cells > SHEET_CELLS:
        parts.refuse(
            f"its visible sheets reach over {cells:,} cells together, more than {SHEET_CELLS:,}: leave the one with "
            "the rows"
        )
    if text > SHEET_TEXT_BYTES:
        parts.refuse(
            f"the texts of its visible sheets take {text // MIB:,} MiB, more than {SHEET_TEXT_BYTES // MIB}: "
            f"{OTHER_FORMAT}"
        )


def _look_into(cells: CalamineSheet, scan: SheetScan, hidden: tuple[str, ...], contract: FeedContract) -> ChosenSheet:
    first = [_names(row) for row in islice(cells.iter_rows(), HEADER_ROWS)] or [()]
    # The first row that names every column, else the one that names most, of which the message then tells.
    row = max(range(len(first)), key=lambda each: (count_known(first[each], contract), -each))
    start = cells.start or (0, 0)
    return ChosenSheet(cells, scan, first[row], row + 1, start[1] + 1, hidden)


def _names(row: Sequence[object]) -> tuple[str, ...]:
    names = [str(cell).strip() for cell in row]
    while names and not names[-1]:
        names.pop()
    return tuple(names)
