import json
import re
from collections.abc import Callable

import pytest

from ingestion.formats.limits import FIELD_BYTES
from tests.hostile.counter import CSV, JSONL, Counter, people
from tests.ingestion.village import HEADER, counted, csv_text

THREE = ("王小明", "李黎", "买买提·艾力")
MIB = 1 << 20


def text() -> str:
    return csv_text(*people(*THREE))


def after_header(content: str) -> str:
    return text().partition("\r\n")[0] + "\r\n" + content


def objects(*rows: dict[str, str]) -> str:
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows)


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "the file is empty: hand it in again with its header and rows"),
    "UTF-16 with a mark": (
        lambda: text().encode("utf-16"),
        r"not UTF-8 \(byte 0\) .*, line 1: it is UTF-16, saved as Unicode text; save it as UTF-8 and hand it in again",
    ),
    "UTF-16 without a mark": (lambda: text().encode("utf-16-le"), "it is UTF-16, saved as Unicode text"),
    "Big5": (lambda: "編號,姓名,身分證號\r\n1,王小明,\r\n".encode("big5"), "line 1: columns missing: 编号"),
    "bytes of no encoding": (
        lambda: text().encode("gb18030").replace("李黎".encode("gb18030"), b"\xff\xff"),
        r"not UTF-8 \(byte 0\) and not GB18030 \(byte \d+\), line 3: save it as UTF-8",
    ),
    "UTF-8 with other bytes among it": (
        lambda: text().encode().replace("李黎".encode(), b"\xff\xff"),
        r"UTF-8 only up to byte \d+, line 3: bytes of another encoding are among it",
    ),
    "GB18030 cut in mid-character": (
        lambda: text().encode("gb18030")[: text().encode("gb18030").rindex("买".encode("gb18030")) + 1],
        r"not GB18030 \(byte \d+\), line 4: it ends in the middle of a character, so it was cut off; hand it in again",
    ),
    "UTF-8 cut in mid-character": (
        lambda: text().encode()[: text().encode().rindex("买".encode()) + 2],
        r"UTF-8 only up to byte \d+, line 4: it ends in the middle of a character",
    ),
    "two encodings put together": (
        lambda: text().encode("gb18030") + text().encode(),
        "UTF-8 only up to byte 0, line 1: bytes of another encoding are among it; save the whole of it as UTF-8",
    ),
    "NUL bytes": (
        lambda: text().replace("李黎", "李\0黎").encode(),
        r"UTF-8 only up to byte \d+, line 3: there is a NUL byte, so it was damaged on its way; export it anew",
    ),
    "an Excel file by another name": (
        lambda: b"PK\x03\x04\xff\xff",
        "it is a zip or Excel file; hand it in in the format",
    ),
    "a compressed file": (lambda: b"\x1f\x8b\x08\x00\xff", r"it is a compressed file \(gzip\)"),
    "a column missing": (
        lambda: text().replace(",操作", "", 1).encode(),
        "line 1: columns missing: 操作: hand it in again with the header of contract people_csv version 1.0.0",
    ),
    "a column renamed": (
        lambda: text().replace("更新时间", "更新的时间", 1).encode(),
        r"line 1: columns missing: 更新时间 \(renamed to 更新的时间\?\)",
    ),
    "a column named in signs that act on the screen": (
        lambda: text().replace("姓名", "\x1b[2J姓名", 1).encode(),
        r"line 1: columns missing: 姓名 \(renamed to \\x1b\[2J姓名\?\)",
    ),
    "more columns than any contract has": (
        lambda: text().replace("\r\n", "," * 20_000 + "\r\n").encode(),
        "line 1: 20,010 columns are more than 1,000: it is no file of contract people_csv; hand it in again with",
    ),
    "a column doubled": (
        lambda: text().replace("身份证号", "姓名", 1).encode(),
        "line 1: columns named twice: 姓名: hand it in again with each name once",
    ),
    "a title above the header": (
        lambda: b"2026 people\r\n\r\n" + text().encode(),
        "the header is in line 3: take out what stands above it and hand the file in again",
    ),
    "another delimiter": (
        lambda: text().replace(",", ";").encode(),
        "line 1: columns are parted by ';', not by ',' as contract people_csv says: save it again",
    ),
    "a quote in the header that is never closed": (
        lambda: text().replace("姓名", '"姓名', 1).encode(),
        "line 1: columns missing: 姓名",
    ),
    "a quote that is never closed": (
        lambda: text().replace("王小明", '"王小明').encode(),
        "lines run together .*: a quote is not closed or the file was cut off; hand it in again whole",
    ),
    "a quote closed by a later row": (
        lambda: text().replace("王小明", '"王小明').replace("买买提·艾力", '买买提"').encode(),
        "lines 2 to 4 run together into one row: a quote is not closed",
    ),
    "an enormous line that opens a quote": (
        lambda: after_header(f'K1,"{"长" * MIB}\r\n').encode(),
        "line 2 is longer than 1 MiB and a quote in it is not closed: correct it and hand the file in again",
    ),
    "an enormous line within a quoted value": (
        lambda: after_header(f'K1,"王\r\n{"长" * MIB}\r\n明"{"," * (len(HEADER) - 2)}\r\n').encode(),
        "line 3 is longer than 1 MiB and stands within a quoted value: correct it",
    ),
    "an enormous first line": (
        lambda: b"x" * 2 * MIB,
        "line 1 is longer than 1 MiB, so it is no header: export the file anew and hand it in again",
    ),
    "nothing but NUL bytes": (lambda: b"\0" * 1000, "there is a NUL byte, so it was damaged on its way"),
    "nothing but torn lines": (
        lambda: after_header("K1,王\r\nK2,李\r\n").encode(),
        "2 of 2 rows cannot be read, the first in line 2: export it anew and hand it in again",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_with_what_where_and_what_to_do(counter: Counter, name: str) -> None:
    make, message = REFUSED[name]
    report = counter.hand_in(CSV, make())

    assert report.state == "refused"
    assert report.note.startswith(f"{report.file}: ")
    assert re.search(message, report.note), report.note
    assert report.note.isprintable()
    assert (counter.taken(report), counter.set_aside(report)) == ([], [])


LONG = "长" * MIB
SET_ASIDE: dict[str, tuple[Callable[[], bytes], list[tuple[int, str]], int]] = {
    "header only": (lambda: csv_text().encode(), [], 0),
    "a torn last line": (lambda: (text() + "K9,王").encode(), [(5, "torn_line")], 3),
    "a last line without its end": (lambda: text().rstrip().encode(), [], 3),
    "a quote open in the last line": (lambda: (text() + 'K9,"王').encode(), [(5, "torn_line")], 3),
    "a delimiter in a quoted value": (lambda: text().replace("李黎", '"李,黎"').encode(), [], 3),
    "an empty column too many in a line": (lambda: text().replace("李黎", "李黎,").encode(), [(3, "torn_line")], 2),
    "a column too many in a line": (lambda: text().replace("李黎", "李,黎").encode(), [(3, "torn_line")], 2),
    "line ends mixed": (lambda: text().replace("\r\n", "\n", 2).encode(), [], 3),
    "line ends mixed the other way": (
        lambda: (text() + text().partition("\r\n")[2].replace("\r\n", "\n")).encode(),
        [],
        6,
    ),
    "lone carriage returns among others": (
        lambda: text().replace("李黎", "李\r黎").encode(),
        [(3, "torn_line"), (4, "torn_line")],
        2,
    ),
    "an enormous field": (lambda: text().replace("李黎", LONG).encode(), [(3, "value_too_long")], 2),
    "an enormous quoted field": (lambda: text().replace("李黎", f'"{LONG}"').encode(), [(3, "value_too_long")], 2),
    "an enormous last line": (lambda: (text() + LONG).encode(), [(5, "value_too_long")], 3),
    "two files put together": (lambda: (text() + text()).encode(), [(5, "repeated_header")], 6),
    "two files put together, each with a mark of its encoding": (
        lambda: text().encode("utf-8-sig") + text().encode("utf-8-sig"),
        [(5, "repeated_header")],
        6,
    ),
    "a row led by a mark of the encoding": (lambda: text().replace("\r\nK", "\r\n\ufeffK").encode(), [], 3),
    "a totals row": (lambda: (text() + f"合计,3{',' * (len(HEADER) - 2)}\r\n").encode(), [(5, "totals_row")], 3),
    "a key that a spreadsheet made a number": (
        lambda: re.sub(r"\r\nK\d+,李黎", "\r\n3.10114E+17,李黎", text()).encode(),
        [(3, "key_as_number")],
        2,
    ),
}


@pytest.mark.parametrize("name", SET_ASIDE)
def test_what_is_whole_in_a_file_is_taken_and_the_rest_set_aside_by_line(counter: Counter, name: str) -> None:
    make, faults, whole = SET_ASIDE[name]
    report = counter.hand_in(CSV, make())

    assert (counter.set_aside(report), report.rows) == (faults, whole + len(faults))
    assert counted(report).get("new", 0) == whole
    assert {name for _, _, name in counter.taken(report)} <= {*THREE, "李,黎"}
    assert {key[0] for _, key, _ in counter.taken(report)} <= {"K"}


def test_an_extra_column_is_an_issue_also_without_a_name(counter: Counter) -> None:
    lines = text().splitlines()
    report = counter.hand_in(
        CSV, "\n".join([lines[0] + ",,Name,NAME", *(line + ",a,b,c" for line in lines[1:])]).encode()
    )

    assert (counted(report), dict(report.issues)) == ({"new": 3}, {"unknown_column": 3})


def test_the_reason_of_a_fault_says_what_to_do(counter: Counter) -> None:
    report = counter.hand_in(CSV, (text() + text()).encode())
    [reason] = counter.village.rows(
        f"SELECT reason FROM quarantine.quarantined_row WHERE delivery_id = {report.delivery_id}"
    )

    assert reason == ("is the header once more; take it out",)


def test_a_full_dump_with_a_line_that_cannot_be_read_ends_no_row(counter: Counter) -> None:
    rows = people(*THREE)
    first, second, third = (row["编号"] for row in rows)
    counter.hand_in(CSV, csv_text(*rows).encode(), mode="full", approve=True)
    torn = counter.hand_in(CSV, csv_text(*rows).replace("李黎,,", "").encode(), mode="full", approve=True)
    current = "SELECT row_key FROM raw.people_csv WHERE ended_on IS NULL ORDER BY ALL"

    assert (counter.set_aside(torn), torn.ended) == ([(3, "torn_line")], 0)
    assert counter.village.rows(current) == [(first,), (second,), (third,)]

    whole = counter.hand_in(CSV, csv_text(rows[0], rows[2]).encode(), mode="full", approve=True)

    assert whole.ended == 1
    assert counter.village.rows(current) == [(first,), (third,)]


JSON_LINES: dict[str, tuple[Callable[[], bytes], list[tuple[int, str]], int]] = {
    "one broken line": (
        lambda: (objects(*people(*THREE)) + '{"编号": "K9", \n' + objects(*people("甲"))).encode(),
        [(4, "torn_line")],
        4,
    ),
    "a torn last line": (lambda: objects(*people(*THREE))[:-30].encode(), [(3, "torn_line")], 2),
    "a key doubled": (
        lambda: (
            objects(*people(*THREE)) + '{"编号": "K9", "姓名": "甲", "姓名": "乙", "更新时间": "2026-06-01"}'
        ).encode(),
        [(4, "key_doubled")],
        3,
    ),
    "a NUL character": (lambda: objects(*people("王", "李\0")).encode(), [(2, "nul_character")], 1),
    "half a surrogate pair": (lambda: (objects(*people("王")) + '{"编号": "\\ud800"}').encode(), [(2, "torn_line")], 1),
    "an enormous value": (lambda: objects(*people("王", LONG, "李")).encode(), [(2, "value_too_long")], 2),
    "deep nesting": (lambda: (objects(*people("王")) + "[" * (FIELD_BYTES // 2)).encode(), [(2, "torn_line")], 1),
    "line ends mixed": (lambda: objects(*people(*THREE)).replace("\n", "\r\n", 1).encode(), [], 3),
}


@pytest.mark.parametrize("name", JSON_LINES)
def test_a_broken_line_of_json_is_set_aside_and_the_others_are_taken(counter: Counter, name: str) -> None:
    make, faults, whole = JSON_LINES[name]
    report = counter.hand_in(JSONL, make())

    assert (counter.set_aside(report), counted(report)["new"], report.rows) == (faults, whole, whole + len(faults))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (json.dumps(people(*THREE), indent=1), r"\d+ of \d+ rows cannot be read, the first in line 1: export it anew"),
        (objects(*people("王")).replace("编号", "编码"), r"columns missing: 编号 \(renamed to 编码\?\)"),
        (json.dumps(dict.fromkeys(map(str, range(20_000)))), "20,008 columns are more than 1,000"),
        (objects(*people("王")) + "a\x1eb\n", "cannot be read as JSON lines .*: write one object per line"),
    ],
)
def test_what_is_no_json_lines_is_refused(counter: Counter, content: str, message: str) -> None:
    report = counter.hand_in(JSONL, content.encode())

    assert report.state == "refused"
    assert re.search(message, report.note), report.note
