"""What the eleven contracts promise holds on rows: their SQL runs, and nothing protected is kept."""

import re
from collections.abc import Mapping

import duckdb
import pytest

from schemas.checks.protected import protected_attribute
from schemas.files import DeclarationTree
from schemas.readers.contracts import ColumnUse, FeedContract, read_contracts

CONTRACTS = read_contracts(DeclarationTree())
USUAL = {"更新时间": "2026-06-30 08:00:00", "操作": ""}


def _evaluate(contract: FeedContract, row: Mapping[str, str | None], expression: str) -> object:
    with duckdb.connect() as connection:
        columns = ", ".join(f'"{column.name}" VARCHAR' for column in contract.columns)
        connection.execute(f"CREATE TABLE delivered ({columns})")
        places = ", ".join("?" for _ in contract.columns)
        values = [(USUAL | dict(row)).get(column.name) for column in contract.columns]
        connection.execute(f"INSERT INTO delivered VALUES ({places})", values)
        found: object = connection.execute(f"SELECT {expression} FROM delivered").fetchall()[0][0]
        return found


def _derived(feed: str, name: str, **row: str | None) -> object:
    contract = CONTRACTS[feed]
    return _evaluate(contract, row, next(each.expression for each in contract.derived if each.name == name))


def _holds(feed: str, rule: str, **row: str | None) -> object:
    contract = CONTRACTS[feed]
    return _evaluate(contract, row, next(each.predicate for each in contract.quality if each.id == rule))


@pytest.mark.parametrize("feed", CONTRACTS)
def test_protected_columns_are_dropped_and_no_others(feed: str) -> None:
    contract = CONTRACTS[feed]
    assert set(contract.dropped) == {each.name for each in contract.columns if protected_attribute(each.name)}


def test_five_feeds_carry_a_protected_column() -> None:
    assert {feed: each.dropped for feed, each in CONTRACTS.items() if each.dropped} == {
        "household_register": ("民族",),
        "residence_registration": ("婚育情况",),
        "school_roll": ("健康状况",),
        "business_register": ("政治面貌",),
        "civil_affairs": ("残疾情况",),
    }


@pytest.mark.parametrize("feed", CONTRACTS)
@pytest.mark.parametrize("text", [None, "", "x", "'", "20260630"])
def test_every_rule_is_true_or_false_on_any_row(feed: str, text: str | None) -> None:
    contract = CONTRACTS[feed]
    row = {column.name: text for column in contract.columns}
    for rule in contract.quality:
        assert _evaluate(contract, row, rule.predicate) in (True, False), rule.id


@pytest.mark.parametrize("feed", CONTRACTS)
def test_every_feed_has_a_version_and_says_what_a_delta_does(feed: str) -> None:
    contract = CONTRACTS[feed]
    assert (contract.version_column, contract.operation_column) == ("更新时间", "操作")
    assert dict(contract.operations) == {"新增": "insert", "变更": "update", "删除": "delete"}
    assert next(each for each in contract.columns if each.name in contract.key).use is ColumnUse.KEPT


@pytest.mark.parametrize(
    ("last", "before", "first", "expected"),
    [
        ("120", "95.5", "80", "yes"),
        ("30", "30", "30", "yes"),
        ("4.2", "3.9", "5", "no"),
        ("90", "", None, "yes"),
        ("", "", "", None),
        ("n/a", None, "12", "no"),
    ],
)
def test_dwelling_is_in_use_from_thirty_kilowatt_hours_a_month(
    last: str, before: str | None, first: str | None, expected: str | None
) -> None:
    assert _derived("utilities", "在用", 上月用电量=last, 前二月用电量=before, 前三月用电量=first) == expected


@pytest.mark.parametrize(
    ("month", "start", "end"),
    [
        ("202607", "2026-07-01", "2026-08-01"),
        ("202612", "2026-12-01", "2027-01-01"),
        ("202613", None, None),
        ("", None, None),
    ],
)
def test_insured_months_become_half_open_dates(month: str, start: str | None, end: str | None) -> None:
    assert _derived("social_insurance", "参保起始日", 参保起始月=month) == start
    assert _derived("social_insurance", "参保截止日", 参保终止月=month) == end


@pytest.mark.parametrize(
    ("owner", "number", "person"),
    [
        ("王小明", "310114198001011234", True),
        ("王小明", "51010419800101123X", True),
        ("王小明", "120104198001011234", True),
        ("买买提·艾力", "", True),
        ("欧阳厂", "310114800101123", False),
        ("上海嘉定工业开发有限公司", "91310114MA1GT00000", False),
        ("徐行镇伏虎村村民委员会", "", False),
        ("安亭中学", "12310114425000000A", False),
        ("JOHN SMITH", "", True),
        ("院长春", "", True),
    ],
)
def test_owner_is_a_person_or_an_organisation(owner: str, number: str, person: bool) -> None:
    row = {"权利人": owner, "权利人证件号": number}
    assert (_derived("housing_register", "权利人姓名", **row) == owner) is person
    assert (_derived("housing_register", "权利单位名称", **row) == owner) is not person
    assert (_derived("housing_register", "权利单位代码", **row) == number) is not person


@pytest.mark.parametrize("feed", ["separated_residents", "school_roll"])
def test_id_number_that_a_spreadsheet_made_a_number_is_kept_out(feed: str) -> None:
    column = {"separated_residents": "身份证号", "school_roll": "身份证件号"}[feed]
    broken = [_holds(feed, "id_number_is_text", **{column: text}) for text in ("3.10114E+17", "310114198001011000.0")]
    assert broken == [False, False]
    assert _holds(feed, "id_number_is_text", **{column: "31011419800101123X"}) is True


@pytest.mark.parametrize("feed", CONTRACTS)
def test_file_name_tells_mode_date_and_sequence(feed: str) -> None:
    contract = CONTRACTS[feed]
    name = f"{feed}_delta_20260701_0002.{contract.delivery.format.value}"
    found = re.fullmatch(contract.delivery.file_pattern, name)
    assert found is not None
    assert found.groupdict() == {"mode": "delta", "date": "20260701", "sequence": "0002"}
