"""Every place that can be lived or worked in, down to the room: estates, road numbers, villages, plants."""

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np

from synthetic.dice import Dice
from synthetic.text import Flags, Ints


class Kind(IntEnum):
    """How a house is addressed."""

    FLAT = 0  # road, lane, number, room
    ROAD_ROOM = 1  # road, number, room
    ROAD_HOUSE = 2  # road, number
    PLANT = 3  # road, number, building
    DORMITORY = 4  # road, number, building, room
    VILLAGE = 5  # village, group or homestead, number
    GARAGE = 6  # a garage in an estate: road, lane, number, G and room
    OUTSIDE = 7  # in another district of the city: road, lane, number, room
    WHOLE = 8  # a road number that the housing register keeps as one, though it has rooms


class Use(IntEnum):
    """Use by the housing register."""

    RESIDENTIAL = 0
    COMMERCIAL = 1
    INDUSTRIAL = 2
    OFFICE = 3
    DORMITORY = 4
    GARAGE = 5
    OTHER = 6


USE_WORDS = ("住宅", "商业", "工业", "办公", "宿舍", "车库", "其他")


@dataclass(frozen=True)
class Houses:
    """One entry per house; 0 stands for no lane, sub-lane, building, room or group, -1 for no homestead or estate.

    `building_id` is shared by the rooms of one building; `in_register`: the housing register carries a row for it.
    """

    kind: Ints
    committee: Ints
    road: Ints
    lane: Ints
    sub_lane: Ints
    number: Ints
    building: Ints
    room: Ints
    group: Ints
    hamlet: Ints
    estate: Ints
    area: Ints
    rooms: Ints
    use: Ints
    year: Ints
    building_id: Ints
    in_register: Ints

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True)
class Places:
    """What houses are built on: indexes of residential and village committees with their towns, and counts of names."""

    residential: Ints
    villages: Ints
    town_of: Ints
    towns: int
    roads: int
    estates: int
    hamlets: int

    def road_near(self, dice: Dice, committee: Ints) -> Ints:
        """A road of the committee's town; road r runs through town r modulo the number of towns."""
        town = self.town_of[committee]
        return town + self.towns * dice.one_of(len(committee), self.roads // self.towns)


@dataclass(frozen=True)
class Demand:
    """How many houses of each sort the district needs."""

    flats: int
    road_rooms: int
    villages: int
    shops: int
    plants: int
    offices: int
    dormitories: int
    garages: int
    outside: int


def demand(persons: int, families: int, dormitories: int, outside: int) -> Demand:
    """Houses for so many resident families, with an eighth to spare."""
    dwellings = int(families * 1.13) + 20
    return Demand(
        flats=int(dwellings * 0.72),
        road_rooms=int(dwellings * 0.07),
        villages=int(dwellings * 0.21),
        shops=persons // 24 + 12,
        plants=persons // 250 + 6,
        offices=persons // 50 + 12,
        dormitories=dormitories + dormitories // 4 + 4,
        garages=persons // 200 + 8,
        outside=outside,
    )


def build_houses(dice: Dice, places: Places, wanted: Demand) -> Houses:
    """All houses; those of one building lie next to each other."""
    parts = [
        _estates(dice, places, wanted.flats),
        _villages(dice, places, wanted.villages),
        *_on_roads(dice, places, wanted),
    ]
    parts.append(_garages(dice, parts[0], wanted.garages))
    parts.append(_outside(dice, wanted.outside))
    offset = 0
    shifted = []
    for part in parts:
        shifted.append(part["building_id"] + offset)
        offset += int(part["building_id"].max(initial=-1)) + 1
    columns = {
        each.name: np.concatenate([part[each.name] for part in parts])
        for each in fields(Houses)
        if each.name != "building_id"
    }
    return Houses(building_id=np.concatenate(shifted), **columns)


Part = dict[str, Ints]


def _part(size: int, **columns: Ints | Flags | int) -> Part:
    blank = dict.fromkeys(("lane", "sub_lane", "building", "room", "group", "number"), 0)
    blank |= {"hamlet": -1, "estate": -1, "road": -1, "committee": -1, "in_register": 1}
    filled: dict[str, Ints | Flags | int] = {**blank, **columns}
    return {name: np.broadcast_to(np.asarray(value, dtype=np.int64), (size,)) for name, value in filled.items()}


def _places_within(counts: Ints) -> tuple[Ints, Ints]:
    """For groups of the given sizes: the group of each member, and its place in the group."""
    group = np.repeat(np.arange(len(counts)), counts)
    return group, np.arange(len(group)) - np.repeat(np.cumsum(counts) - counts, counts)


def _dwelling_size(dice: Dice, size: int) -> tuple[Ints, Ints]:
    rooms = dice.weighted([0.17, 0.47, 0.28, 0.08], size) + 1
    return rooms, rooms * 24 + dice.between(14, 34, size)


def _estates(dice: Dice, places: Places, flats: int) -> Part:
    count = min(max(flats // 300, 6), places.estates)
    floors = np.array([6, 11, 18])[dice.weighted([0.6, 0.25, 0.15], count)]
    doors = dice.between(2, 4, count)
    share = dice.rng.lognormal(0, 0.6, count)
    stairs = np.maximum(np.ceil(flats * share / share.sum() / (floors * doors)).astype(np.int64), 1)
    estate, stair = _places_within(stairs)
    sub_lanes = dice.happens(0.05, count)
    building, place = _places_within(floors[estate] * doors[estate])
    where = estate[building]
    committee = places.residential[dice.one_of(count, len(places.residential))]
    road = places.road_near(dice, committee)
    rooms, area = _dwelling_size(dice, len(building))
    number = np.where(sub_lanes[estate], stair // 3, stair) + 1
    return _part(
        len(building),
        kind=Kind.FLAT,
        committee=committee[where],
        road=road[where],
        lane=_spread_numbers(dice, road)[where],
        sub_lane=np.where(sub_lanes[estate], stair % 3 + 1, 0)[building],
        number=number[building],
        room=(place // doors[where] + 1) * 100 + place % doors[where] + 1,
        estate=where,
        area=area,
        rooms=rooms,
        use=Use.RESIDENTIAL,
        year=dice.between(1982, 2021, count)[where],
        building_id=building,
        in_register=dice.happens(0.988, len(building)),
    )


def _spread_numbers(dice: Dice, road: Ints) -> Ints:
    """A number along its road for each entry; no two on one road are equal."""
    order = np.argsort(road, kind="stable")
    ordered = road[order]
    begin = np.maximum.accumulate(np.where(np.r_[True, ordered[1:] != ordered[:-1]], np.arange(len(road)), 0))
    rank = np.empty(len(road), dtype=np.int64)
    rank[order] = np.arange(len(road)) - begin
    return rank * 18 + dice.between(2, 18, len(road))


def _villages(dice: Dice, places: Places, houses: int) -> Part:
    count = min(max(houses // 60, 3), len(places.villages))
    committee = dice.sample(places.villages, count)
    village, place = _places_within(np.full(count, -(-houses // count)))
    named = dice.happens(0.4, count)
    settlement = place // 22
    hamlet = (dice.one_of(count, places.hamlets)[village] + settlement * 7) % places.hamlets
    rooms = dice.between(4, 8, len(village))
    return _part(
        len(village),
        kind=Kind.VILLAGE,
        committee=committee[village],
        number=place % 22 * 3 + dice.between(1, 3, len(village)),
        group=np.where(named[village], 0, settlement + 1),
        hamlet=np.where(named[village], hamlet, -1),
        area=rooms * 30 + dice.between(20, 70, len(village)),
        rooms=rooms,
        use=Use.RESIDENTIAL,
        year=dice.between(1978, 2008, len(village)),
        building_id=np.arange(len(village)),
        in_register=dice.happens(0.965, len(village)),
    )


def _on_roads(dice: Dice, places: Places, wanted: Demand) -> list[Part]:
    """Buildings that bear a number of the road itself: apartments, shops, plants with dormitories, offices."""
    apartments = max(wanted.road_rooms // 24, 1)
    offices = max(wanted.offices // 30, 1)
    plants = max(wanted.plants // 4, 2)
    sorts = np.repeat(np.arange(4), [apartments, wanted.shops, plants, offices])
    committee = places.residential[dice.one_of(len(sorts), len(places.residential))]
    road = places.road_near(dice, committee)
    site = {"committee": committee, "road": road, "number": _spread_numbers(dice, road)}
    apartment, shop, plant, office = (
        {name: column[sorts == sort] for name, column in site.items()} for sort in range(4)
    )
    return [
        *_apartments(dice, apartment, wanted.road_rooms),
        _shops(dice, shop),
        _plants(dice, plant),
        _dormitories(dice, plant, wanted.dormitories),
        _offices(dice, office, wanted.offices),
    ]


def _apartments(dice: Dice, site: Part, houses: int) -> list[Part]:
    count = len(site["road"])
    building, place = _places_within(np.full(count, -(-houses // count)))
    whole = dice.happens(0.1, count)
    year = dice.between(1975, 2015, count)
    rooms, area = _dwelling_size(dice, len(building))
    rows = _part(
        len(building),
        kind=Kind.ROAD_ROOM,
        **{name: column[building] for name, column in site.items()},
        room=(place // 4 + 1) * 100 + place % 4 + 1,
        area=area,
        rooms=rooms,
        use=Use.RESIDENTIAL,
        year=year[building],
        building_id=building,
        in_register=~whole[building],
    )
    kept = np.flatnonzero(whole)
    as_one = _part(
        len(kept),
        kind=Kind.WHOLE,
        **{name: column[kept] for name, column in site.items()},
        area=np.bincount(building, area).astype(np.int64)[kept],
        rooms=np.bincount(building, rooms).astype(np.int64)[kept],
        use=Use.RESIDENTIAL,
        year=year[kept],
        building_id=np.arange(len(kept)),
    )
    return [rows, as_one]


def _shops(dice: Dice, site: Part) -> Part:
    size = len(site["road"])
    return _part(
        size,
        kind=Kind.ROAD_HOUSE,
        **site,
        area=dice.between(18, 90, size),
        rooms=dice.between(1, 2, size),
        use=Use.COMMERCIAL,
        year=dice.between(1985, 2020, size),
        building_id=np.arange(size),
    )


def _plants(dice: Dice, site: Part) -> Part:
    plant, place = _places_within(np.full(len(site["road"]), 4))
    size = len(plant)
    return _part(
        size,
        kind=Kind.PLANT,
        **{name: column[plant] for name, column in site.items()},
        building=place + 1,
        area=dice.between(150, 2500, size),
        rooms=dice.between(1, 4, size),
        use=Use.INDUSTRIAL,
        year=dice.between(1990, 2018, size),
        building_id=np.arange(size),
    )


def _dormitories(dice: Dice, site: Part, rooms: int) -> Part:
    count = len(site["road"])
    plant, place = _places_within(np.full(count, -(-rooms // count)))
    return _part(
        len(plant),
        kind=Kind.DORMITORY,
        **{name: column[plant] for name, column in site.items()},
        building=5,
        room=(place // 10 + 1) * 100 + place % 10 + 1,
        area=dice.between(24, 42, len(plant)),
        rooms=1,
        use=Use.DORMITORY,
        year=dice.between(1995, 2018, count)[plant],
        building_id=plant,
    )


def _offices(dice: Dice, site: Part, rooms: int) -> Part:
    count = len(site["road"])
    building, place = _places_within(np.full(count, -(-rooms // count)))
    return _part(
        len(building),
        kind=Kind.ROAD_ROOM,
        **{name: column[building] for name, column in site.items()},
        room=(place // 10 + 1) * 100 + place % 10 + 1,
        area=dice.between(30, 220, len(building)),
        rooms=dice.between(1, 4, len(building)),
        use=Use.OFFICE,
        year=dice.between(1998, 2021, count)[building],
        building_id=building,
    )


def _garages(dice: Dice, flats: Part, count: int) -> Part:
    beside = dice.sample(np.flatnonzero(np.r_[True, flats["building_id"][1:] != flats["building_id"][:-1]]), count)
    names = ("committee", "road", "lane", "sub_lane", "number", "estate", "year")
    return _part(
        len(beside),
        kind=Kind.GARAGE,
        **{name: flats[name][beside] for name in names},
        room=np.arange(len(beside)) % 9 + 1,
        area=dice.between(14, 24, len(beside)),
        rooms=1,
        use=Use.GARAGE,
        building_id=np.arange(len(beside)),
        in_register=dice.happens(0.8, len(beside)),
    )


def _outside(dice: Dice, count: int) -> Part:
    rooms, area = _dwelling_size(dice, count)
    return _part(
        count,
        kind=Kind.OUTSIDE,
        road=dice.one_of(count, 13),
        lane=np.arange(count) // 4 * 3 + 11,
        number=dice.between(1, 60, count),
        room=dice.between(1, 18, count) * 100 + dice.between(1, 4, count),
        area=area,
        rooms=rooms,
        use=Use.RESIDENTIAL,
        year=2000,
        building_id=np.arange(count),
        in_register=0,
    )
