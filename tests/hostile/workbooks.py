"""Excel files as programs and people write them, and changed byte by byte as no program would."""

import io
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from tests.ingestion.village import HEADER

SHEET = "xl/worksheets/sheet1.xml"
Cells = Sequence[Sequence[Any]]


def cells_of(rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """The header and a line for each row."""
    return [list(HEADER), *([row.get(name) for name in HEADER] for row in rows)]


def workbook(
    *sheets: Cells, write: Callable[[Worksheet], object] = lambda _: None, hidden: Sequence[int] = (), **options: Any
) -> bytes:
    """A workbook of these sheets; `write` changes the first, `hidden` are places of sheets that are not shown."""
    made = io.BytesIO()
    settings = {"in_memory": True, "default_date_format": "yyyy-mm-dd", "strings_to_formulas": False, **options}
    with xlsxwriter.Workbook(made, settings) as book:
        pages = [book.add_worksheet() for _ in sheets]
        for page, cells in zip(pages, sheets, strict=True):
            for line, values in enumerate(cells):
                page.write_row(line, 0, values)
        write(pages[0])
        for place in hidden:
            pages[place].hide()
        if 0 in hidden:
            pages[-1].activate()
    return made.getvalue()


def with_parts(content: bytes, changes: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    """The workbook with parts changed or added, packed again as it should be."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in dict.fromkeys([*old.namelist(), *changes]):
            text = old.read(name) if name in old.namelist() else b""
            new.writestr(name, changes.get(name, lambda same: same)(text))
    return made.getvalue()


def with_declared_size(content: bytes, name: str, size: int) -> bytes:
    """The workbook whose directory says that the part is so large, unpacked."""
    changed = bytearray(content)
    entry = changed.rindex(name.encode()) - 46
    assert changed[entry : entry + 4] == b"PK\x01\x02"
    changed[entry + 24 : entry + 28] = struct.pack("<I", size)
    return bytes(changed)


def with_one_place(content: bytes) -> bytes:
    """The workbook whose directory gives the second part the place of the first."""
    changed = bytearray(content)
    first = changed.index(b"PK\x01\x02")
    second = changed.index(b"PK\x01\x02", first + 4)
    changed[second + 42 : second + 46] = changed[first + 42 : first + 46]
    return bytes(changed)
