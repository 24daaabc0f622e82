"""Who needs help and who was seen at the door: civil affairs, field visits."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthetic.calendar import AS_OF, NEVER, YEAR
from synthetic.families import Plant
from synthetic.feeds.desk import Desk
from synthetic.geography import origins
from synthetic.houses import Kind, Use
from synthetic.life import RENT, former_homes, lives_alone
from synthetic.records import DAY, Facts, Feed, HouseRole, PersonRole, UnitRole, person_role, unknown
from synthetic.text import Flags, Ints, Text, iso_days, join, number, take, where, words
from synthetic.units import ACTIVE

SEEN_AT_MOST = 8


def civil_affairs(desk: Desk) -> Feed:
    """Old people alone and assistance cases; a case stays open after its person moved or died."""
    world, people, life = desk.world, desk.world.people, desk.world.life
    alone = lives_alone(life, people) & (people.age >= 66) & desk.dice.happens(0.55, len(people))
    poor = (
        people.resident
        & ~people.newcomer
        & (life.home >= 0)
        & (people.age >= 18)
        & desk.dice.happens(0.02, len(people))
    )
    last = former_homes(life.residences, len(people))
    over = (people.died < NEVER) & (last >= 0) & desk.dice.happens(0.25, len(people))
    moved = people.resident & ~people.newcomer & (last >= 0) & (life.home >= 0) & desk.dice.happens(0.05, len(people))
    person = np.flatnonzero(alone | poor | over | moved)
    size, rows = len(person), np.arange(len(person))
    gone = (over | moved)[person] & ~(alone | poor)[person]
    house = np.where(gone, last[person], life.home[person])
    still_open = ~gone | desk.slips("case_left_open", gone)
    on = desk.dice.between(AS_OF - 4 * YEAR, AS_OF - 5, size)
    died = np.minimum(people.died[person], AS_OF)
    on = np.where(gone, np.minimum(on, died - 200), np.maximum(on, _home_since(desk, person)))
    name, born, card = desk.clerk.names(person), desk.clerk.births(person), desk.clerk.ids(person)
    phone, address = desk.clerk.phones(person, on), desk.clerk.addresses(house)
    category = np.where(alone[person], 0, desk.dice.weighted([0, 6, 1, 3], size))
    columns = {
        "对象编号": desk.row_keys("MZ", size),
        "姓名": name.text,
        "身份证号": card.text,
        "性别": desk.clerk.sexes(person),
        "出生日期": born.text,
        "类别": take(words(["独居老人", "低保", "特困", "临时救助"]), category),
        "残疾情况": take(words(["无", "肢体", "视力"]), desk.dice.weighted([90, 7, 3], size)),
        "居住地址": address.text,
        "登记日期": iso_days(on),
        "状态": where(still_open, "在册", "停止"),
        "联系电话": phone.text,
    }
    return Feed(
        "civil_affairs",
        "对象编号",
        columns,
        desk.versions(on),
        persons=(person_role("", rows, person, name, number=card, born=born, phone=phone, house=address.house),),
        houses=(HouseRole("house", rows, house, address.house),),
        facts=(
            Facts(
                "civil_affairs",
                rows[still_open],
                person[still_open],
                house[still_open],
                on[still_open],
                np.full(int(still_open.sum()), NEVER),
                on[still_open],
                (address.house == house)[still_open],
            ),
        ),
        previous={"联系电话": desk.clerk.phones(person, np.zeros(size, dtype=np.int64)).text},
    )


def _home_since(desk: Desk, person: Ints) -> Ints:
    residences = desk.world.life.residences
    since = np.full(len(desk.world.people), AS_OF - 5)
    lasting = residences.end == NEVER
    since[residences.person[lasting]] = np.minimum(residences.begin[lasting], AS_OF - 5)
    return since[person]


@dataclass(frozen=True)
class _Sightings:
    """Who was seen on which visit, the visits in order, with the place in the visit's list from 0."""

    visit: Ints
    person: Ints
    place: Ints


def field_visits(desk: Desk) -> Feed:
    """Visits of the town teams: an address as noted, people by name and phone, units seen or missed."""
    world = desk.world
    house = _visited(desk)
    size, rows = len(house), np.arange(len(house))
    on = AS_OF - desk.dice.between(2, 340, size)
    seen = _sightings(desk, house, on)
    people_seen = np.bincount(seen.visit, minlength=size)
    living = people_seen > 0
    unit_seen, unit_missed = _units_at(desk, house, living)
    address = desk.clerk.addresses(house)
    name, phone = desk.clerk.names(seen.person), desk.clerk.phones(seen.person, on[seen.visit])
    card = desk.clerk.ids(seen.person)
    crowd = _crowded(desk)[house]
    use = np.select([living & crowd, living, unit_seen >= 0, world.houses.use[house] == Use.OFFICE], [3, 0, 1, 4], 2)
    columns = {
        "采集编号": desk.row_keys("CJ", size),
        "采集日期": iso_days(on),
        "采集人": join("协管员", number(desk.dice.between(1, 60, size), 3)),
        "地址": address.text,
        "使用情况": take(words(["居住", "经营", "空置", "群租", "办公"]), use),
        "隐患": take(words(["无", "电动车室内充电", "飞线", "堵塞通道"]), desk.dice.weighted([80, 8, 6, 6], size)),
        "在住人数": number(people_seen),
        "查见单位": _unit_names(desk, unit_seen),
        "查无单位": _unit_names(desk, unit_missed),
        "人员": _lists(desk, seen, size, (name.text, phone.text, card.text)),
    }
    exact = address.house == house
    met, missed = unit_seen >= 0, unit_missed >= 0
    never = np.full(size, NEVER)
    at = seen.visit
    return Feed(
        "field_visits",
        "采集编号",
        columns,
        on * DAY + desk.dice.between(30000, 70000, size),
        persons=(
            PersonRole(
                "seen",
                at,
                seen.person,
                name.key,
                card.key,
                phone=phone.key,
                house=address.house[at],
                places=seen.place + 1,
            ),
        ),
        houses=(HouseRole("", rows, house, address.house),),
        units=(
            UnitRole("unit_seen", rows[met], unit_seen[met], unknown(int(met.sum())), unit_seen[met]),
            UnitRole("unit_missed", rows[missed], unit_missed[missed], unknown(int(missed.sum())), unit_missed[missed]),
        ),
        facts=(
            Facts("field_visit", at, seen.person, house[at], on[at], never[at], on[at], exact[at]),
            Facts("unit_seen", rows[met], unit_seen[met], house[met], on[met], never[met], on[met], exact[met]),
            Facts(
                "unit_not_found",
                rows[missed],
                unit_missed[missed],
                house[missed],
                on[missed],
                never[missed],
                on[missed],
                exact[missed],
            ),
        ),
    )


def _visited(desk: Desk) -> Ints:
    """Houses by visit: rented ones, shops and plants often, planted ones nearly always; some empty ones."""
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
    """Of those who live at the house on the day, nine of ten are seen or named, at most eight."""
    residences = desk.world.life.residences
    order = np.argsort(residences.house, kind="stable")
    first = np.searchsorted(residences.house[order], house, side="left")
    count = np.searchsorted(residences.house[order], house, side="right") - first
    visit = np.repeat(np.arange(len(house)), count)
    place = np.arange(len(visit)) - np.repeat(np.cumsum(count) - count, count)
    row = order[np.repeat(first, count) + place]
    there = (residences.begin[row] <= on[visit]) & (residences.end[row] > on[visit])
    crowd = _crowded(desk)[house][visit]
    kept = there & (desk.dice.rng.random(len(visit)) < np.where(crowd, 0.92, 0.9))
    kept &= (desk.world.people.age[residences.person[row]] >= 5) | desk.dice.happens(0.2, len(visit))
    visit, person = visit[kept], residences.person[row][kept]
    number_in_list = np.arange(len(visit)) - np.searchsorted(visit, visit, side="left")
    few = number_in_list < np.where(_crowded(desk)[house][visit], 16, SEEN_AT_MOST)
    return _Sightings(visit[few], person[few], number_in_list[few])


def _units_at(desk: Desk, house: Ints, living: Flags) -> tuple[Ints, Ints]:
    """For each visit a unit seen at work and a licensed one that was looked for in vain, -1 where there is none."""
    units = desk.world.units
    working, absent = unknown(len(desk.world.houses)), unknown(len(desk.world.houses))
    order = desk.dice.rng.permutation(len(units))
    at_work = order[(units.works_at[order] >= 0) & (units.status[order] == ACTIVE)]
    working[units.works_at[at_work]] = at_work
    away = order[
        (units.registered[order] != units.works_at[order]) & units.licensed[order] & (units.status[order] == ACTIVE)
    ]
    absent[units.registered[away]] = away
    seen = np.where(desk.dice.happens(0.9, len(house)) & (~living | (working[house] >= 0)), working[house], -1)
    return seen, np.where(desk.dice.happens(0.75, len(house)), absent[house], -1)


def _unit_names(desk: Desk, unit: Ints) -> Text:
    units = desk.world.units
    short = desk.dice.happens(0.35, len(unit))
    return where(short, take(units.short, unit), take(units.name, unit))


def _lists(desk: Desk, seen: _Sightings, visits: int, texts: tuple[Text, Text, Text]) -> Text:
    """The JSON list of people of each visit."""
    known = origins()
    people = desk.world.people
    place = np.searchsorted(np.sort(known.elsewhere), people.hukou[seen.person]).clip(0, len(known.elsewhere) - 1)
    by_code = np.argsort(known.elsewhere, kind="stable")
    province = take(words(known.province), by_code[place])
    province = where(people.newcomer[seen.person], province, "上海")
    name, phone, card = texts
    objects = join(
        '{"姓名": "',
        name,
        '", "电话": ',
        _quoted(phone),
        ', "证件号": ',
        _quoted(card),
        ', "户籍省份": "',
        province,
        '"}',
    )
    return gather(objects, seen.visit, visits)


def _quoted(text: Text) -> Text:
    return where(np.asarray(text.is_valid()), join('"', text, '"'), "null")


def gather(objects: Text, row: Ints, rows: int) -> Text:
    """The objects of each row (in ascending order of rows) as one JSON list."""
    offsets = np.searchsorted(row, np.arange(rows + 1), side="left").astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(offsets), objects)
    return join("[", pc.binary_join(lists, ", "), "]")
