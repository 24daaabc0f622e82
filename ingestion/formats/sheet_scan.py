"""Looks through a workbook's XML before it is read: how large a sheet is, and which of its cells hold no value."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np

from ingestion.formats.limits import LIST_BYTES, MIB, SHEET_CELLS
from ingestion.formats.workbook_parts import OTHER_FORMAT, WorkbookParts

SHARED = "xl/sharedStrings.xml"
_DECLARED = (b"<!DOCTYPE", b"<!ENTITY")
_LONGEST_ROW = 64 * MIB
_CELL_REACH = 64 * 1024

# As nearly every program writes cells: quick to find. The patterns behind them find them however they are written.
_USUAL_PLACE = re.compile(rb'<c r="([A-Z]+)(\d+)"')
_USUAL_SHARED = re.compile(rb't="s"><v>(\d+)')
_USUAL_CELL = re.compile(rb"<c[\s>/]")
_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s>/])[^>]*>")
_PLACE = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]+)(\d+)[\"']")
_ROW_NUMBER = re.compile(rb"[^>]*?\sr\s*=\s*[\"'](\d+)")
_SHARED = re.compile(rb"\bt\s*=\s*[\"']s[\"'][^>]*>\s*<(?:\w+:)?v(?:\s[^>]*)?>\s*(\d+)")
_STRING = re.compile(rb"<(?:\w+:)?si(?=[\s>/])")
_NO_RESULT = re.compile(rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f(?:\s[^>]*)?/>)\s*</(?:\w+:)?c>")
_ERROR = re.compile(rb"\st\s*=\s*[\"']e[\"']")
_ROW_START = re.compile(rb"<(?:\w+:)?row(?=[\s>])")

# Of an encoding that it does not know, or cannot read, expat tells in errors of its own.
_NO_XML = (expat.ExpatError, LookupError, ValueError)

Cell = tuple[int, int]
Lengths = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass
class SheetScan:
    """What the XML of one sheet says: its last row and column in use, and the cells without a value.

    Rows and columns count from 1; a cell is (row, column).
    """

    rows: int = 0
    columns: int = 0
    formulas: set[Cell] = field(default_factory=set)
    errors: set[Cell] = field(default_factory=set)
    text_bytes: int = 0


def scan_sheet(parts: WorkbookParts, sheet: str) -> SheetScan:
    """Looks through one sheet; raises RefusedDeliveryError where it is too large to be read."""
    part = _part_of(sheet, parts)
    lengths = _string_lengths(parts)
    scan = SheetScan()
    for rows in _whole_rows(parts, part):
        _look_at(rows, scan, lengths, parts)
        if scan.rows * scan.columns > SHEET_CELLS:
            parts.refuse(
                f"sheet {sheet} reaches to row {scan.rows:,} and column {scan.columns:,}, more than {SHEET_CELLS:,} "
                "cells: delete what stands far from the rows"
            )
    return scan


def _part_of(sheet: str, parts: WorkbookParts) -> str:
    """The part that holds the sheet of this name."""
    relations = _tree("xl/_rels/workbook.xml.rels", parts)
    targets = {each.get("Id"): each.get("Target") or "" for each in relations}
    sheets = [each for each in _tree("xl/workbook.xml", parts).iter() if each.tag.endswith("}sheet")]
    found = [targets.get(_relation(each), "") for each in sheets if each.get("name") == sheet]
    part = posixpath.join("/xl", found[0]) if len(found) == 1 else ""
    part = posixpath.normpath(part).removeprefix("/")
    if part not in parts.parts:
        parts.refuse(f"sheet {sheet} is named twice or its part is missing: save it in Excel again")
    return part


def _relation(sheet: ElementTree.Element) -> str | None:
    """The id by which the workbook finds the sheet; its namespace differs between the two forms of the standard."""
    return next((value for name, value in sheet.items() if name.endswith("}id")), None)


def _tree(part: str, parts: WorkbookParts) -> ElementTree.Element:
    if part not in parts.parts or parts.parts[part].file_size > LIST_BYTES:
        parts.refuse(f"part {part} is missing or too large: save it in Excel again")
    text = parts.read(part)
    if any(word in text for word in _DECLARED):
        parts.refuse(f"part {part} declares entities, which no Excel file does: save it in Excel again")
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, *_NO_XML) as error:
        parts.refuse(f"part {part} is damaged ({error}): save it in Excel again")


def _string_lengths(parts: WorkbookParts) -> Lengths:
    """The bytes that each shared text takes, markup included."""
    starts: list[int] = []
    read, held = 0, b""
    for block in parts.blocks(SHARED) if SHARED in parts.parts else ():
        text = held + block
        # What is cut by the end of a block is found with the next one.
        held = text[text.rfind(b"<") :]
        starts += [read + found.start() for found in _STRING.finditer(text, 0, len(text) - len(held))]
        read += len(text) - len(held)
        if len(held) > _LONGEST_ROW:
            parts.refuse(f"a text of part {SHARED} is longer than {_LONGEST_ROW // MIB} MiB: take it out")
    ends = np.array([*starts, read + len(held)], np.int64)
    return ends[1:] - ends[:-1]


def _whole_rows(parts: WorkbookParts, part: str) -> Iterator[bytes]:
    """The part in pieces that are cut where a row starts."""
    held = b""
    parser = expat.ParserCreate()
    for block in parts.blocks(part):
        _refuse_malformed(parser, block, part, parts)
        unseen = max(0, len(held) - _CELL_REACH)
        held += block
        starts = [found.start() for found in _ROW_START.finditer(held, unseen)]
        if starts:
            yield held[: starts[-1]]
            held = held[starts[-1] :]
        if len(held) > _LONGEST_ROW:
            parts.refuse(f"a row of part {part} is longer than {_LONGEST_ROW // MIB} MiB: {OTHER_FORMAT}")
    _refuse_malformed(parser, b"", part, parts)
    yield held


def _refuse_malformed(parser: expat.XMLParserType, block: bytes, part: str, parts: WorkbookParts) -> None:
    """What is no XML would be read with cells left out."""
    try:
        parser.Parse(block, not block)
    except _NO_XML as error:
        parts.refuse(f"part {part} is damaged ({error}): save it in Excel again")


def _look_at(rows: bytes, scan: SheetScan, lengths: Lengths, parts: WorkbookParts) -> None:
    _measure(rows, scan, parts)
    if len(lengths):
        shared = np.array(_shared_texts(rows), np.bytes_).astype(np.int64)
        scan.text_bytes += int(lengths[shared[shared < len(lengths)]].sum())
    if b"<f" in rows or b":f" in rows:
        scan.formulas |= {_cell_before(rows, found.start()) for found in _NO_RESULT.finditer(rows)}
    if b'"e"' in rows or b"'e'" in rows:
        scan.errors |= {_cell_before(rows, found.end()) for found in _ERROR.finditer(rows)}


def _measure(rows: bytes, scan: SheetScan, parts: WorkbookParts) -> None:
    texts = _ROW_START.split(rows)
    places = [_USUAL_PLACE.findall(text) for text in texts]
    if b":c" in rows or sum(map(len, places)) != len(_USUAL_CELL.findall(rows)):
        places = [_filled_places(text, parts) for text in texts]
    for text, found in zip(texts, places, strict=True):
        if found:
            _measure_row(text, found, scan, parts)


def _measure_row(text: bytes, places: list[tuple[bytes, bytes]], scan: SheetScan, parts: WorkbookParts) -> None:
    """A cell that says it is of another row, or comes twice, would take the place of another's value."""
    columns, numbers = zip(*places, strict=True)
    number, own = int(numbers[0]), _ROW_NUMBER.match(text)
    is_sound = numbers.count(numbers[0]) == len(numbers) and len(set(columns)) == len(columns) and number > scan.rows
    if not is_sound or (own is not None and int(own[1]) != number):
        parts.refuse(
            f"cells of row {own[1].decode() if own else number} are doubled or of another row: save it in Excel"
        )
    last = max(map(_column_number, columns))
    if number * max(scan.columns, last) > SHEET_CELLS:
        # Cells that are formatted and empty may lie far from the others.
        filled = _filled_places(text, parts)
        number, last = (number, max(_column_number(name) for name, _ in filled)) if filled else (scan.rows, 0)
    scan.rows, scan.columns = number, max(scan.columns, last)


def _filled_places(text: bytes, parts: WorkbookParts) -> list[tuple[bytes, bytes]]:
    """The slow way, for cells written otherwise and for those that may be empty."""
    found = [_PLACE.search(cell) for cell in _CELL.findall(text) if not cell.endswith(b"/>")]
    places = [(place[1], place[2]) for place in found if place is not None]
    if len(places) != len(found):
        parts.refuse("its cells are written without their places: open it in Excel, save it")
    return places


def _shared_texts(rows: bytes) -> list[bytes]:
    usual = _USUAL_SHARED.findall(rows)
    is_usual = len(usual) == rows.count(b'"s"') + rows.count(b"'s'")
    return usual if is_usual else _SHARED.findall(rows)


@cache
def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _cell_before(rows: bytes, position: int) -> Cell:
    """The cell that begins last before the position; (0, 0) where it has no place."""
    start = max(rows.rfind(b"<c ", 0, position), rows.rfind(b":c ", 0, position))
    place = _PLACE.search(rows, start, rows.find(b">", start)) if start >= 0 else None
    return (int(place[2]), _column_number(place[1])) if place else (0, 0)
