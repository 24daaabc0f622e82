"""The parts of a Chinese address as the parser collects them, and the keys made of them."""

import re
from typing import NamedTuple

from ingestion.standardise.numerals import chinese


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


class Parts:
    """The parts found so far, and the order facts that decide what a number belongs to."""

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


_ORDINAL = re.compile(r"\d+(?=期|坊|街坊|区|村$)")


def road_key(road: str) -> str:
    """A road's comparison form: 公路 is written 路 as often as not."""
    return road.replace("公路", "路").replace("大路", "路")


def estate_key(estate: str) -> str:
    """An estate's comparison form: without 小区 at the end, the ordinals of its parts in words (二期)."""
    if len(estate) > 3:
        estate = estate.removesuffix("小区").removesuffix("住宅")
    return _ORDINAL.sub(lambda found: chinese(found[0]), estate)


def is_one_building(estate: str | None) -> bool:
    """Whether an estate's name is that of a single building, whose rooms need no house number: 汇金大厦852室."""
    return estate is not None and estate.endswith(("大厦", "大楼", "商务楼", "写字楼", "商务中心", "广场"))


def _unit(value: str | None, unit: str) -> str:
    return f"{value}{unit}" if value else ""


def _house_slots(parts: Parts, *, in_quarter: bool) -> tuple[str, str]:
    """Number and building slot; in a lane or estate the door's number may be called 号, 幢 or 号楼."""
    number, building, entrance = parts.number, parts.building, parts.entrance
    if in_quarter and building and not entrance and (number is None or number == building):
        number, building = building, None
    elif parts.lane and parts.building_first and number:
        building, entrance = None, None
    return _unit(number, "号"), _unit(building, "幢") + _unit(entrance, "单元")


def settle_village(parts: Parts) -> None:
    """A name like 望新村 or 联三村 is an estate's, unless a group of the village follows it."""
    if parts.village is None and parts.village_group and parts.estate and parts.estate.endswith("村"):
        parts.village, parts.estate = parts.estate, None


def _place_slots(parts: Parts) -> tuple[str, str, str] | None:
    on_road = parts.lane or ((parts.number or parts.building) and not parts.estate_numbered)
    if parts.road and on_road:
        return road_key(parts.road), _unit(parts.lane, "弄"), _unit(parts.sub_lane, "支弄")
    if parts.village:
        group = _unit(parts.village_group, "组") or (estate_key(parts.estate) if parts.estate else "")
        return parts.village, group, ""
    if parts.estate:
        return estate_key(parts.estate), "", _unit(parts.sub_lane, "支弄")
    return None


def _room_slot(parts: Parts) -> str:
    """The room, with its floor where the room's number alone does not tell the floor (2层3室)."""
    if parts.room:
        room = f"{parts.room}室" if parts.room.isascii() else parts.room
        return f"{parts.floor}层{room}" if parts.floor and len(parts.room) < 3 else room
    return _unit(parts.floor, "层")


def keys_of(parts: Parts) -> tuple[str | None, str | None, str]:
    """address_key, building_key and precision."""
    place = _place_slots(parts)
    if place is None:
        return None, None, "area" if parts.town or parts.committee or parts.road else "none"
    house = _house_slots(parts, in_quarter=bool(parts.lane or (parts.estate and not parts.road)))
    chain = "|".join((*place, *house)).rstrip("|")
    room = _room_slot(parts)
    if not any(house):
        one_building = parts.road is None and is_one_building(parts.estate)
        if parts.room and (one_building or not parts.room[0].isascii()):
            return "|".join((*place, *house, room)), chain if one_building else None, "room"
        return chain, None, "lane"
    if not room:
        return chain, chain, "building"
    return "|".join((*place, *house, room)), chain, "room" if parts.room else "building"
