"""Where everyone lives and lived over five years: own homes, rented ones, rooms in villages, dormitories."""

from dataclasses import dataclass

import numpy as np

from synthetic.calendar import AS_OF, BEGIN, NEVER, YEAR
from synthetic.dice import Dice
from synthetic.families import CITY, DEAD, GONE, LOCAL, NEWCOMER, RESIDENT, Families, Plant
from synthetic.houses import Houses, Kind, Use
from synthetic.people import People
from synthetic.text import Flags, Ints

OWN, RENT = 0, 1
_FAMILY_HOMES = (Kind.FLAT, Kind.ROAD_ROOM, Kind.VILLAGE)  # where a hukou stays behind


@dataclass(frozen=True)
class Stays:
    """One entry per family, house and span (from begin until before end; NEVER while it lasts)."""

    family: Ints
    house: Ints
    begin: Ints
    end: Ints
    tenure: Ints

    def __len__(self) -> int:
        return len(self.family)


@dataclass(frozen=True)
class Residences:
    """One entry per person, house and span: the truth of who lives where."""

    person: Ints
    stay: Ints
    house: Ints
    begin: Ints
    end: Ints


@dataclass(frozen=True)
class Life:
    """Stays of families, residences of persons; home and hukou house per person, -1 where there is none."""

    stays: Stays
    residences: Residences
    home: Ints
    hukou_house: Ints


def draw_life(dice: Dice, houses: Houses, families: Families, people: People) -> Life:
    """Everyone's homes; the house of a rented stay that ended is one that its present tenants moved into later."""
    current = _current_stays(dice, houses, families, people)
    earlier = _earlier_stays(dice, _Settled(families, people, current))
    dead = _stays_of_the_dead(dice, families, current)
    stays = Stays(
        *(
            np.concatenate(columns)
            for columns in zip(*(_columns(part) for part in (current, earlier, dead)), strict=True)
        )
    )
    residences = _residences(stays, families, people)
    home = np.full(len(people), -1)
    lasting = residences.end == NEVER
    home[residences.person[lasting]] = residences.house[lasting]
    hukou_house = _hukou_houses(dice, _Hukou(houses, families, people, stays))
    return Life(stays, residences, home, hukou_house)


def _columns(stays: Stays) -> tuple[Ints, ...]:
    return stays.family, stays.house, stays.begin, stays.end, stays.tenure


def _current_stays(dice: Dice, houses: Houses, families: Families, people: People) -> Stays:
    house = np.full(len(families), -1)
    resident = families.status == RESIDENT
    _settle_planted(dice, houses, families, house)
    plain = np.flatnonzero(resident & (families.plant == Plant.NONE))
    local = families.origin[plain] != NEWCOMER
    owning = local & dice.happens(0.93, len(plain)) | ~local & dice.happens(0.22, len(plain))
    dwelling = (houses.use == Use.RESIDENTIAL) & (houses.kind != Kind.OUTSIDE) & (houses.kind != Kind.WHOLE)
    free = dwelling & ~np.isin(np.arange(len(houses)), house)
    village = dice.rng.permutation(np.flatnonzero(free & (houses.kind == Kind.VILLAGE)))
    flats = dice.rng.permutation(np.flatnonzero(free & (houses.kind != Kind.VILLAGE)))
    villagers = plain[local & owning & (families.origin[plain] == LOCAL)]
    villagers = dice.sample(villagers, min(len(village) * 3 // 4, len(villagers) * 2 // 5))
    house[villagers] = village[: len(villagers)]
    lodgers = dice.sample(plain[~owning & ~local], min(len(village) * 6 // 5, int((~owning & ~local).sum()) * 2 // 5))
    rooms_to_let = dice.rng.permutation(np.tile(village, 3))
    house[lodgers] = rooms_to_let[: len(lodgers)]
    others = plain[house[plain] < 0]
    flats = flats[: len(others)]
    by_size = np.argsort(families.size[others] + dice.rng.normal(0, 0.8, len(others)), kind="stable")
    by_rooms = np.argsort(houses.rooms[flats] + dice.rng.normal(0, 0.5, len(flats)), kind="stable")
    house[others[by_size]] = flats[by_rooms]
    tenure = np.full(len(families), RENT)
    tenure[plain[owning]] = OWN
    tenure[(families.plant == Plant.LARGE_FAMILY) & (families.origin == LOCAL)] = OWN
    begin = _moved_in(dice, families, people, tenure)
    rows = np.flatnonzero(resident)
    return Stays(rows, house[rows], begin[rows], np.full(len(rows), NEVER), tenure[rows])


def _settle_planted(dice: Dice, houses: Houses, families: Families, house: Ints) -> None:
    """Gives each planted family a house of the sort that its story needs."""
    flat = (houses.kind == Kind.FLAT) & (houses.in_register == 1)
    small = flat & (houses.rooms <= 3) & (houses.rooms >= 2)
    shop = np.isin(houses.use, [Use.COMMERCIAL, Use.INDUSTRIAL, Use.GARAGE]) & (houses.in_register == 1)
    pools = (
        (Plant.CROWD, small),
        (Plant.LARGE_FAMILY, flat & (houses.rooms == 2)),
        (Plant.DORMITORY, houses.kind == Kind.DORMITORY),
        (Plant.UNREGISTERED, flat),
        (Plant.ONE_REGISTERED, flat),
        (Plant.NON_RESIDENTIAL, shop),
    )
    taken = np.zeros(len(houses), dtype=bool)
    for plant, pool in pools:
        rows = np.flatnonzero((families.plant == plant) & (families.status == RESIDENT))
        chosen = dice.rng.permutation(np.flatnonzero(pool & ~taken))[: len(rows)]
        house[rows] = chosen
        taken[chosen] = True


def _moved_in(dice: Dice, families: Families, people: People, tenure: Ints) -> Ints:
    head = families.first
    size = len(families)
    arrived, grown = people.arrived[head], people.born[head] + 19 * YEAR
    earliest = np.maximum(arrived, grown)
    long_ago = np.where(tenure == OWN, 9 * YEAR, 2 * YEAR)
    stay = np.minimum((dice.rng.exponential(1.0, size) * long_ago).astype(np.int64) + 20, 30 * YEAR)
    settled = np.isin(families.plant, [Plant.CROWD, Plant.UNREGISTERED, Plant.ONE_REGISTERED, Plant.NON_RESIDENTIAL])
    stay = np.where(settled, np.maximum(stay, dice.between(120, 600, size)), stay)
    return np.where(settled, AS_OF - stay, np.minimum(np.maximum(AS_OF - stay, earliest), AS_OF - 14))


@dataclass(frozen=True)
class _Settled:
    families: Families
    people: People
    current: Stays


def _earlier_stays(dice: Dice, settled: _Settled) -> Stays:
    """Former homes of movers and of families that are gone, in houses that others moved into later."""
    families, people, current = settled.families, settled.people, settled.current
    arrived = np.maximum(people.arrived[families.first[current.family]], BEGIN - 3 * YEAR)
    moved = (current.begin > BEGIN) & (current.begin - arrived > 90) & (families.plant[current.family] == Plant.NONE)
    gone = np.flatnonzero(families.status == GONE)
    left = dice.between(BEGIN + 60, AS_OF - 30, len(gone))
    family = np.r_[current.family[moved], gone]
    end = np.r_[current.begin[moved], left]
    since = np.r_[arrived[moved], left - dice.between(120, 4 * YEAR, len(gone))]
    free = (current.begin > BEGIN) & (families.plant[current.family] == Plant.NONE)
    slots = dice.rng.permutation(np.flatnonzero(free))
    some = dice.sample(np.arange(len(family)), len(slots) * 9 // 10)
    by_end = some[np.argsort(-end[some], kind="stable")]
    by_slot = slots[np.argsort(-current.begin[slots], kind="stable")][: len(by_end)]
    fits = (current.begin[by_slot] >= end[by_end]) & (current.family[by_slot] != family[by_end])
    by_end, by_slot = by_end[fits], by_slot[fits]
    begin = np.maximum(since[by_end], end[by_end] - dice.between(200, 5 * YEAR, len(by_end)))
    return Stays(family[by_end], current.house[by_slot], begin, end[by_end], np.full(len(by_end), RENT))


def _stays_of_the_dead(dice: Dice, families: Families, current: Stays) -> Stays:
    dead = np.flatnonzero(families.status == DEAD)
    local = np.flatnonzero((families.origin[current.family] == LOCAL) & (current.begin < BEGIN))
    host = local[dice.one_of(len(dead), len(local))]
    return Stays(dead, current.house[host], current.begin[host], np.full(len(dead), NEVER), np.full(len(dead), OWN))


def _residences(stays: Stays, families: Families, people: People) -> Residences:
    size = families.size[stays.family]
    stay = np.repeat(np.arange(len(stays)), size)
    place = np.arange(len(stay)) - np.repeat(np.cumsum(size) - size, size)
    person = families.first[stays.family][stay] + place
    begin = np.maximum(stays.begin[stay], np.maximum(people.arrived[person], people.born[person]))
    end = np.minimum(stays.end[stay], people.died[person])
    kept = begin < end
    return Residences(person[kept], stay[kept], stays.house[stay][kept], begin[kept], end[kept])


@dataclass(frozen=True)
class _Hukou:
    houses: Houses
    families: Families
    people: People
    stays: Stays

    def last_house(self) -> Ints:
        house = np.full(len(self.families), -1)
        house[self.stays.family[::-1]] = self.stays.house[::-1]
        return house


def _hukou_houses(dice: Dice, world: _Hukou) -> Ints:
    """The registered dwelling of everyone with hukou in the city; a fifth of families keep it at another house."""
    families, houses = world.families, world.houses
    last = world.last_house()
    inside = np.flatnonzero((houses.use == Use.RESIDENTIAL) & np.isin(houses.kind, _FAMILY_HOMES))
    owning = np.zeros(len(families), dtype=bool)
    owning[world.stays.family] = world.stays.tenure == OWN
    together = families.plant == Plant.LARGE_FAMILY
    away = ~together & dice.happens(0.2, len(families)) | ~owning & (families.status == RESIDENT) | (last < 0)
    house = np.where(away, inside[dice.one_of(len(families), len(inside))], last)
    outside = np.flatnonzero(houses.kind == Kind.OUTSIDE)
    city = np.flatnonzero(families.origin == CITY)
    house[city] = outside[np.arange(len(city)) % max(len(outside), 1)]
    of_person = house[world.people.family]
    alone = dice.happens(0.03, len(of_person)) & (families.origin == LOCAL)[world.people.family]
    alone &= ~together[world.people.family]
    of_person = np.where(alone, inside[dice.one_of(len(of_person), len(inside))], of_person)
    return np.where(world.people.newcomer, -1, of_person)


def lives_alone(life: Life, people: People) -> Flags:
    """Whether a person is the only one who truly lives at the home."""
    living = life.home >= 0
    count = np.bincount(life.home[living], minlength=int(life.home.max(initial=0)) + 1)
    alone: Flags = living & (count[np.maximum(life.home, 0)] == 1) & people.resident
    return alone


def former_homes(residences: Residences, people: int) -> Ints:
    """For each person the last house left behind in the district, -1 where there is none."""
    left = np.flatnonzero(residences.end < AS_OF)
    order = left[np.argsort(residences.end[left], kind="stable")]
    before = np.full(people, -1)
    before[residences.person[order]] = residences.house[order]
    return before
