"""Who owns each house, who owned it before, and who lets it: owners, and operators that let many crowded flats."""

from dataclasses import dataclass

import numpy as np

from synthetic.calendar import NEVER
from synthetic.dice import Dice
from synthetic.families import DEAD, GONE, HEAD, NEWCOMER, OUTSIDER, SPOUSE, Families, Plant
from synthetic.houses import Houses, Use
from synthetic.life import OWN, RENT, Life
from synthetic.people import People
from synthetic.text import Ints
from synthetic.units import Sort, Units

CROWDS_OF_ONE_OPERATOR = 3


@dataclass(frozen=True)
class Tenure:
    """Owner per house as a person or a unit (-1: not one), the earlier owner, and per stay who lets (-1: nobody).

    `operators` are persons who let several crowded flats, `lawful_landlords` those who let as many, uncrowded.
    """

    owner: Ints
    owner_unit: Ints
    earlier: Ints
    letting: Ints
    operators: Ints
    lawful_landlords: Ints


def draw_tenure(dice: Dice, houses: Houses, families: Families, people: People, life: Life, units: Units) -> Tenure:  # noqa: PLR0913
    """Homes belong to those who moved in as owners; other houses to locals, absent owners and companies."""
    owner = _owners(dice, houses, families, people, life)
    company_owned = np.isin(houses.use, [Use.DORMITORY, Use.INDUSTRIAL, Use.OFFICE]) | (
        houses.use == Use.COMMERCIAL
    ) & dice.happens(0.2, len(houses))
    companies = np.flatnonzero(units.sort == Sort.COMPANY)
    owner_unit = np.where(company_owned, companies[houses.building_id % len(companies)], -1)
    earlier = _earlier_owners(dice, families, people, len(houses))
    stays = life.stays
    letting = np.where(stays.tenure == RENT, owner[stays.house], -1)
    crowd = np.flatnonzero((families.plant[stays.family] == Plant.CROWD) & (stays.end == NEVER))
    count = -(-len(crowd) // CROWDS_OF_ONE_OPERATOR)
    heads = np.flatnonzero(
        (people.role == HEAD) & people.resident & (families.plant[people.family] == Plant.NONE) & (people.age > 25)
    )
    chosen = dice.sample(heads, count * 2)
    operators, lawful = chosen[:count], chosen[count:]
    letting[crowd] = operators[np.arange(len(crowd)) // CROWDS_OF_ONE_OPERATOR]
    rented = np.flatnonzero(
        (stays.tenure == RENT) & (stays.end == NEVER) & (families.plant[stays.family] == Plant.NONE)
    )
    orderly = dice.sample(rented, len(lawful) * CROWDS_OF_ONE_OPERATOR)
    owner[stays.house[orderly]] = lawful[np.arange(len(orderly)) % max(len(lawful), 1)]
    letting[orderly] = owner[stays.house[orderly]]
    return Tenure(owner, owner_unit, earlier, letting, operators, lawful)


def _earlier_owners(dice: Dice, families: Families, people: People, size: int) -> Ints:
    """Who owned each house before: mostly people who died, left or never lived here, else somebody who moved on."""
    away = np.flatnonzero((people.role == HEAD) & np.isin(people.status, [GONE, DEAD, OUTSIDER]) & (people.age > 30))
    here = _landlords(families, people)
    return np.where(dice.happens(0.7, size), away[dice.one_of(size, len(away))], here[dice.one_of(size, len(here))])


def _landlords(families: Families, people: People) -> Ints:
    local = families.origin[people.family] != NEWCOMER
    pool = (people.role == HEAD) & (people.age > 30) & (local & people.resident | (people.status == OUTSIDER))
    return np.flatnonzero(pool & ((people.status == OUTSIDER) | (people.first17 % 10 < 8)))


def _owners(dice: Dice, houses: Houses, families: Families, people: People, life: Life) -> Ints:
    landlords = _landlords(families, people)
    owner = landlords[dice.one_of(len(houses), len(landlords))]
    stays = life.stays
    own = np.flatnonzero((stays.tenure == OWN) & (stays.end == NEVER))
    head = families.first[stays.family[own]]
    spouse = np.minimum(head + 1, len(people) - 1)
    theirs = (people.role[spouse] == SPOUSE) & dice.happens(0.3, len(own))
    owner[stays.house[own][::-1]] = np.where(theirs, spouse, head)[::-1]
    return owner
