import json

import pytest

from tests.ingestion.village import CONTRACT, DELTA, FULL, Village, counted, csv_text, row

ID = "310114198001011234"


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        (row(" "), "key_missing"),
        (row("2", at=""), "version_missing"),
        (row("2", at="yesterday"), "version_unreadable"),
        (row("2", at="2062-06-01"), "version_in_future"),
        (row("2", 操作="合并"), "operation_unknown"),
        (row("2", name=""), "required_missing"),
        (row("2", name="王" * 21), "name_is_short"),
        (row("2", 身份证号="3.10114E+17"), "id_as_number"),
        (row("2", 身份证号="310114198001011.0"), "id_as_number"),
        (row("1", "李黎"), "key_repeated"),
    ],
)
def test_a_row_that_breaks_a_rule_is_kept_apart_with_its_line(village: Village, bad: dict[str, str], rule: str) -> None:
    report = village.take(FULL, row("1"), bad)

    assert (counted(report), dict(report.quarantine)) == ({"new": 1, "quarantined": 1}, {rule: 1})
    assert village.rows("SELECT feed, line, rule FROM quarantine.quarantined_row") == [("people", 3, rule)]


def test_a_quarantined_row_says_why_and_what_it_held(village: Village) -> None:
    village.take(FULL, row("2", name="", 月用电量="88"))
    [(reason, content)] = village.rows("SELECT reason, content FROM quarantine.quarantined_row")

    assert reason == "no value in 姓名"
    assert json.loads(content)["住址"] == "曹安路1285弄12号302室"
    assert not {"民族", "月用电量"} & set(json.loads(content))


def test_a_version_sent_again_with_other_content_is_quarantined(village: Village) -> None:
    village.take(FULL, row("1"))
    report = village.take(DELTA, row("1", "李黎"))

    assert dict(report.quarantine) == {"version_reused": 1}
    assert [name for _, _, name, _ in village.held()] == ["王小明"]


def test_a_torn_line_is_quarantined_by_its_number_without_its_content(village: Village) -> None:
    lines = csv_text(row("1"), row("2")).splitlines()
    text = "\r\n".join([*lines[:2], "3,李黎,汉族", "", lines[2]])
    report = village.take_bytes(FULL, text.encode())

    assert (report.rows, counted(report)) == (3, {"new": 2, "quarantined": 1})
    assert village.rows("SELECT line, rule, content FROM quarantine.quarantined_row") == [(3, "torn_line", None)]
    assert village.rows("SELECT row_key, line FROM raw.people ORDER BY ALL") == [("1", 2), ("2", 5)]


def test_lines_are_counted_through_values_with_line_breaks(village: Village) -> None:
    village.take(FULL, row("1", 住址="曹安路\n1285弄"), row("2"))

    assert village.rows("SELECT row_key, line FROM raw.people ORDER BY ALL") == [("1", 2), ("2", 4)]


def test_an_unknown_code_is_an_issue_and_never_a_default(village: Village) -> None:
    report = village.take(FULL, row("1", 性别="未知"))

    assert (counted(report), dict(report.issues)) == ({"new": 1}, {"unknown_code": 1})
    assert village.rows('SELECT "性别" FROM raw.people') == [("未知",)]
    assert village.rows("SELECT sex FROM standard.person_record") == [(None,)]


def test_a_doubtful_row_comes_in_with_an_issue(village: Village) -> None:
    report = village.take(FULL, row("1", 住址=""))

    assert (counted(report), dict(report.issues)) == ({"new": 1}, {"has_an_address": 1})


def test_a_value_that_cannot_be_read_is_an_issue_and_stays_as_delivered(village: Village) -> None:
    village.take(FULL, row("1", 身份证号="不详"))

    issues = village.rows("SELECT column_name, line FROM quarantine.issue WHERE rule = 'not_standardised'")
    assert issues == [("身份证号", 2)]
    assert village.rows('SELECT "身份证号" FROM raw.people') == [("不详",)]


def test_a_column_that_the_contract_does_not_know_is_an_issue_and_is_not_kept(village: Village) -> None:
    text = "宗教," + csv_text(row("1")).replace("\r\n1,", "\r\n佛教,1,")
    report = village.take_bytes(FULL, text.encode())

    assert (counted(report), dict(report.issues)) == ({"new": 1}, {"unknown_column": 1})
    assert village.rows("SELECT column_name FROM quarantine.issue") == [("宗教",)]


def test_a_deletion_needs_no_more_than_key_and_version(village: Village) -> None:
    village.take(FULL, row("1"))
    report = village.take(DELTA, {"编号": "1", "更新时间": "2026-07-01", "操作": "删除"})

    assert not report.quarantine
    assert CONTRACT.columns[1].required
