"""The truth covers every record, and the data is as hard as it claims to be."""

import json
from collections import Counter

import numpy as np

from synthetic.decidable import combined, groups, pairs
from synthetic.district import FEEDS
from tests.synthetic.conftest import Made
from tests.synthetic.readers import read_rows

KEYS = {
    "household_register": "人员编号",
    "residence_registration": "登记编号",
    "separated_residents": "编号",
    "housing_register": "房屋编码",
    "rental_contracts": "备案号",
    "social_insurance": "个人编号",
    "business_register": "登记编号",
    "school_roll": "学籍号",
    "utilities": "户号",
    "civil_affairs": "对象编号",
    "field_visits": "采集编号",
}


def row_keys(made: Made, register: str) -> dict[str, set[str]]:
    table = made.truth(register)
    found: dict[str, set[str]] = {feed: set() for feed in FEEDS}
    for feed, key in zip(table["feed"].to_pylist(), table["record_key"].to_pylist(), strict=True):
        found[feed].add(key.split("#")[0])
    return found


def test_every_row_that_is_not_spoiled_has_a_truth(made: Made) -> None:
    told = {feed: set().union(*(row_keys(made, register)[feed] for register in ("person", "house"))) for feed in FEEDS}

    for feed in FEEDS:
        rows = [row for path in (made.folder / "feeds" / feed).iterdir() for row in read_rows(path)]
        sound = [row for row in rows if row[KEYS[feed]] and not any(isinstance(cell, float) for cell in row.values())]
        assert {str(row[KEYS[feed]]) for row in sound} <= told[feed], feed


def test_no_record_has_two_truths(made: Made) -> None:
    for register in ("person", "house", "unit"):
        table = made.truth(register)
        counted = Counter(zip(table["feed"].to_pylist(), table["record_key"].to_pylist(), strict=True))
        assert counted.most_common(1)[0][1] == 1


def test_an_address_changed_by_a_delta_keeps_a_truth_of_its_own(made: Made) -> None:
    keys = [key for key in made.truth("house")["record_key"].to_pylist() if "@" in key]

    assert all("#house@" in key for key in keys)


def test_equal_valid_ids_find_at_most_85_percent_of_true_pairs(made: Made) -> None:
    ceilings = made.district.ceilings["person"]

    assert ceilings["equal_valid_ids"] <= 0.85
    assert 0.8 < ceilings["decidable"] < 0.97
    assert json.loads((made.folder / "truth" / "district.json").read_text())["ceilings"]["person"] == ceilings


def test_house_and_unit_truth_is_nearly_all_decidable(made: Made) -> None:
    assert made.district.ceilings["house"]["decidable"] >= 0.955
    assert made.district.ceilings["unit"]["decidable"] >= 0.97


def test_records_are_connected_by_values_that_one_entity_alone_holds() -> None:
    entity = np.array([1, 1, 1, 2, 2])
    number = np.array([10, 10, -1, 20, -1])
    name = np.array([5, 5, 5, 5, 6])

    by_number = combined(number, missing=number < 0)
    by_name = combined(name, missing=name < 0)

    assert groups(entity, [by_number, by_name]).tolist() == [0, 0, 2, 3, 4]
    assert pairs(entity) == 4
    assert pairs(entity, number) == 1
