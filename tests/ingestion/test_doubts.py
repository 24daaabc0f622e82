"""Rows that are held although something about them is doubtful: each doubt has a line, a rule and a reason."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.readers.contracts import FieldMapping
from tests.ingestion.village import CONTRACT, DELTA, FULL, Village, column, counted, open_village, row

LATER = "2026-07-01 08:00:00"
WANG, LI = "110101199003070310", "32010219771105123X"
PERSON, HOUSE = CONTRACT.records
DATED = replace(
    CONTRACT,
    columns=tuple(
        replace(each, is_date=True) if each.name in ("登记日期", "到期日期") else each
        for each in (*CONTRACT.columns, column("出生日期", is_date=True), column("到期日期"), column("电话"))
    ),
    records=(
        replace(
            PERSON,
            fields=(
                *PERSON.fields,
                FieldMapping("birth_date", ("出生日期",), "date"),
                FieldMapping("phone", ("电话",), "phone"),
            ),
        ),
        HOUSE,
    ),
    facts=(replace(CONTRACT.facts[0], valid_to="到期日期"), *CONTRACT.facts[1:]),
)
NEW_COLUMNS = ("出生日期", "到期日期", "电话")


@pytest.fixture
def dated(tmp_path: Path) -> Iterator[Village]:
    with open_village(tmp_path, DATED) as opened:
        yield opened


def doubts(village: Village) -> list[tuple[object, ...]]:
    """(rule, line, column) of every issue but those of single standardisers."""
    return village.rows(
        "SELECT rule, line, column_name FROM quarantine.issue WHERE rule <> 'not_standardised' ORDER BY ALL"
    )


DATES: list[tuple[dict[str, str], tuple[str, str] | None]] = [
    ({"出生日期": "20260230"}, ("impossible_date", "出生日期")),
    ({"登记日期": "2026-13-01"}, ("impossible_date", "登记日期")),
    ({"登记日期": "0000-00-00"}, ("impossible_date", "登记日期")),
    ({"出生日期": "20620101"}, ("date_in_future", "出生日期")),
    ({"登记日期": "2026-07-03"}, ("date_in_future", "登记日期")),
    ({"登记日期": "2026-07-02"}, None),
    ({"到期日期": "2036-07-02"}, None),
    ({"到期日期": "9999-12-31"}, None),
    ({"出生日期": "１９９０年3月７日"}, None),
    ({"出生日期": "不详", "登记日期": "无"}, None),
]


def test_impossible_and_future_dates_are_told_and_the_rows_are_held(dated: Village) -> None:
    report = dated.take(FULL, *[row(str(n), **values) for n, (values, _) in enumerate(DATES)], columns=NEW_COLUMNS)

    assert counted(report) == {"new": len(DATES)}
    assert dict(report.issues) == {"impossible_date": 3, "date_in_future": 2}
    wanted = [(told[0], line, told[1]) for line, (_, told) in enumerate(DATES, start=2) if told is not None]
    assert doubts(dated) == sorted(wanted)


def test_a_doubtful_date_is_told_with_what_it_is_and_against_which_delivery(dated: Village) -> None:
    dated.take(FULL, row("1", 出生日期="20620101", 登记日期="32日"), columns=NEW_COLUMNS)

    assert dated.rows("SELECT reason FROM quarantine.issue WHERE rule LIKE '%date%' ORDER BY ALL") == [
        ("出生日期 20620101 lies after the delivery of 2026-06-30",),
        ("登记日期 32日 is no day of the calendar",),
    ]


def test_how_far_a_date_may_lie_ahead_is_the_contract_s_to_say(tmp_path: Path) -> None:
    with open_village(tmp_path, replace(DATED, future_days=30)) as village:
        village.take(FULL, row("1", 登记日期="2026-07-20"), columns=NEW_COLUMNS)
        assert doubts(village) == []


SIGNS = ["\x01", "\x1b", "\x1f", "\x7f", "\u200b", "\u202e", "\ufeff"]


def test_control_characters_stay_in_the_raw_value_and_are_told_and_left_out_in_the_standard_one(
    village: Village,
) -> None:
    report = village.take(FULL, *[row(str(n), f"王{sign}小明") for n, sign in enumerate(SIGNS)])

    assert dict(report.issues) == {"control_character": 7}
    assert doubts(village) == [("control_character", line, "姓名") for line in range(2, 9)]
    assert village.rows('SELECT "姓名" FROM raw.people ORDER BY line') == [(f"王{sign}小明",) for sign in SIGNS]
    assert village.rows("SELECT DISTINCT name FROM standard.person_record") == [("王小明",)]


def test_tabs_and_line_ends_are_no_control_characters(village: Village) -> None:
    assert not village.take(FULL, row("1", 住址="曹安路\r\n1285弄\t12号302室")).issues


def test_a_control_character_cannot_shift_what_several_columns_say(tmp_path: Path) -> None:
    joined = replace(HOUSE, fields=(FieldMapping("address", ("住址", "性别"), "address"),))
    contract = replace(CONTRACT, records=(PERSON, joined), facts=())
    with open_village(tmp_path, contract) as village:
        village.take(FULL, row("1", 住址="曹安路1285弄\x1f12号302室"))
        village.take(DELTA, row("2", 住址="曹安路1285弄12号302室", at=LATER))
        [(with_sign,), (without,)] = village.rows("SELECT address FROM standard.house_record ORDER BY record_key")
        assert with_sign == without


def test_a_key_that_stands_for_another_person_is_told_and_the_two_stay_apart(village: Village) -> None:
    village.take(FULL, row("1", "王小明", 身份证号=WANG, 登记日期="2026-06-01"))
    report = village.take(DELTA, row("1", "李黎", LATER, 身份证号=LI, 登记日期="2026-07-01", 操作="变更"))

    assert (counted(report), dict(report.issues)) == ({"changed": 1}, {"key_reused": 1})
    assert doubts(village) == [("key_reused", 2, "编号")]
    assert village.rows("SELECT record_key, name, id_number FROM standard.person_record ORDER BY ALL") == [
        ("1", "李黎", LI),
        ("1@2026-06-01 10:00:00", "王小明", WANG),
    ]
    assert village.rows(
        "SELECT p.name, valid_from::VARCHAR FROM standard.fact f JOIN standard.person_record p "
        "ON p.record_id = f.subject_id WHERE kind = 'field_visit' ORDER BY ALL"
    ) == [("李黎", "2026-07-01"), ("王小明", "2026-06-01")]


@pytest.mark.parametrize(
    ("name", "number"), [("李黎", WANG), ("王小明", LI), ("王晓明", LI), ("李黎", ""), ("李黎", "310114198001011234")]
)
def test_a_new_name_or_a_corrected_number_is_still_the_same_person(village: Village, name: str, number: str) -> None:
    village.take(FULL, row("1", "王小明", 身份证号=WANG))
    report = village.take(DELTA, row("1", name, LATER, 身份证号=number))

    assert not report.issues
    assert village.rows("SELECT record_key, name FROM standard.person_record") == [("1", name)]


def test_a_key_reused_is_found_whatever_came_between_and_in_whatever_order_it_came(village: Village) -> None:
    village.take("people_delta_20260702_0001.csv", row("1", "李黎", "2026-07-02", 身份证号=LI))
    village.take(DELTA, row("1", "王小明", LATER))
    village.take("people_delta_20260701_0002.csv", row("1", "王小明", "2026-06-01", 身份证号=WANG))

    assert village.rows("SELECT delivery_id, rule FROM quarantine.issue WHERE rule = 'key_reused'") == [
        (1, "key_reused")
    ]
    assert village.rows("SELECT name, id_number, version FROM standard.person_record ORDER BY ALL") == [
        ("李黎", LI, "2026-07-02 00:00:00"),
        ("王小明", None, "2026-07-01 08:00:00"),
    ]


def test_an_id_number_of_somebody_else_is_told_in_both_rows_and_merges_nobody(village: Village) -> None:
    report = village.take(
        FULL, row("1", "王小明", 身份证号=WANG), row("2", "李黎", 身份证号=WANG), row("3", 身份证号=LI)
    )

    assert dict(report.issues) == {"id_shared": 2}
    assert doubts(village) == [("id_shared", 2, "身份证号"), ("id_shared", 3, "身份证号")]
    assert village.rows("SELECT count(*) FROM standard.person_record") == [(3,)]


def test_an_id_number_that_is_corrected_is_no_longer_told(village: Village) -> None:
    village.take(FULL, row("1", "王小明", 身份证号=WANG), row("2", "李黎", 身份证号=WANG))
    village.take(DELTA, row("2", "李黎", LATER, 身份证号=LI))

    assert doubts(village) == []


DEFAULTS = {
    "姓名": ["无", "不详", "测试", "某某", "-"],
    "身份证号": ["无", "111111111111111111", "123456789012345678", "000000199001010011", "*"],
    "出生日期": ["1900-01-01", "19000101", "1899-12-30", "9999-12-31", "无"],
    "电话": ["11111111111", "13800138000", "12345678", "13812345678", "88888888"],
    "住址": ["无", "不详", "同上", "*", "测试"],
}


def test_default_values_are_nothing_that_could_agree_or_block(dated: Village) -> None:
    columns = list(DEFAULTS)
    rows = [
        row(f"{column}{n}", **{"身份证号": WANG, column: value})
        for column in columns
        for n, value in enumerate(DEFAULTS[column])
    ]
    dated.take(FULL, *rows, columns=NEW_COLUMNS)

    for filled, field in (("姓名", "name"), ("身份证号", "id_number"), ("出生日期", "birth_date"), ("电话", "phone")):
        read = dated.rows(f"SELECT {field} FROM standard.person_record WHERE starts_with(row_key, '{filled}')")
        assert read == [(None,)] * 5
    assert dated.rows("SELECT address FROM standard.house_record WHERE starts_with(row_key, '住址')") == []
    assert dated.rows("SELECT count(*) FROM raw.people") == [(25,)]
