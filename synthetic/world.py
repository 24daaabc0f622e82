"""The whole made-up district as it truly is: what every feed is a faulty copy of."""

from dataclasses import dataclass

import numpy as np

from synthetic.dice import Dice
from synthetic.district_map import DistrictMap
from synthetic.families import HEAD, SPOUSE, Families
from synthetic.houses import Houses
from synthetic.life import Life
from synthetic.names import NameStock
from synthetic.people import People
from synthetic.tenure import Tenure
from synthetic.text import Ints
from synthetic.units import Units
from synthetic.work import Jobs, Schooling


@dataclass(frozen=True)
class World:
    """Everything that is true; `next_door` is for each house another one in its building (itself where it is alone)."""

    map: DistrictMap
    stock: NameStock
    houses: Houses
    families: Families
    people: People
    life: Life
    tenure: Tenure
    units: Units
    jobs: Jobs
    schooling: Schooling
    next_door: Ints

    def housemate(self, dice: Dice, person: Ints) -> Ints:
        """Another member of each person's family; the person where it lives alone."""
        family = self.people.family[person]
        size = self.families.size[family]
        place = person - self.families.first[family]
        step = dice.within(np.ones(len(person), dtype=np.int64), np.maximum(size - 1, 1))
        return self.families.first[family] + (place + step) % size

    def parent(self, person: Ints) -> Ints:
        """The head of each person's family, or the spouse where the person is the head."""
        first = self.families.first[self.people.family[person]]
        second = np.minimum(first + 1, len(self.people) - 1)
        married = self.people.role[second] == SPOUSE
        return np.where((self.people.role[person] == HEAD) & married, second, first)


def next_door(houses: Houses) -> Ints:
    """For each house the next one in its building, the one before for the last; itself where it is alone."""
    index = np.arange(len(houses))
    after = np.minimum(index + 1, len(houses) - 1)
    before = np.maximum(index - 1, 0)
    same = houses.building_id
    return np.where(
        same[after] == same, np.where(after == index, before, after), np.where(same[before] == same, before, index)
    )
