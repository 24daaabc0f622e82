"""Jobs and schooling over five years."""

from dataclasses import dataclass

import numpy as np

from synthetic.calendar import AS_OF, BEGIN, NEVER, YEAR
from synthetic.dice import Dice
from synthetic.families import GONE
from synthetic.life import Life, former_homes
from synthetic.people import People
from synthetic.text import Ints
from synthetic.units import ACTIVE, Sort, Units


@dataclass(frozen=True)
class Jobs:
    """One entry per insured employment; `end` is NEVER while it lasts."""

    person: Ints
    unit: Ints
    begin: Ints
    end: Ints


@dataclass(frozen=True)
class Schooling:
    """One entry per pupil: school, first day, grade (1 to 12); status is 0 in school, 1 finished, 2 left."""

    person: Ints
    school: Ints
    begin: Ints
    grade: Ints
    status: Ints


def draw_jobs(dice: Dice, people: People, units: Units, idle: Ints) -> Jobs:
    """Insured jobs of residents and of some who are gone; `idle` are people who must have none."""
    age, size = people.age, len(people)
    insured = (age >= 18) & (age < 60) & (people.died == NEVER) & dice.happens(0.62, size)
    insured &= people.resident | dice.happens(0.5, size)
    insured[idle] = False
    person = np.flatnonzero(insured)
    employers = np.flatnonzero((units.sort != Sort.SCHOOL) & (units.status == ACTIVE))
    unit = employers[dice.weighted(units.size[employers], len(person))]
    since = np.minimum((dice.rng.exponential(2.5 * YEAR, len(person))).astype(np.int64) + 40, 15 * YEAR)
    begin = np.maximum(AS_OF - since, people.born[person] + 18 * YEAR)
    begin = np.maximum(begin, units.founded[unit])
    left = dice.happens(np.where(people.resident[person], 0.12, 0.95).mean() if not len(person) else 0.0, len(person))
    left |= dice.rng.random(len(person)) < np.where(people.resident[person], 0.10, 0.9)
    end = np.where(left, np.minimum(begin + dice.between(60, 2 * YEAR, len(person)), AS_OF - 20), NEVER)
    keep = begin < np.minimum(end, AS_OF - 5)
    return Jobs(person[keep], unit[keep], begin[keep], end[keep])


def draw_schooling(dice: Dice, people: People, life: Life, units: Units) -> tuple[Schooling, Ints]:
    """Pupils of the district's schools, and the young people of 16 to 18 who are on no roll."""
    years = (AS_OF - people.born) / 365.25
    grade = np.clip((years - 5.8).astype(np.int64), 0, 12)
    pupil = people.resident & (years >= 6.5) & (years < 18.9) & (life.home >= 0)
    share = np.where(years < 15.8, 0.94, 0.84)
    enrolled = pupil & (dice.rng.random(len(people)) < share)
    idle = np.flatnonzero(pupil & ~enrolled & (years >= 16))
    finished = people.resident & (years >= 18.9) & (years < 20.5) & (life.home >= 0) & dice.happens(0.4, len(people))
    known = former_homes(life.residences, len(people)) >= 0
    left = (people.status == GONE) & (years >= 6.5) & (years < 18) & known & dice.happens(0.6, len(people))
    status = np.select([finished, left], [1, 2], 0)
    person = np.flatnonzero(enrolled | finished | left)
    schools = units.schools
    school = schools[(people.family[person] * 7 + (grade[person] > 5)) % len(schools)]
    first = np.maximum(people.arrived[person], np.maximum(BEGIN - 7 * YEAR, people.born[person] + int(6.2 * YEAR)))
    # Whoever comes in the middle of a term enrols then.
    begin = np.minimum(np.maximum(first - first % YEAR + 60, people.arrived[person]), AS_OF)
    return Schooling(person, school, begin, np.maximum(grade[person], 1), status[person]), idle
