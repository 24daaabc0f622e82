"""The recorded facts with true entities: what a hub that makes no mistake in linking would know."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthetic.deltas import Schedule
from synthetic.evidence import Evidence, Placement, gather_evidence, place_people
from synthetic.families import Plant
from synthetic.records import Facts, Feed
from synthetic.text import Flags, Ints
from synthetic.world import World


@dataclass(frozen=True)
class Known:
    """The recorded facts with true entities, as of the last delivery."""

    world: World
    feeds: list[tuple[Feed, Schedule]]
    day: int

    @cached_property
    def evidence(self) -> Evidence:
        """All evidence of living."""
        return gather_evidence([feed for feed, _ in self.feeds])

    @cached_property
    def current(self) -> Evidence:
        """The evidence in force."""
        return self.evidence.on(self.day)

    @cached_property
    def placement(self) -> Placement:
        """Where the evidence places everyone."""
        return place_people(self.evidence, self.world, self.day)

    @cached_property
    def residents(self) -> Ints:
        """Number of persons that the evidence places at each house."""
        house = self.placement.house
        count: Ints = np.bincount(house[house >= 0], minlength=len(self.world.houses))
        return count

    @cached_property
    def registered_houses(self) -> Flags:
        """Houses that the housing register carries."""
        known = np.zeros(len(self.world.houses), dtype=bool)
        for feed, schedule in self.feeds:
            if feed.name == "housing_register":
                for role in feed.houses:
                    known[role.house[~schedule.lost[role.rows]]] = True
        return known

    def plants(self, *plants: Plant) -> Flags:
        """Houses where a family of these plants lives now."""
        marked = np.zeros(len(self.world.houses), dtype=bool)
        home, people = self.world.life.home, self.world.people
        rows = (home >= 0) & np.isin(self.world.families.plant[people.family], plants)
        marked[home[rows]] = True
        return marked

    def facts(self, *kinds: str) -> list[Facts]:
        """The facts of these kinds."""
        return [fact for feed, _ in self.feeds for fact in feed.facts if fact.kind in kinds]

    def persons_of(self, *kinds: str) -> Flags:
        """Persons who are the subject of a fact of these kinds in force."""
        marked = np.zeros(len(self.world.people), dtype=bool)
        for fact in self.facts(*kinds):
            marked[fact.subject[(fact.begin <= self.day) & (fact.end > self.day)]] = True
        return marked

    @property
    def age(self) -> Ints:
        """Full years of everyone on the day."""
        born = self.world.people.born.astype("datetime64[D]")
        today = np.datetime64(self.day, "D")
        years = today.astype("datetime64[Y]").astype(int) - born.astype("datetime64[Y]").astype(int)
        return np.asarray(years - (_day_of_year(born) > _day_of_year(today)))


def _day_of_year(days: NDArray[Any] | np.datetime64) -> Ints:
    months = np.asarray(days).astype("datetime64[M]")
    return np.asarray(months.astype(int) % 12 * 31 + (np.asarray(days) - months).astype(int))
