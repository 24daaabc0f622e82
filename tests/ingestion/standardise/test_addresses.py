"""One place has one key, however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.standardise.addresses import parse_address

ONE_PLACE = [
    "曹安路1285弄12号302室",
    "曹安公路1285弄12号302室",
    "上海市嘉定区江桥镇曹安公路1285弄12号302室",
    "上海市嘉定区嘉定区江桥镇曹安公路１２８５弄１２号３０２室",
    "曹安公路1285弄12号楼302室",
    "曹安公路1285弄12幢302",
    "曹安公路1285弄12#302",
    "曹安公路1285弄12-302",
    "曹安公路1285弄12号-302室",
    "曹安公路1285弄 12 302",
    "曹安公路1285弄12号3楼302室",
    "曹安公路1285弄3幢12号302室",
    "曹安公路1285弄(绿地新都)12号302室",
    "曹安公路1285弄绿地新都12号302室",
    "绿地新都小区曹安公路1285弄12号302室",
    "曹安公路1285弄12号302室（绿地新都小区）",
    "曹安公路1285弄12号12号302室302室",
    "曹安公路一千二百八十五弄十二号三〇二室",
    "曹安公路1285弄12号三〇二",
    "302室12号1285弄曹安公路",
]


@pytest.mark.parametrize("written", ONE_PLACE)
def test_the_same_flat_has_the_same_keys(written: str) -> None:
    address = parse_address(written)

    assert address.address_key == "曹安路|1285弄||12号||302室"
    assert address.building_key == "曹安路|1285弄||12号"
    assert address.precision == "room"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("曹安路1285弄12号302室", "曹安路1285弄12号303室"),
        ("曹安路1285弄12号302室", "曹安路1285弄12号"),
        ("曹安路1285弄12号302室", "曹安路1285弄1支弄12号302室"),
        ("曹安路1285弄12号302室", "曹安路1258弄12号302室"),
        ("沪宜公路1101号2幢301室", "沪宜公路1101号3幢301室"),
        ("红翔村3组45号", "红翔村5组45号"),
        ("桃园新村3幢1单元301", "桃园新村3幢2单元301"),
    ],
)
def test_different_places_have_different_keys(one: str, other: str) -> None:
    assert parse_address(one).address_key != parse_address(other).address_key


def test_half_an_address_has_no_key() -> None:
    address = parse_address("12号302室")

    assert (address.number, address.room, address.address_key, address.precision) == ("12", "302", None, "none")


@given(st.text(max_size=40))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert parse_address(text).precision in ("room", "building", "lane", "area", "none")


@given(st.integers(1, 2000), st.integers(1, 99), st.integers(1, 30), st.integers(1, 8))
def test_numbers_come_back_as_written(lane: int, number: int, floor: int, door: int) -> None:
    address = parse_address(f"嘉定区和静路{lane}弄{number}号{floor}{door:02}室")

    assert (address.lane, address.number, address.room) == (str(lane), str(number), f"{floor}{door:02}")
