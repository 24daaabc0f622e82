import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from xlsxwriter.worksheet import Worksheet

from tests.hostile.counter import XLSX, Counter, people
from tests.hostile.workbooks import SHEET, cells_of, with_declared_size, with_one_place, with_parts, workbook
from tests.ingestion.village import HEADER, counted

ID = "310114198001011234"
NAME, NUMBER, DAY = HEADER.index("姓名"), HEADER.index("身份证号"), HEADER.index("登记日期")
MIB = 1 << 20


def three() -> list[list[Any]]:
    return cells_of(people("王小明", "李黎", "买买提"))


def sheet_with(old: bytes, new: bytes) -> Callable[[], bytes]:
    def make() -> bytes:
        return with_parts(workbook(three()), {SHEET: lambda text: text.replace(old, new, 1)})

    return make


def with_part(name: str, text: bytes) -> Callable[[], bytes]:
    return lambda: with_parts(workbook(three()), {name: lambda _: text})


def several_far_sheets() -> bytes:
    def far(text: bytes) -> bytes:
        return text.replace(b"</sheetData>", b'<row r="6000"><c r="ALL6000"><v>1</v></c></row></sheetData>')

    return with_parts(workbook(three(), [["a"]], [["a"]]), {SHEET.replace("1", number): far for number in "23"})


def one_text_everywhere() -> bytes:
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (row, row) for row in range(10, 1000))
    return with_parts(
        workbook(three()),
        {
            "xl/sharedStrings.xml": lambda text: re.sub(
                rb"<si>", b"<si><t>" + b"x" * MIB + b"</t></si><si>", text, count=1
            ),
            SHEET: lambda text: text.replace(b"</sheetData>", rows + b"</sheetData>"),
        },
    )


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "old Excel, or a password": (
        lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 600,
        r"it is an old Excel file \(.xls\) or one locked",
    ),
    "a web page": (lambda: b"<html><table></table></html>", "it is a web page or XML: save it as an Excel workbook"),
    "cut off": (lambda: workbook(three())[:-100], "it is a damaged Excel file .*: save it as an Excel workbook"),
    "no workbook": (lambda: b"PK\x05\x06" + b"\0" * 18, "it is a zip file without a workbook: save it as .xlsx"),
    "a binary workbook": (with_part("xl/workbook.bin", b""), r"it is a binary workbook \(.xlsb\)"),
    "a part that is not as the directory says": (
        lambda: with_declared_size(workbook(three()), "xl/styles.xml", 10),
        "part xl/styles.xml is not what the directory of the file says: export it anew and hand it in again",
    ),
    "a part that says it is enormous": (
        lambda: with_declared_size(workbook(three()), SHEET, 600 * MIB),
        "part xl/worksheets/sheet1.xml unpacks to 600 MiB, more than 512: have the contract changed to CSV",
    ),
    "a part that unpacks to far more than its size": (
        with_part(SHEET, b" " * (32 * MIB)),
        "part xl/worksheets/sheet1.xml unpacks to 1,02. times its size, more than 250: delete empty formatted rows",
    ),
    "parts that overlap": (lambda: with_one_place(workbook(three())), "its parts overlap: it was damaged"),
    "a cell far from the others": (
        sheet_with(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
        "sheet Sheet1 reaches to row 1,048,576 and column 16,384, more than 10,000,000 cells: delete what stands far",
    ),
    "a cell far from the others, written otherwise": (
        sheet_with(b"</sheetData>", b"<x:row><x:c s='1' r = 'XFD1048576'><v>1</v></x:c></x:row></sheetData>"),
        "sheet Sheet1 reaches to row 1,048,576 and column 16,384",
    ),
    "cells far from the others in several sheets": (
        several_far_sheets,
        "its visible sheets reach over 12,000,040 cells together, more than 10,000,000: leave the one with the rows",
    ),
    "one long text in a thousand cells": (
        one_text_everywhere,
        "the texts of its visible sheets take [0-9]+ MiB, more than 512: have the contract changed to CSV or Parquet",
    ),
    "cells without places": (
        sheet_with(b' r="B2"', b""),
        "its cells are written without their places: open it in Excel",
    ),
    "a cell that says it is of another row": (
        sheet_with(b' r="B3"', b' r="B2"'),
        "cells of row 3 are doubled or of another row: save it in Excel and hand it in again",
    ),
    "a cell twice in its row": (sheet_with(b' r="D3"', b' r="B3"'), "cells of row 3 are doubled or of another row"),
    "a row twice": (
        sheet_with(b"</sheetData>", b'<row r="2"><c r="A2"><v>1</v></c></row></sheetData>'),
        "cells of row 2 are doubled or of another row",
    ),
    "a sheet that is no XML": (
        sheet_with(b"</c>", b"<"),
        r"part xl/worksheets/sheet1.xml is damaged \(not well-formed",
    ),
    "an encoding that nobody knows": (
        sheet_with(b'encoding="UTF-8"', b'encoding="UTF-x"'),
        r"part xl/worksheets/sheet1.xml is damaged \(unknown encoding: UTF-x\)",
    ),
    "an encoding that XML readers do not know": (
        lambda: with_parts(
            workbook(three()), {"xl/workbook.xml": lambda text: text.replace(b'encoding="UTF-8"', b'encoding="GBK"')}
        ),
        r"part xl/workbook.xml is damaged \(multi-byte encodings are not supported\)",
    ),
    "entities": (
        lambda: with_parts(
            workbook(three()), {"xl/workbook.xml": lambda text: text.replace(b"<workbook", b"<!DOCTYPE a><workbook")}
        ),
        "part xl/workbook.xml declares entities, which no Excel file does",
    ),
    "a sheet list that is no XML": (with_part("xl/workbook.xml", b"<workbook>"), "hand it in again"),
    "only hidden sheets hold the rows": (
        lambda: workbook(three(), [["a"]], hidden=[0]),
        r"sheet Sheet2, row 1 \(hidden, so nobody looked at it: Sheet1\): columns missing: 编号",
    ),
    "two sheets with rows": (
        lambda: workbook(three(), three()),
        "sheets Sheet1, Sheet2 all hold the columns of contract people_xlsx: put the rows into one, and hand it in",
    ),
    "several sheets, none of them right": (
        lambda: workbook([["a"]], [["b"]]),
        "none of its sheets Sheet1, Sheet2 holds the columns of contract people_xlsx: correct the header",
    ),
    "a column missing below a title": (
        lambda: workbook([["人员登记表"], *(line[:-1] for line in three())]),
        "sheet Sheet1, row 2: columns missing: 操作: hand it in again with the header of contract people_xlsx",
    ),
    "empty": (lambda: workbook([]), "sheet Sheet1, row 1: columns missing: 编号"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_workbook_that_cannot_be_read_is_refused_with_what_where_and_what_to_do(counter: Counter, name: str) -> None:
    make, message = REFUSED[name]
    report = counter.hand_in(XLSX, make())

    assert report.state == "refused"
    assert report.note.startswith(f"{report.file}: ")
    assert re.search(message, report.note), report.note
    assert report.note.isprintable()
    assert (counter.taken(report), counter.set_aside(report)) == ([], [])


def formula(place: int, **more: Any) -> Callable[[Worksheet], object]:
    return lambda page: page.write_formula(2, place, '="李"&"黎"', **more)


def prefixed(text: bytes) -> bytes:
    return re.sub(rb"<(/?)(?=[a-z])", rb"<\1x:", text).replace(b'xmlns="', b'xmlns:x="')


def without_result() -> bytes:
    made = workbook(three(), write=formula(NAME))
    return with_parts(made, {SHEET: lambda text: text.replace(b"</f><v>0</v>", b"</f>")})


SET_ASIDE: dict[str, tuple[Callable[[], bytes], list[tuple[int, str]], int]] = {
    "title rows": (
        lambda: workbook([["人员登记表"], ["2026年6月", None, "制表人"], *three()]),
        [(1, "title_row"), (2, "title_row")],
        3,
    ),
    "a totals row": (lambda: workbook([*three(), ["合 计:", 3]]), [(5, "totals_row")], 3),
    "a totals row that begins later": (lambda: workbook([*three(), [None, "总计", "3"]]), [(5, "totals_row")], 3),
    "pages put together": (lambda: workbook([*three(), *three()]), [(5, "repeated_header")], 6),
    "a formula with its result": (lambda: workbook(three(), write=formula(NAME, value="李黎")), [], 3),
    "a formula without its result": (without_result, [(3, "formula_without_value")], 2),
    "an error in a cell": (
        lambda: workbook(three(), write=formula(NAME, value="#N/A")),
        [(3, "error_in_cell")],
        2,
    ),
    "an error in a column that is not read": (
        lambda: workbook(three(), write=formula(len(HEADER), value="#N/A")),
        [],
        3,
    ),
    "merged cells": (
        lambda: workbook(three(), write=lambda page: page.merge_range(1, NAME, 2, NAME, "王")),
        [(2, "merged_cells"), (3, "merged_cells")],
        1,
    ),
    "an ID as a number": (
        lambda: workbook(three(), write=lambda page: page.write_number(2, NUMBER, float(ID))),
        [(3, "id_as_number")],
        2,
    ),
    "a key as a number": (
        lambda: workbook(three(), write=lambda page: page.write_number(2, 0, float(ID))),
        [(3, "key_as_number")],
        2,
    ),
    "a hidden sheet with other rows": (lambda: workbook(three(), three(), hidden=[1]), [], 3),
    "an empty second sheet": (lambda: workbook(three(), []), [], 3),
    "cells that begin in the third row and second column": (
        lambda: workbook([[], [], *([None, *line] for line in three())]),
        [],
        3,
    ),
    "a sheet written with a prefix, as some programs do": (
        lambda: with_parts(workbook(three(), write=formula(NAME, value="#N/A")), {SHEET: prefixed}),
        [(3, "error_in_cell")],
        2,
    ),
    "a workbook within the workbook": (
        lambda: with_parts(workbook(three()), {"xl/embeddings/book.xlsx": lambda _: workbook(three())}),
        [],
        3,
    ),
    "empty formatted cells far below": (
        lambda: with_parts(
            workbook(three()),
            {
                SHEET: lambda text: text.replace(
                    b"</sheetData>", b'<row r="1048576"><c r="ZZ1048576" s="1"/></row></sheetData>'
                )
            },
        ),
        [],
        3,
    ),
}


@pytest.mark.parametrize("name", SET_ASIDE)
def test_what_is_whole_in_a_sheet_is_taken_and_the_rest_set_aside_by_row(counter: Counter, name: str) -> None:
    make, faults, whole = SET_ASIDE[name]
    report = counter.hand_in(XLSX, make())

    assert (report.note, counter.set_aside(report)) == (report.note, faults)
    assert (counted(report).get("new", 0), report.rows) == (whole, whole + len(faults))


@pytest.mark.parametrize("epoch", [False, True])
def test_dates_are_read_by_the_calendar_of_the_workbook(counter: Counter, epoch: bool) -> None:
    [person] = people("王小明")
    made = workbook(cells_of([person | {"登记日期": date(2026, 5, 1)}]), date_1904=epoch)
    counter.hand_in(XLSX, made)

    sql = f"SELECT \"登记日期\" FROM raw.people_xlsx WHERE row_key = '{person['编号']}'"
    assert counter.village.rows(sql) == [("2026-05-01",)]


def test_a_mark_that_makes_a_number_text_is_taken_off_and_one_in_a_name_stays(counter: Counter) -> None:
    [person] = people("'t Hooft", 身份证号=f"'{ID}")
    counter.hand_in(XLSX, workbook(cells_of([person])))

    sql = f'SELECT "姓名", "身份证号" FROM raw.people_xlsx WHERE row_key = \'{person["编号"]}\''
    assert counter.village.rows(sql) == [("'t Hooft", ID)]
