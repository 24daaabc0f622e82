"""The parts of a Chinese address as the parser collects them, and the keys made of them."""

import re
from typing import NamedTuple

from ingestion.standardise.numerals import chinese


class Span(NamedTuple):
    """A labelled stretch of an address as written: text[start:end]."""

    label: str
    start: int
    end: int


class Address(NamedTuple):
    """The parts of one address; numbers are digits as text, without their unit.

    `address_key` is the chain road|lane弄|sub-lane支弄|number号|building幢|room室 to the finest level recorded, with
    the village and its group or homestead, or the estate, in the first slots where no road holds. `building_key` is
    the same without floor and room. Neither exists where no road, village or estate is named.
    """

    province: str | None = None
    city: str | None = None
    district: str | None = None
    town: str | None = None
    committee: str | None = None
    road: str | None = None
    lane: str | None = None
    sub_lane: str | None = None
    number: str | None = None
    building: str | None = None
    entrance: str | None = None
    floor: str | None = None
    room: str | None = None
    village: str | None = None
    village_group: str | None = None
    estate: str | None = None
    address_key: str | None = None
    building_key: str | None = None
    precision: str = "none"
    spans: tuple[Span, ...] = ()


class Parts:
    """The parts found so far with their places in the text, and what decides what a number belongs to."""

    province: str | None = None
    city: str | None = None
    district: str | None = None
    town: str | None = None
    committee: str | None = None
    road: str | None = None
    lane: str | None = None
    sub_lane: str | None = None
    number: str | None = None
    building: str | None = None
    entrance: str | None = None
    floor: str | None = None
    room: str | None = None
    village: str | None = None
    village_group: str | None = None
    estate: str | None = None
    latest = ""
    estate_numbered = False
    building_first = False

    def __init__(self) -> None:
        self.spans: list[tuple[str, int, int]] = []


_ORDINAL = re.compile(r"\d+(?=期|坊|街坊|区|村$)")


def _said(ordinal: re.Match[str]) -> str:
    return chinese(ordinal[0])


def road_key(road: str) -> str:
    """A road's comparison form: 公路 is written 路 as often as not."""
    return road.replace("公路", "路").replace("大路", "路")


def estate_key(estate: str) -> str:
    """An estate's comparison form: without 小区 at the end, the ordinals of its parts in words (二期)."""
    if len(estate) > 3:
        estate = estate.removesuffix("小区").removesuffix("住宅")
    return _ORDINAL.sub(_said, estate)


_BUILDINGS = (
    *(
        "大厦",
        "大楼",
        "商务楼",
        "写字楼",
        "中心",
        "广场",
        "酒店",
        "宾馆",
        "商场",
        "商城",
        "商贸城",
        "超市",
        "医院",
        "市场",
        "国际",
    ),
    *("公司", "集团"),
)


def is_one_building(estate: str | None) -> bool:
    """Whether an estate's name is that of a single building, whose rooms need no house number: 汇金大厦852室."""
    return estate is not None and estate.rstrip("一二三四五六七八九十ABCDEF期区").endswith(_BUILDINGS)


def _house_slots(parts: Parts, *, in_quarter: bool) -> tuple[str, str]:
    """Number and building slot; in a lane or estate the door's number may be called 号, 幢 or 号楼."""
    number, building, entrance = parts.number, parts.building, parts.entrance
    if in_quarter and building and not entrance and (number is None or number == building):
        number, building = building, None
    elif parts.lane and parts.building_first and number:
        building, entrance = None, None
    house = f"{building}幢" if building else ""
    return f"{number}号" if number else "", f"{house}{entrance}单元" if entrance else house


def settle_village(parts: Parts) -> None:
    """A name like 望新村 or 联三村 is an estate's, unless a group of the village follows it."""
    if parts.village is None and parts.village_group and parts.estate and parts.estate.endswith("村"):
        parts.village, parts.estate = parts.estate, None


def _place_slots(parts: Parts) -> str | None:
    """The first three slots: road, lane and sub-lane, or what stands in their place."""
    sub_lane = f"{parts.sub_lane}支弄" if parts.sub_lane else ""
    if parts.road and (parts.lane or ((parts.number or parts.building) and not parts.estate_numbered)):
        return (
            f"{road_key(parts.road)}|{parts.lane}弄|{sub_lane}" if parts.lane else f"{road_key(parts.road)}||{sub_lane}"
        )
    if parts.village:
        if parts.village_group:
            return f"{parts.village}|{parts.village_group}组|"
        return f"{parts.village}|{estate_key(parts.estate) if parts.estate else ''}|"
    return f"{estate_key(parts.estate)}||{sub_lane}" if parts.estate else None


def _room_slot(parts: Parts) -> str:
    """The room, with its floor where the room's number alone does not tell the floor (2层3室)."""
    if parts.room:
        room = f"{parts.room}室" if parts.room.isascii() else parts.room
        return f"{parts.floor}层{room}" if parts.floor and len(parts.room) < 3 else room
    return f"{parts.floor}层" if parts.floor else ""


def keys_of(parts: Parts) -> tuple[str | None, str | None, str]:
    """address_key, building_key and precision."""
    place = _place_slots(parts)
    if place is None:
        return None, None, "area" if parts.town or parts.committee or parts.road else "none"
    number, building = _house_slots(parts, in_quarter=bool(parts.lane or (parts.estate and not parts.road)))
    chain = f"{place}|{number}|{building}"
    room, short = _room_slot(parts), chain.rstrip("|")
    if not number and not building:
        one_building = parts.road is None and is_one_building(parts.estate)
        if parts.room and (one_building or not parts.room[0].isascii()):
            return f"{chain}|{room}", short if one_building else None, "room"
        return short, None, "lane"
    if not room:
        return short, short, "building"
    return f"{chain}|{room}", short, "room" if parts.room else "building"
