"""How an address is written: proper, as spoken, shortened, or in an older hand."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from synthetic.district_map import DistrictMap
from synthetic.houses import Houses, Kind
from synthetic.text import Flags, Ints, Text, join, number, take, where, words

ARABIC, FULL_WIDTH, CHINESE = 0, 1, 2
_CHINESE_DIGITS = "〇一二三四五六七八九"
_TOP = 6000
PREFIXES = words(["", "嘉定区", "上海市嘉定区", "上海嘉定"])
HOUSE_WORDS = words(["号", "幢", "号楼"])
BUILDING_WORDS = words(["幢", "栋", "号楼"])


@dataclass(frozen=True)
class Manner:
    """How each row's address is written; all columns have the length of `house`."""

    house: Ints
    numerals: Ints
    prefix: Ints
    town: Flags
    estate_for_lane: Flags
    estate_beside_lane: Flags
    without_room: Flags
    without_number: Flags
    dash: Flags
    house_word: Ints
    traditional: Flags


@cache
def _numerals() -> tuple[Text, Text]:
    """Digits one by one (三〇二) and counted (十二): Arabic, full-width, Chinese, one after the other."""
    arabic = [str(value) for value in range(_TOP)]
    wide = [text.translate({48 + digit: 0xFF10 + digit for digit in range(10)}) for text in arabic]
    spoken = ["".join(_CHINESE_DIGITS[int(digit)] for digit in text) for text in arabic]
    counted = [_counted(value) if 0 < value < 100 else spoken[value] for value in range(_TOP)]
    return words(arabic + wide + spoken), words(arabic + wide + counted)


def _counted(value: int) -> str:
    tens, ones = divmod(value, 10)
    text = ("" if tens <= 1 else _CHINESE_DIGITS[tens]) + ("十" if tens else "")
    return text + (_CHINESE_DIGITS[ones] if ones else "")


def write_addresses(map_: DistrictMap, houses: Houses, manner: Manner) -> Text:
    """One address per row of the manner."""
    house = manner.house
    kind = houses.kind[house]
    quarter = _quarter(map_, houses, manner)
    text = join(_area(map_, houses, manner), quarter, _door(houses, manner))
    outside = kind == Kind.OUTSIDE
    if outside.any():
        text = where(outside, join(_outside_road(map_, houses, house), _door(houses, manner)), text)
    return text


def _numeral(values: Ints, numerals: Ints, *, counted: bool = False) -> Text:
    return take(_numerals()[int(counted)], np.minimum(values, _TOP - 1) + numerals * _TOP)


def _some(values: Ints, numerals: Ints, unit: Text | str, *, counted: bool = False) -> Text:
    """The number with its unit, empty where the number is 0."""
    return where(values > 0, join(_numeral(values, numerals, counted=counted), unit), "")


def _named(vocabulary: Text, index: Ints, traditional: Flags) -> Text:
    half = len(vocabulary) // 2
    return take(vocabulary, np.where(index < 0, -1, index + traditional * half))


def _area(map_: DistrictMap, houses: Houses, manner: Manner) -> Text:
    committee = houses.committee[manner.house]
    town = np.where(manner.town & (committee >= 0), map_.places.town_of[committee], -1)
    village = np.where(houses.kind[manner.house] == Kind.VILLAGE, committee, -1)
    return join(
        take(PREFIXES, manner.prefix),
        _named(map_.towns, town, manner.traditional),
        _named(map_.villages, village, manner.traditional),
    )


def _quarter(map_: DistrictMap, houses: Houses, manner: Manner) -> Text:
    house, numerals = manner.house, manner.numerals
    road = np.where(houses.kind[house] == Kind.OUTSIDE, -1, houses.road[house])
    lane = join(
        _named(map_.roads, road, manner.traditional),
        _some(houses.lane[house], numerals, "弄"),
        _some(houses.sub_lane[house], numerals, "支弄"),
    )
    estate = _named(map_.estates, houses.estate[house], manner.traditional)
    lane = where(manner.estate_for_lane, join(estate, _some(houses.sub_lane[house], numerals, "支弄")), lane)
    lane = where(manner.estate_beside_lane & ~manner.estate_for_lane, join(lane, estate), lane)
    return join(
        lane,
        _some(houses.group[house], numerals, "组", counted=True),
        _named(map_.hamlets, houses.hamlet[house], manner.traditional),
    )


def _door(houses: Houses, manner: Manner) -> Text:
    house, numerals = manner.house, manner.numerals
    kind, room = houses.kind[house], np.where(manner.without_room, 0, houses.room[house])
    word = np.where(kind == Kind.FLAT, manner.house_word, 0)
    door_number = np.where(manner.without_number & (houses.lane[house] > 0), 0, houses.number[house])
    room_text = join(where(kind == Kind.GARAGE, "G", ""), _numeral(room, numerals))
    full = join(
        _some(door_number, numerals, take(HOUSE_WORDS, word), counted=True),
        _some(houses.building[house], numerals, take(BUILDING_WORDS, manner.house_word)),
        where(room > 0, join(room_text, "室"), ""),
    )
    dashed = join(number(houses.number[house]), "-", number(room))
    can_dash = manner.dash & (kind == Kind.FLAT) & (room > 0) & (door_number > 0) & (numerals == ARABIC)
    return where(can_dash, dashed, full)


def _outside_road(map_: DistrictMap, houses: Houses, house: Ints) -> Text:
    road = np.maximum(houses.road[house], 0)
    district = take(map_.outside_districts, road % len(map_.outside_districts))
    return join(
        "上海市", district, take(map_.outside_roads, road % len(map_.outside_roads)), number(houses.lane[house]), "弄"
    )
