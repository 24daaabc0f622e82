from collections.abc import Iterator
from typing import Any

import pytest

from resolution.golden import build_register
from resolution.renewal import number_entities
from schemas.files import DeclarationTree
from schemas.readers.golden import read_golden
from schemas.readers.registers import read_registers
from stores.warehouse import Warehouse
from tests.resolution.tables import belong, empty_warehouse, insert

TREE = DeclarationTree()


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    with empty_warehouse() as warehouse:
        yield warehouse


def records(warehouse: Warehouse, register: str, rows: list[dict[str, Any]]) -> None:
    """Adds records 1, 2, … with the entity of each."""
    for number, row in enumerate(rows, start=1):
        belong(warehouse, register, number, row["entity"], probability=row.get("probability"))
        fields = {name: value for name, value in row.items() if name not in ("entity", "probability")}
        record = {"recorded_on": "2026-01-01", "record_key": str(number), **fields, "record_id": number}
        insert(warehouse, f"standard.{register}_record", [record])


def golden(warehouse: Warehouse, register: str, columns: str) -> list[tuple[Any, ...]]:
    number_entities(warehouse, is_full=True)
    build_register(warehouse, read_registers(TREE)[register], read_golden(TREE)[register], is_full=True)
    return warehouse.rows(f"SELECT {columns} FROM resolved.{register} ORDER BY entity_id")


def test_the_name_that_most_feeds_carry_wins_and_brings_its_derived_fields(warehouse: Warehouse) -> None:
    records(
        warehouse,
        "person",
        [
            {"entity": "P1", "feed": "household_register", "name": "黎明", "surname_key": "li", "given_key": "ming1"},
            {"entity": "P1", "feed": "school_roll", "name": "李明", "surname_key": "li", "given_key": "ming2"},
            {"entity": "P1", "feed": "utilities", "name": "李明", "surname_key": "li", "given_key": "ming2"},
        ],
    )
    assert golden(warehouse, "person", "entity_id, name, given_key, name_source, n_records, n_feeds") == [
        ("P1", "李明", "ming2", 2, 3, 3)
    ]


def test_repeats_in_one_feed_do_not_outvote_two_feeds(warehouse: Warehouse) -> None:
    repeated = [{"entity": "P1", "feed": "field_visits", "name": "王小"} for _ in range(3)]
    others = [{"entity": "P1", "feed": feed, "name": "王晓"} for feed in ("utilities", "school_roll")]
    records(warehouse, "person", repeated + others)
    assert golden(warehouse, "person", "name") == [("王晓",)]


def test_a_checked_id_wins_and_a_default_value_never_does(warehouse: Warehouse) -> None:
    records(
        warehouse,
        "person",
        [
            {"entity": "P1", "feed": "utilities", "id_number": "31011419900101123X", "id_valid": False},
            {"entity": "P1", "feed": "school_roll", "id_number": "31011419900101123X", "id_valid": False},
            {"entity": "P1", "feed": "field_visits", "id_number": "310114199001011238", "id_valid": True},
            {"entity": "P2", "feed": "field_visits", "id_number": "111111111111111111", "id_valid": False},
        ],
    )
    assert golden(warehouse, "person", "entity_id, id_number, id_valid") == [
        ("P1", "310114199001011238", True),
        ("P2", None, None),
    ]


def test_a_birth_date_that_no_record_carries_comes_out_of_a_checked_id_only(warehouse: Warehouse) -> None:
    born = {"id_birth_date": "1990-01-01", "id_number": "x"}
    records(
        warehouse,
        "person",
        [
            {"entity": "P1", "feed": "social_insurance", "id_valid": True, **born},
            {"entity": "P2", "feed": "social_insurance", "id_valid": False, **born},
            {"entity": "P3", "feed": "school_roll", "id_valid": True, "birth_date": "2010-05-05", **born},
        ],
    )
    found = golden(warehouse, "person", "entity_id, CAST(birth_date AS VARCHAR), birth_date_source")
    assert found == [("P1", "1990-01-01", 1), ("P2", None, None), ("P3", "2010-05-05", 3)]


def test_the_newest_phone_of_a_record_in_force_wins(warehouse: Warehouse) -> None:
    records(
        warehouse,
        "person",
        [
            {"entity": "P1", "feed": "utilities", "phone": "1", "recorded_on": "2020-01-01"},
            {"entity": "P1", "feed": "utilities", "phone": "2", "recorded_on": "2024-01-01"},
            {"entity": "P1", "feed": "utilities", "phone": "3", "recorded_on": "2026-01-01", "ended_on": "2026-02-01"},
        ],
    )
    assert golden(warehouse, "person", "phone, recorded_from::VARCHAR") == [("2", "2020-01-01")]


def test_a_house_is_in_the_register_by_a_record_in_force_of_its_authority(warehouse: Warehouse) -> None:
    records(
        warehouse,
        "house",
        [
            {"entity": "H1", "feed": "housing_register", "address": "a"},
            {"entity": "H2", "feed": "housing_register", "address": "b", "ended_on": "2026-03-01"},
            {"entity": "H3", "feed": "utilities", "address": "c"},
        ],
    )
    assert golden(warehouse, "house", "in_register") == [(True,), (False,), (False,)]


def test_a_missing_committee_is_that_of_the_building_then_of_the_lane(warehouse: Warehouse) -> None:
    lane = {"feed": "utilities", "address": "曹安路1285弄", "road": "曹安路", "lane": "1285"}
    records(
        warehouse,
        "house",
        [
            {"entity": "H1", **lane, "building_key": "x", "community_code": "A"},
            {"entity": "H2", **lane, "building_key": "y", "community_code": "B"},
            {"entity": "H3", **lane, "building_key": "y", "community_code": "B"},
            {"entity": "H4", **lane, "building_key": "x"},
            {"entity": "H5", **lane, "building_key": "z"},
            {"entity": "H6", "feed": "utilities"},
        ],
    )
    assert golden(warehouse, "house", "community_code, community_code_source") == [
        ("A", 1),
        ("B", 2),
        ("B", 3),
        ("A", None),
        ("B", None),
        (None, None),
    ]


def test_confidence_is_that_of_the_record_which_belongs_least_surely(warehouse: Warehouse) -> None:
    linked = [{"entity": "P1", "feed": "utilities", "probability": sure} for sure in (0.99, 0.98, 1.0)]
    records(warehouse, "person", [*linked, {"entity": "P2", "feed": "utilities"}])
    assert golden(warehouse, "person", "entity_id, confidence") == [("P1", 0.98), ("P2", 1.0)]
