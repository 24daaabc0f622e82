"""Who was seen at the door: field visits of the town teams."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthetic.calendar import AS_OF, NEVER
from synthetic.clerk import Recorded, RecordedAddress
from synthetic.families import Plant
from synthetic.feeds.desk import Desk
from synthetic.geography import origins
from synthetic.houses import Kind, Use
from synthetic.life import RENT
from synthetic.records import DAY, Facts, Feed, HouseRole, PersonRole, UnitRole, unknown
from synthetic.text import Flags, Ints, Text, iso_days, join, number, take, where, words
from synthetic.units import ACTIVE

_SEEN_AT_MOST, _SEEN_IN_A_CROWD = 8, 16
_USES = words(["居住", "经营", "空置", "群租", "办公"])
_LIVED_IN, _WORKED_IN, _EMPTY, _CROWDED, _OFFICE = 0, 1, 2, 3, 4


@dataclass(frozen=True)
class _Visits:
    """One entry per visit; units are -1 where none was seen or missed, `short`: units are noted by short name."""

    house: Ints
    on: Ints
    living: Flags
    unit_seen: Ints
    unit_missed: Ints
    short: Flags


@dataclass(frozen=True)
class _Sightings:
    """Who was seen on which visit, the visits in order, with the place in the visit's list from 0."""

    visit: Ints
    person: Ints
    place: Ints


@dataclass(frozen=True)
class _Noted:
    name: Recorded
    phone: Recorded
    card: Recorded
    address: RecordedAddress


def field_visits(desk: Desk) -> Feed:
    """Visits: an address as noted, people by name and phone, units seen or missed."""
    house = _visited(desk)
    on = AS_OF - desk.dice.between(2, 340, len(house))
    seen = _sightings(desk, house, on)
    count = np.bincount(seen.visit, minlength=len(house))
    unit_seen, unit_missed = _units_at(desk, house, count > 0)
    visits = _Visits(house, on, count > 0, unit_seen, unit_missed, desk.dice.happens(0.35, len(house)))
    noted = _Noted(
        desk.clerk.names(seen.person),
        desk.clerk.phones(seen.person, on[seen.visit]),
        desk.clerk.ids(seen.person),
        desk.clerk.addresses(house),
    )
    columns = {
        "采集编号": desk.row_keys("CJ", len(house)),
        "采集日期": iso_days(on),
        "采集人": join("协管员", number(desk.dice.between(1, 60, len(house)), 3)),
        "地址": noted.address.text,
        "使用情况": take(_USES, _use(desk, visits)),
        "隐患": take(
            words(["无", "电动车室内充电", "飞线", "堵塞通道"]), desk.dice.weighted([80, 8, 6, 6], len(house))
        ),
        "在住人数": number(count),
        "查见单位": _unit_names(desk, unit_seen, visits.short),
        "查无单位": _unit_names(desk, unit_missed, visits.short),
        "人员": _lists(desk, seen, noted, len(house)),
    }
    return _feed(desk, visits, seen, (columns, noted))


def _feed(desk: Desk, visits: _Visits, seen: _Sightings, written: tuple[dict[str, Text], _Noted]) -> Feed:
    columns, noted = written
    rows, at, on, house = np.arange(len(visits.house)), seen.visit, visits.on, visits.house
    exact, never = noted.address.house == house, np.full(len(house), NEVER)
    met, missed, no_code = visits.unit_seen >= 0, visits.unit_missed >= 0, unknown(len(house))
    short = visits.short * len(desk.world.units)
    person = PersonRole(
        "seen",
        at,
        seen.person,
        noted.name.key,
        noted.card.key,
        phone=noted.phone.key,
        house=noted.address.house[at],
        places=seen.place + 1,
    )
    return Feed(
        "field_visits",
        "采集编号",
        columns,
        on * DAY + desk.dice.between(30000, 70000, len(house)),
        persons=(person,),
        houses=(HouseRole("", rows, house, noted.address.house),),
        units=(
            UnitRole("unit_seen", rows, visits.unit_seen, no_code, visits.unit_seen + short).kept(met),
            UnitRole("unit_missed", rows, visits.unit_missed, no_code, visits.unit_missed + short).kept(missed),
        ),
        facts=(
            Facts("field_visit", at, seen.person, house[at], on[at], never[at], on[at], exact[at]),
            Facts("unit_seen", rows, visits.unit_seen, house, on, never, on, exact).kept(met),
            Facts("unit_not_found", rows, visits.unit_missed, house, on, never, on, exact).kept(missed),
        ),
    )


def _use(desk: Desk, visits: _Visits) -> Ints:
    crowd = _crowded(desk)[visits.house]
    office = desk.world.houses.use[visits.house] == Use.OFFICE
    conditions = [visits.living & crowd, visits.living, visits.unit_seen >= 0, office]
    return np.select(conditions, [_CROWDED, _LIVED_IN, _WORKED_IN, _OFFICE], _EMPTY)


def _visited(desk: Desk) -> Ints:
    """Houses by visit: rented ones nearly all, shops and plants often, own homes less; some empty ones."""
    world = desk.world
    rate = np.full(len(world.houses), 0.06)
    rate[world.life.home[world.life.home >= 0]] = 0.4
    stays = world.life.stays
    current = stays.end == NEVER
    rate[stays.house[current & (stays.tenure == RENT)]] = 0.92
    rate[np.isin(world.houses.use, [Use.COMMERCIAL, Use.INDUSTRIAL, Use.OFFICE])] = 0.6
    rate[world.units.registered[world.units.licensed]] = 0.5
    rate[np.isin(world.houses.use, [Use.DORMITORY, Use.GARAGE])] = 0.5
    plant = world.families.plant[stays.family]
    rate[stays.house[current & (plant != Plant.NONE)]] = 0.95
    rate[world.houses.kind == Kind.OUTSIDE] = 0.0
    once = np.flatnonzero(desk.dice.rng.random(len(rate)) < rate)
    again = once[desk.dice.happens(0.25, len(once))]
    return desk.dice.rng.permutation(np.r_[once, again])


def _crowded(desk: Desk) -> Flags:
    crowded = np.zeros(len(desk.world.houses), dtype=bool)
    stays = desk.world.life.stays
    crowded[stays.house[(desk.world.families.plant[stays.family] == Plant.CROWD) & (stays.end == NEVER)]] = True
    return crowded


def _sightings(desk: Desk, house: Ints, on: Ints) -> _Sightings:
    """Of those who live at the house on the day, nine of ten are seen or named, at most so many as fit the form."""
    residences = desk.world.life.residences
    order = np.argsort(residences.house, kind="stable")
    first = np.searchsorted(residences.house[order], house, side="left")
    count = np.searchsorted(residences.house[order], house, side="right") - first
    visit = np.repeat(np.arange(len(house)), count)
    place = np.arange(len(visit)) - np.repeat(np.cumsum(count) - count, count)
    row = order[np.repeat(first, count) + place]
    kept = (residences.begin[row] <= on[visit]) & (residences.end[row] > on[visit])
    kept &= desk.dice.happens(0.9, len(visit))
    kept &= (desk.world.people.age[residences.person[row]] >= 5) | desk.dice.happens(0.2, len(visit))
    visit, person = visit[kept], residences.person[row][kept]
    listed = np.arange(len(visit)) - np.searchsorted(visit, visit, side="left")
    few = listed < np.where(_crowded(desk)[house][visit], _SEEN_IN_A_CROWD, _SEEN_AT_MOST)
    return _Sightings(visit[few], person[few], listed[few])


def _units_at(desk: Desk, house: Ints, living: Flags) -> tuple[Ints, Ints]:
    """For each visit a unit seen at work and a licensed one that was looked for in vain, -1 where there is none."""
    units = desk.world.units
    working, absent = unknown(len(desk.world.houses)), unknown(len(desk.world.houses))
    order = desk.dice.rng.permutation(len(units))
    active = units.status[order] == ACTIVE
    at_work = order[(units.works_at[order] >= 0) & active]
    working[units.works_at[at_work]] = at_work
    away = order[(units.registered[order] != units.works_at[order]) & units.licensed[order] & active]
    absent[units.registered[away]] = away
    met = desk.dice.happens(0.9, len(house)) & (~living | (working[house] >= 0))
    return np.where(met, working[house], -1), np.where(desk.dice.happens(0.75, len(house)), absent[house], -1)


def _unit_names(desk: Desk, unit: Ints, short: Flags) -> Text:
    units = desk.world.units
    return where(short, take(units.short, unit), take(units.name, unit))


def _lists(desk: Desk, seen: _Sightings, noted: _Noted, visits: int) -> Text:
    """The JSON list of people of each visit."""
    known, people = origins(), desk.world.people
    by_code = np.argsort(known.elsewhere, kind="stable")
    place = np.searchsorted(known.elsewhere[by_code], people.hukou[seen.person]).clip(0, len(by_code) - 1)
    province = where(people.newcomer[seen.person], take(words(known.province), by_code[place]), "上海")
    names = join('{"姓名": "', noted.name.text, '", "电话": ', _quoted(noted.phone.text))
    objects = join(names, ', "证件号": ', _quoted(noted.card.text), ', "户籍省份": "', province, '"}')
    offsets = np.searchsorted(seen.visit, np.arange(visits + 1), side="left").astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(offsets), objects)
    return join("[", pc.binary_join(lists, ", "), "]")


def _quoted(text: Text) -> Text:
    return where(np.asarray(text.is_valid()), join('"', text, '"'), "null")
