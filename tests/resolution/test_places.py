"""Which house records name one dwelling: the names of quarters are learnt, gaps are filled only without a choice."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import pytest

from ingestion.standardise.registry import STANDARDISERS
from resolution.places import place_houses
from stores.warehouse import Warehouse
from tests.resolution.tables import empty_warehouse, insert

ADDRESS = STANDARDISERS["address"]


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    with empty_warehouse() as opened:
        yield opened


def _keys(warehouse: Warehouse, addresses: Sequence[str], occupants: Mapping[int, str] = {}) -> list[str | None]:
    """The dwelling key of each address, all of them recorded together, some naming who lives there."""
    fields = [output.field for output in ADDRESS.outputs]
    for number, address in enumerate(addresses):
        parts = dict(zip(fields, ADDRESS.standardise(address), strict=True))
        key = {"record_id": number, "feed": "some_feed", "record_key": str(number), "row_key": str(number)}
        insert(warehouse, "standard.house_record", [key | parts])
    for number, name in occupants.items():
        insert(warehouse, "standard.person_record", [{"record_id": number, "name_key": name}])
        lives = {"subject_register": "person", "subject_id": number, "object_register": "house", "object_id": number}
        insert(warehouse, "standard.fact", [lives | {"kind": "hukou", "valid_from": date(2020, 1, 1)}])
    table = place_houses(warehouse)
    return [key for (key,) in warehouse.rows(f"SELECT address_key FROM {table} ORDER BY record_id")]


BOTH = ["和静路55弄绿地新都1号101室", "和静路55弄绿地新都2号101室", "和静路55弄绿地新都1号102室"]


def test_an_estate_is_read_as_the_lane_that_records_with_both_names_agree_on(warehouse: Warehouse) -> None:
    keys = _keys(warehouse, [*BOTH, "绿地新都小区7号302室", "和静路55弄7号302室"])

    assert keys[3] == keys[4] == "和静路|55弄||7号||302室"


def test_one_record_with_both_names_is_too_little(warehouse: Warehouse) -> None:
    keys = _keys(warehouse, [BOTH[0], "绿地新都7号302室", "和静路55弄7号302室"])

    assert keys[1] != keys[2]


def test_an_estate_with_two_lanes_names_neither_but_for_houses_known_in_one(warehouse: Warehouse) -> None:
    other = ["和静路57弄绿地新都31号101室", "和静路57弄绿地新都31号201室", "和静路57弄绿地新都32号201室"]

    keys = _keys(warehouse, [*BOTH, *other, "绿地新都7号302室", "绿地新都31号302室"])

    assert keys[6] == "绿地新都|||7号||302室"
    assert keys[7] == "和静路|57弄||31号||302室"


def test_a_homestead_is_read_as_its_village_group(warehouse: Warehouse) -> None:
    keys = _keys(
        warehouse, ["红翔村3组沈家宅1号", "红翔村3组沈家宅2号", "南翔镇红翔村沈家宅45号", "红翔村第三村民小组45号"]
    )

    assert keys[2] == keys[3] == "红翔村|3组||45号|"


def test_villages_of_one_name_in_two_towns_stay_apart(warehouse: Warehouse) -> None:
    towns = [f"{town}新建村3组{number}号" for town in ("外冈镇", "华亭镇") for number in (1, 2)]

    keys = _keys(warehouse, [*towns, "新建村3组1号"])

    assert len(set(keys)) == 5


TOWNS = [f"{town}新建村3组{number}号" for town in ("外冈镇", "华亭镇") for number in (1, 2)]


def test_a_village_of_two_towns_is_the_one_where_the_occupant_is_known(warehouse: Warehouse) -> None:
    keys = _keys(warehouse, [*TOWNS, "新建村3组1号"], {0: "hu xiu", 2: "wang min", 4: "wang min"})

    assert keys[4] == keys[2]


def test_an_occupant_known_at_both_places_tells_nothing(warehouse: Warehouse) -> None:
    keys = _keys(warehouse, [*TOWNS, "新建村3组1号"], {0: "wang min", 2: "wang min", 4: "wang min"})

    assert keys[4] not in keys[:4]


def test_a_house_that_only_one_of_the_places_has_is_meant(warehouse: Warehouse) -> None:
    keys = _keys(warehouse, [*TOWNS, "华亭镇新建村3组77号", "新建村3组77号", "新建村3组78号"])

    assert keys[5] == keys[4]
    assert keys[6] not in keys[:6]


def test_an_estate_of_two_lanes_is_the_one_where_the_occupant_is_known(warehouse: Warehouse) -> None:
    other = ["和静路57弄绿地新都1号101室", "和静路57弄绿地新都2号101室"]

    keys = _keys(warehouse, [*BOTH, *other, "绿地新都1号101室", "绿地新都2号101室"], {3: "wang min", 5: "wang min"})

    assert keys[5] == keys[3] == "和静路|57弄||1号||101室"
    assert keys[6] == "绿地新都|||2号||101室"


def test_a_record_without_a_room_is_none_of_the_flats_of_its_building(warehouse: Warehouse) -> None:
    keys = _keys(warehouse, ["和静路55弄1号101室", "和静路55弄1号102室", "和静路55弄1号"])

    assert keys[2] is None


def test_a_house_without_rooms_is_one_dwelling_however_it_is_written(warehouse: Warehouse) -> None:
    keys = _keys(warehouse, ["嘉定区和静路55号", "和静路55号", "和静路55号底层商铺"])

    assert set(keys) == {"和静路|||55号|"}


def test_a_gate_number_with_several_buildings_names_none_of_them(warehouse: Warehouse) -> None:
    keys = _keys(warehouse, ["沪宜公路1101号1幢", "沪宜公路1101号2幢", "沪宜公路1101号"])

    assert keys[2] is None
    assert keys[0] != keys[1]


def test_the_only_house_of_a_lane_is_meant_where_its_number_is_left_out(warehouse: Warehouse) -> None:
    known = [f"和静路55弄1号{room}室" for room in (101, 102, 201)]

    assert _keys(warehouse, [*known, "和静路55弄101室"])[3] == "和静路|55弄||1号||101室"


def test_a_lane_with_several_houses_leaves_a_missing_number_open(warehouse: Warehouse) -> None:
    known = [f"和静路55弄{number}号101室" for number in (1, 1, 2)]

    assert _keys(warehouse, [*known, "和静路55弄101室"])[3] is None


def test_half_an_address_names_no_dwelling(warehouse: Warehouse) -> None:
    assert _keys(warehouse, ["12号302室", "江桥镇", "不详"]) == [None, None, None]


def test_a_room_of_a_tower_needs_no_house_number(warehouse: Warehouse) -> None:
    keys = _keys(warehouse, ["汇金大厦852室", "汇金大厦852", "汇金大厦853室"])

    assert keys[0] == keys[1] != keys[2]
