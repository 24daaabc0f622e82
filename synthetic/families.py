"""Which families there are: their composition, where they are from, and those that are planted on purpose."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from synthetic.dice import Dice
from synthetic.text import Ints

LOCAL, CITY, NEWCOMER = 0, 1, 2
RESIDENT, GONE, DEAD, OUTSIDER = 0, 1, 2, 3
HEAD, SPOUSE, CHILD, PARENT, SIBLING, OTHER = 0, 1, 2, 3, 4, 5
_ROLES = {"h": HEAD, "s": SPOUSE, "c": CHILD, "p": PARENT, "b": SIBLING, "o": OTHER}


class Plant(IntEnum):
    """What a family was put there for."""

    NONE = 0
    CROWD = 1  # a flat let to far too many
    LARGE_FAMILY = 2  # as many, but one family: lawful
    DORMITORY = 3  # a licensed dormitory room: lawful
    UNREGISTERED = 4  # lives where no registration of any kind is
    ONE_REGISTERED = 5  # the same evidence, but one member is registered: lawful
    NON_RESIDENTIAL = 6  # lives in a shop, workshop, office or garage


@dataclass(frozen=True)
class Template:
    """A composition of a family (one letter per member), how often it occurs, and the age of its head."""

    members: str
    local: float
    newcomer: float
    age: float
    spread: float


# Shares follow household sizes of the 2010 census for the district (2.4 persons on average).
TEMPLATES = (
    Template("h", 0.10, 0.17, 32, 8),
    Template("h", 0.07, 0.008, 75, 7),
    Template("hs", 0.10, 0.24, 35, 9),
    Template("hs", 0.19, 0.02, 69, 6),
    Template("hsc", 0.22, 0.22, 39, 6),
    Template("hsc", 0.10, 0.01, 57, 5),
    Template("hscc", 0.03, 0.08, 39, 5),
    Template("hc", 0.03, 0.02, 41, 6),
    Template("hscp", 0.07, 0.02, 38, 5),
    Template("hscpp", 0.05, 0.015, 38, 5),
    Template("hsccpp", 0.01, 0.008, 38, 4),
    Template("hb", 0.02, 0.05, 27, 5),
    Template("hbb", 0.004, 0.012, 26, 5),
    Template("ho", 0.0, 0.05, 28, 6),
    Template("hoo", 0.0, 0.04, 28, 6),
    Template("hooo", 0.0, 0.02, 28, 6),
    Template("h" + "o" * 11, 0.0, 0.0, 33, 8),
    Template("h" + "o" * 14, 0.0, 0.0, 33, 8),
    Template("hsccppb", 0.0, 0.0, 39, 4),
    Template("hsccppbb", 0.0, 0.0, 39, 4),
    Template("h" + "o" * 5, 0.0, 0.0, 27, 6),
)
_CROWDS, _LARGE, _DORMITORY, _SMALL = (16, 17), (18, 19), (20,), (2, 4, 6)
# Planted families among 20,000 residents; a small district has three of each.
_PLANTED = {
    Plant.CROWD: (40, _CROWDS),
    Plant.LARGE_FAMILY: (20, _LARGE),
    Plant.DORMITORY: (60, _DORMITORY),
    Plant.UNREGISTERED: (40, _SMALL),
    Plant.ONE_REGISTERED: (40, _SMALL),
    Plant.NON_RESIDENTIAL: (30, _SMALL),
}
_DISTRICT_FAMILIES = 0.375
_CITY_FAMILIES = 0.075


@dataclass(frozen=True)
class Families:
    """One entry per family; `first` is its first person, `size` how many follow."""

    template: Ints
    origin: Ints
    status: Ints
    plant: Ints
    size: Ints
    first: Ints

    def __len__(self) -> int:
        return len(self.template)

    def members(self) -> tuple[Ints, Ints]:
        """For every person its family and its role, persons in order."""
        table = np.full((len(TEMPLATES), max(len(each.members) for each in TEMPLATES)), -1)
        for index, template in enumerate(TEMPLATES):
            table[index, : len(template.members)] = [_ROLES[letter] for letter in template.members]
        family = np.repeat(np.arange(len(self)), self.size)
        place = np.arange(len(family)) - self.first[family]
        return family, table[self.template[family], place]


def draw_families(dice: Dice, persons: int) -> Families:
    """Families of exactly `persons` residents, then those that are gone, dead or own here without living here."""
    planted = [(plant, templates, _count(persons, at_20000)) for plant, (at_20000, templates) in _PLANTED.items()]
    plant = np.concatenate([np.full(count, code) for code, _, count in planted])
    template = np.concatenate([np.array(kinds)[dice.one_of(count, len(kinds))] for _, kinds, count in planted])
    origin = np.where(np.isin(plant, [Plant.LARGE_FAMILY]) & dice.happens(0.5, len(plant)), LOCAL, NEWCOMER)
    ordinary = persons // 2 + 50
    ordinary_origin = _draw_origin(dice, ordinary)
    template = np.r_[template, _draw_template(dice, ordinary_origin)]
    origin, plant = np.r_[origin, ordinary_origin], np.r_[plant, np.zeros(ordinary, dtype=np.int64)]
    size = _sizes(template)
    last = int(np.searchsorted(np.cumsum(size), persons))
    size = size[: last + 1]
    size[last] -= int(size.sum()) - persons
    status = np.full(last + 1, RESIDENT)
    return _with_absent(
        dice, persons, Families(template[: last + 1], origin[: last + 1], status, plant[: last + 1], size, size)
    )


def _with_absent(dice: Dice, persons: int, residents: Families) -> Families:
    """Adds families of newcomers that left, locals that left but kept their hukou, the dead, and absent owners."""
    counts = [
        (persons // 16, NEWCOMER, GONE),
        (persons // 50, LOCAL, GONE),
        (persons // 40, LOCAL, DEAD),
        (persons // 40, CITY, OUTSIDER),
    ]
    origin = np.concatenate([np.full(count, code) for count, code, _ in counts])
    status = np.concatenate([np.full(count, code) for count, _, code in counts])
    template = np.where(status == GONE, _draw_template(dice, origin), np.where(status == DEAD, 1, 0))
    template = np.r_[residents.template, template]
    size = np.r_[residents.size, _sizes(template[len(residents) :])]
    return Families(
        template,
        np.r_[residents.origin, origin],
        np.r_[residents.status, status],
        np.r_[residents.plant, np.zeros(len(origin), dtype=np.int64)],
        size,
        np.cumsum(size) - size,
    )


def _count(persons: int, at_20000: int) -> int:
    return max(min(3, persons // 150), round(at_20000 * persons / 20000))


def _sizes(template: Ints) -> Ints:
    return np.array([len(each.members) for each in TEMPLATES])[template]


def _draw_origin(dice: Dice, size: int) -> Ints:
    return dice.weighted([_DISTRICT_FAMILIES, _CITY_FAMILIES, 1 - _DISTRICT_FAMILIES - _CITY_FAMILIES], size)


def _draw_template(dice: Dice, origin: Ints) -> Ints:
    local = dice.weighted([each.local for each in TEMPLATES], len(origin))
    newcomer = dice.weighted([each.newcomer for each in TEMPLATES], len(origin))
    return np.where(origin == NEWCOMER, newcomer, local)
