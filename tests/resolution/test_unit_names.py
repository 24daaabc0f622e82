"""Which unit a record means: its own code, or a name that leaves no choice."""

from collections.abc import Iterator

import pytest

from ingestion.standardise.registry import STANDARDISERS
from resolution.unit_names import name_units
from stores.warehouse import Warehouse
from tests.resolution.tables import empty_warehouse, insert

NAME = STANDARDISERS["organisation_name"]
HEAD, BRANCH, SHOP, TWIN = "head", "branch", "shop", "twin"


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    with empty_warehouse() as opened:
        yield opened


def _record(warehouse: Warehouse, name: str, code: str | None = None, *, row: str | None = None) -> int:
    """Adds a record, of the register of units where a row is given, and returns its number."""
    ((number,),) = warehouse.rows("SELECT count(*) FROM standard.unit_record")
    parts = dict(zip([output.field for output in NAME.outputs], NAME.standardise(name), strict=True))
    key = {
        "record_id": number,
        "feed": "business_register" if row else "social_insurance",
        "record_key": row or f"{number}#employer",
        "row_key": row or str(number),
        "uscc": code,
        "uscc_valid": None if code is None else True,
    }
    insert(warehouse, "standard.unit_record", [key | parts])
    return int(number)


def _units(warehouse: Warehouse) -> list[str | None]:
    table = name_units(warehouse)
    return [unit for (unit,) in warehouse.rows(f"SELECT unit_key FROM {table} ORDER BY record_id")]


def test_one_code_is_one_unit_by_whatever_name(warehouse: Warehouse) -> None:
    _record(warehouse, "上海诚宇机械制造有限公司", HEAD, row="GS1")
    _record(warehouse, "诚宇机械", HEAD)

    assert _units(warehouse) == [HEAD, HEAD]


def test_a_branch_under_its_head_offices_code_is_the_branch(warehouse: Warehouse) -> None:
    _record(warehouse, "上海诚宇机械制造有限公司", HEAD, row="GS1")
    _record(warehouse, "上海诚宇机械制造有限公司嘉定分公司", BRANCH, row="GS2")
    _record(warehouse, "上海诚宇机械制造有限公司嘉定分公司", HEAD)
    _record(warehouse, "诚宇机械制造分公司", HEAD)

    assert _units(warehouse) == [HEAD, BRANCH, BRANCH, BRANCH]


def test_a_short_name_means_the_only_unit_that_can_bear_it(warehouse: Warehouse) -> None:
    _record(warehouse, "上海诚宇机械制造有限公司", HEAD, row="GS1")
    _record(warehouse, "诚宇机械制造")
    _record(warehouse, "诚宇")

    assert _units(warehouse) == [HEAD, HEAD, HEAD]


def test_a_name_that_two_units_bear_means_neither(warehouse: Warehouse) -> None:
    _record(warehouse, "嘉定区安亭镇李记小吃店", SHOP, row="GS1")
    _record(warehouse, "嘉定区南翔镇李记小吃店", TWIN, row="GS2")
    _record(warehouse, "李记小吃店")
    _record(warehouse, "嘉定区南翔镇李记小吃店")

    assert _units(warehouse) == [SHOP, TWIN, None, TWIN]


def test_the_premises_settle_which_of_two_shops_was_seen(warehouse: Warehouse) -> None:
    shop = _record(warehouse, "嘉定区安亭镇李记小吃店", SHOP, row="GS1")
    _record(warehouse, "嘉定区南翔镇李记小吃店", TWIN, row="GS2")
    seen = _record(warehouse, "李记小吃店")
    for unit, house, kind in ((shop, 10, "licence"), (seen, 11, "unit_seen")):
        fact = {"kind": kind, "subject_register": "unit", "subject_id": unit, "object_register": "house"}
        insert(warehouse, "standard.fact", [fact | {"object_id": house}])
        insert(warehouse, "resolved.member", [{"register": "house", "record_id": house, "entity_id": "H1"}])

    assert _units(warehouse)[2] == SHOP


def test_a_register_row_without_a_code_takes_the_one_that_others_give_its_name(warehouse: Warehouse) -> None:
    _record(warehouse, "上海诚宇机械制造有限公司", HEAD, row="GS1")
    _record(warehouse, "上海德赛贸易有限公司", row="GS2")
    _record(warehouse, "德赛贸易", TWIN)

    assert _units(warehouse)[1:] == [TWIN, TWIN]


def test_two_register_rows_of_one_name_stay_two(warehouse: Warehouse) -> None:
    _record(warehouse, "上海诚宇机械制造有限公司", HEAD, row="GS1")
    _record(warehouse, "嘉定区安亭镇李记小吃店", row="GS2")
    _record(warehouse, "嘉定区安亭镇李记小吃店", row="GS3")

    units = _units(warehouse)

    assert len(set(units)) == 3


def test_schools_are_known_by_their_name(warehouse: Warehouse) -> None:
    _record(warehouse, "上海市嘉定区第一中学")
    _record(warehouse, "嘉定一中")
    _record(warehouse, "嘉定区实验小学")

    first, second, third = _units(warehouse)

    assert first == second != third


def test_names_in_other_scripts_are_left_to_comparison(warehouse: Warehouse) -> None:
    _record(warehouse, "Acme Trading Co., Ltd.")
    _record(warehouse, "Acme Trading")

    assert _units(warehouse) == [None, None]
