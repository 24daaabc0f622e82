"""A department's desk: its clerk, its stream of chance, and the numbers that it gives to rows."""

from dataclasses import dataclass

import numpy as np

from synthetic.calendar import AS_OF
from synthetic.clerk import Clerk
from synthetic.dice import Dice, dice
from synthetic.faults import FaultLog, Faults
from synthetic.records import DAY
from synthetic.text import Flags, Ints, Text, join, number, take, where
from synthetic.world import World


@dataclass(frozen=True)
class Desk:
    """What the writing of one feed needs."""

    feed: str
    world: World
    faults: Faults
    dice: Dice
    clerk: Clerk

    def slips(self, fault: str, able: Flags) -> Flags:
        """Which of the able rows get the fault."""
        return self.clerk.slips(fault, able)

    def row_keys(self, prefix: str, size: int) -> Text:
        """Numbers in no telling order; the check digit keeps neighbours apart."""
        return join(prefix, number(self.dice.rng.permutation(size) + 1, 8))

    def committees(self, house: Ints) -> Text:
        """The committee of each house, by name in some rows and by code in others."""
        committee = self.world.houses.committee[house]
        names, codes = take(self.world.map.committees, committee), take(self.world.map.committee_codes, committee)
        return where(self.dice.happens(0.55, len(house)), names, codes)

    def versions(self, earliest: Ints) -> Ints:
        """When each row was last touched: some time from the earliest day until the full dump, most of them lately."""
        span = np.maximum(AS_OF - 1 - earliest, 0)
        when = AS_OF - 1 - (span * self.dice.rng.random(len(span)) ** 2).astype(np.int64)
        return when * DAY + self.dice.between(8 * 3600, 18 * 3600, len(span))


def open_desk(feed: str, world: World, faults: Faults, *, seed: int, log: FaultLog) -> Desk:
    """The desk of one feed; its chance is independent of every other feed."""
    stream = dice(seed, "feed", feed)
    return Desk(feed, world, faults, stream, Clerk(feed, world, faults, dice(seed, "clerk", feed), log))
