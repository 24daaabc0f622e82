"""Chance, by seed: each part of the district draws from a stream of its own and does not disturb another."""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthetic.text import Flags, Ints


@dataclass(frozen=True)
class Dice:
    """A stream of chance with the draws that the district is made of."""

    rng: np.random.Generator

    def happens(self, rate: float, size: int) -> Flags:
        """True in about `rate` of the rows."""
        return self.rng.random(size) < rate

    def between(self, low: int, high: int, size: int) -> Ints:
        """Whole numbers from `low` to `high`, both possible."""
        return self.rng.integers(low, high, size, endpoint=True)

    def weighted(self, weights: "Ints | list[float] | list[int] | NDArray[np.float64]", size: int) -> Ints:
        """Indexes into `weights`, each as often as its weight says."""
        ladder = np.cumsum(np.asarray(weights, dtype=float))
        drawn = np.searchsorted(ladder, self.rng.random(size) * ladder[-1], side="right")
        return np.asarray(np.minimum(drawn, len(ladder) - 1))

    def one_of(self, size: int, count: int) -> Ints:
        """Indexes below `count`, all equally likely; -1 where there is nothing to choose from."""
        return self.rng.integers(0, count, size) if count else np.full(size, -1)

    def within(self, low: Ints, high: Ints) -> Ints:
        """For each row a whole number from low to high (low where the span is empty)."""
        span = np.maximum(np.asarray(high) - np.asarray(low) + 1, 1)
        return np.asarray(low) + (self.rng.random(len(span)) * span).astype(np.int64)

    def sample(self, pool: Ints, count: int) -> Ints:
        """At most `count` different members of the pool, in ascending order."""
        return np.sort(self.rng.permutation(pool)[: max(count, 0)])


def dice(seed: int, *names: str) -> Dice:
    """The stream of one named part; equal seeds and names give equal draws."""
    return Dice(np.random.default_rng([seed, *(zlib.crc32(name.encode()) for name in names)]))
