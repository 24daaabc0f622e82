"""One place has one key, however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.standardise.address_comparison import compare_addresses
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
    assert compare_addresses(written, ONE_PLACE[0]).agreement == "same"


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
    assert compare_addresses(one, other).agreement != "same"


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


def _labelled(text: str) -> str:
    return " ".join(f"{text[span.start : span.end]}/{span.label}" for span in parse_address(text).spans)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        (
            "浙江省杭州市萧山区宁围镇通惠北路1285号永裕大厦3楼302室",
            "浙江省/province 杭州市/city 萧山区/district 宁围镇/town 通惠北路/road 1285号/number "
            "永裕大厦/estate 3楼/floor 302室/room",
        ),
        ("曹安公路1285弄5支弄12号302", "曹安公路/road 1285弄/lane 5支弄/sub-lane 12号/number 302/room"),
        ("將軍路1326-11-6-434", "將軍路/road 1326/number 11/building 6/entrance 434/room"),
        ("红翔村第三村民小组四十五号", "红翔村/village 第三村民小组/group 四十五号/number"),
        ("曹安路 二十五 号 三〇二室", "曹安路/road 二十五 号/number 三〇二室/room"),
        ("上海嘉定博乐路７０号", "上海/province 嘉定/district 博乐路/road ７０号/number"),
        ("宁波宁波市鄞州区福明路1861号", "宁波/repeated 宁波市/city 鄞州区/district 福明路/road 1861号/number"),
        (
            "迎宾路与临东路交叉口华元尚峰3幢",
            "迎宾路/road 与/relation 临东路/crossing road 交叉口/relation 华元尚峰/place 3幢/building",
        ),
        ("义乌市国际商贸城四区2楼", "义乌市/district 国际商贸城/place 四区/estate part 2楼/floor"),
    ],
)
def test_spans_are_places_in_the_text_as_written(text: str, spans: str) -> None:
    assert _labelled(text) == spans


@given(st.text(alphabet="上海市嘉定区江桥镇曹安路新村弄号幢单元室楼东3一二十（） -#第Ａ１", max_size=30))
def test_spans_lie_one_behind_another_inside_the_text(text: str) -> None:
    at = 0
    for span in parse_address(text).spans:
        assert at <= span.start < span.end <= len(text)
        at = span.end
