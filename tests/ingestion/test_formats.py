import json
import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from ingestion.report import DeliveryReport
from schemas.readers.contracts import DeliveryFormat, FeedContract, FileFormat
from tests.ingestion.village import CONTRACT, FULL, HEADER, counted, csv_text, open_village, row

ID = "310114198001011234"


def contract_of(form: FileFormat, **more: Any) -> FeedContract:
    pattern = rf"people_(?P<mode>full|delta)_(?P<date>\d{{8}})_(?P<sequence>\d{{4}})\.{form}"
    return replace(CONTRACT, delivery=DeliveryFormat(format=form, file_pattern=pattern, **more))


def taken(folder: Path, contract: FeedContract, content: bytes) -> tuple[DeliveryReport, list[tuple[Any, ...]]]:
    """The report of a full dump, and (key, line, ID number, date) of the rows held."""
    with open_village(folder, contract) as village:
        report = village.take_bytes(f"people_full_20260630_0001.{contract.delivery.format}", content)
        if report.state != "applied":
            return report, []
        return report, village.rows('SELECT row_key, line, "身份证号", "登记日期" FROM raw.people ORDER BY ALL')


def sheet(folder: Path, rows: list[dict[str, Any]], *, name: str = "人员") -> bytes:
    path = folder / "made.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as workbook:
        page = workbook.add_worksheet(name)
        page.write_row(0, 0, HEADER)
        for line, each in enumerate(rows, start=1):
            for place, column in enumerate(HEADER):
                if column in each:
                    page.write(line, place, each[column])
    return path.read_bytes()


def lines(*objects: object) -> bytes:
    return "\n".join(
        each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in objects
    ).encode()


def test_excel_is_read_as_text_and_dates_in_iso_form(tmp_path: Path) -> None:
    contract = contract_of(FileFormat.XLSX, sheet="人员")
    rows: list[dict[str, Any]] = [row("1", 身份证号=ID), {}, row("2") | {"登记日期": date(2026, 5, 1), "编号": 2}]
    report, held = taken(tmp_path, contract, sheet(tmp_path, rows))

    assert counted(report) == {"new": 2}
    assert held == [("1", 2, ID, None), ("2", 4, None, "2026-05-01")]


def test_a_time_in_excel_is_a_version(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [row("1") | {"更新时间": datetime(2026, 6, 1, 10, 30)}]
    report, _ = taken(tmp_path, contract_of(FileFormat.XLSX), sheet(tmp_path, rows))

    assert counted(report) == {"new": 1}


@pytest.mark.parametrize("number", [310114198001011234, 310114800101123, 3.5])
def test_an_id_that_excel_made_a_number_is_quarantined(tmp_path: Path, number: float) -> None:
    rows: list[dict[str, Any]] = [row("1") | {"身份证号": number}]
    report, _ = taken(tmp_path, contract_of(FileFormat.XLSX), sheet(tmp_path, rows))

    assert dict(report.quarantine) == {"id_as_number": 1}


def test_a_workbook_without_the_sheet_is_refused(tmp_path: Path) -> None:
    report, _ = taken(tmp_path, contract_of(FileFormat.XLSX, sheet="名册"), sheet(tmp_path, [row("1")]))

    assert report.state == "refused"
    assert "has no sheet 名册" in report.note


@pytest.mark.parametrize("form", [FileFormat.XLSX, FileFormat.PARQUET])
def test_a_file_of_another_format_is_refused(tmp_path: Path, form: FileFormat) -> None:
    report, _ = taken(tmp_path, contract_of(form), b"not what it says")

    assert report.state == "refused"
    assert "cannot be read as" in report.note


def test_parquet_is_read_as_text_whatever_its_types(tmp_path: Path) -> None:
    columns = {name: ["1"] for name in HEADER} | {"登记日期": [date(2026, 5, 1)], "更新时间": [datetime(2026, 6, 1)]}
    columns |= {"身份证号": [ID], "操作": [None]}  # type: ignore[dict-item]
    pq.write_table(pa.table(columns), tmp_path / "made.parquet")
    report, held = taken(tmp_path, contract_of(FileFormat.PARQUET), (tmp_path / "made.parquet").read_bytes())

    assert counted(report) == {"new": 1}
    assert held == [("1", 1, ID, "2026-05-01")]


def test_an_id_that_parquet_holds_as_a_float_is_quarantined(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {name: ["1"] for name in HEADER}
    columns |= {"身份证号": [float(ID)], "更新时间": ["2026-06-01"], "操作": [""]}
    pq.write_table(pa.table(columns), tmp_path / "made.parquet")
    report, _ = taken(tmp_path, contract_of(FileFormat.PARQUET), (tmp_path / "made.parquet").read_bytes())

    assert dict(report.quarantine) == {"id_as_number": 1}


def test_json_lines_are_read_as_text(tmp_path: Path) -> None:
    content = lines(row("1", 身份证号=ID), "", row("2") | {"身份证号": int(ID), "登记日期": None})
    report, held = taken(tmp_path, contract_of(FileFormat.JSONL), content)

    assert counted(report) == {"new": 2}
    assert held == [("1", 1, ID, None), ("2", 3, ID, None)]


def test_a_line_that_is_no_json_object_is_torn(tmp_path: Path) -> None:
    report, _ = taken(tmp_path, contract_of(FileFormat.JSONL), lines(row("1"), '{"编号": "2", ', "[1]"))

    assert (counted(report), dict(report.quarantine)) == ({"new": 1, "quarantined": 2}, {"torn_line": 2})


def test_a_list_in_json_lines_stays_json(tmp_path: Path) -> None:
    with open_village(tmp_path, contract_of(FileFormat.JSONL)) as village:
        village.take_bytes("people_full_20260630_0001.jsonl", lines(row("1") | {"住址": [{"路": "曹安路"}]}))

        assert village.rows('SELECT "住址" FROM raw.people') == [('[{"路":"曹安路"}]',)]


def test_an_empty_file_of_json_lines_is_a_delivery_without_rows(tmp_path: Path) -> None:
    report, _ = taken(tmp_path, contract_of(FileFormat.JSONL), b"")

    assert (report.state, report.rows) == ("applied", 0)


def test_a_key_that_the_contract_does_not_know_is_an_issue(tmp_path: Path) -> None:
    report, _ = taken(tmp_path, contract_of(FileFormat.JSONL), lines(row("1") | {"宗教": "无"}))

    assert dict(report.issues) == {"unknown_column": 1}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("身份证号", "证件号"), r"columns missing: 身份证号 .*; columns that contract people does not know: 证件号"),
        (("更新时间", "更新的时间"), r"更新时间 \(renamed to 更新的时间\?\)"),
        ((",操作", ""), r"columns missing: 操作: hand it in again with the header of contract people version 1.0.0"),
        (("身份证号", "姓名"), "columns named twice: 姓名"),
    ],
)
def test_a_wrong_header_is_refused_with_what_is_wrong(tmp_path: Path, change: tuple[str, str], problem: str) -> None:
    with open_village(tmp_path) as village:
        report = village.take_bytes(FULL, csv_text(row("1")).replace(*change, 1).encode())

    assert report.state == "refused"
    assert re.search(problem, report.note)


def test_columns_may_come_in_another_order(tmp_path: Path) -> None:
    header = ",".join(reversed(HEADER))
    content = header + "\n" + ",".join(row("1", 身份证号=ID).get(name, "") for name in reversed(HEADER)) + "\n"

    assert taken(tmp_path, CONTRACT, content.encode())[1] == [("1", 2, ID, None)]


LF, CRLF = "\n", "\r\n"
THREE = csv_text(row("1"), row("2"), row("3"))


@pytest.mark.parametrize(
    ("content", "lines_of_rows"),
    [
        (THREE.replace(CRLF, LF), [2, 3, 4]),
        (THREE.replace(CRLF, "\r"), [2, 3, 4]),
        (THREE.replace(CRLF, LF, 2), [2, 3, 4]),
        (THREE.rstrip(), [2, 3, 4]),
        (THREE + CRLF + CRLF, [2, 3, 4]),
        (THREE.replace("\r\n2,", "\r\n\r\n2,"), [2, 4, 5]),
        (THREE.replace("王小明", '"王, ""小"" 明"'), [2, 3, 4]),
        (THREE + '9,"王', [2, 3, 4]),
    ],
)
def test_rows_are_found_whatever_ends_the_lines(tmp_path: Path, content: str, lines_of_rows: list[int]) -> None:
    _, held = taken(tmp_path, CONTRACT, content.encode())

    assert [(key, line) for key, line, *_ in held] == list(zip("123", lines_of_rows, strict=True))
