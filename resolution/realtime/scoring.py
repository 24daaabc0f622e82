"""Scores one pair of records by the weights that batch linking has, to the same sum as Splink's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log2

from resolution.columns import cut_model
from resolution.explain import Step, shown
from resolution.realtime.expressions import Row, Value, pair_condition
from resolution.weights import Weights, level_weight, log_odds
from schemas.readers.linkage import Comparison, Level, LinkageModel

LevelWeigher = Callable[[Row], float]


@dataclass(frozen=True)
class _Compared:
    """A comparison made ready: the places of what it needs, conditions in order, and how each level weighs."""

    comparison: Comparison
    needs: tuple[int, ...]
    conditions: tuple[Value, ...]
    weighers: tuple[LevelWeigher, ...]

    def level(self, left: Row, right: Row) -> int:
        """The place of the level that holds; -1 where the comparison says nothing."""
        for place in self.needs:
            if left[place] is None or right[place] is None:
                return -1
        for place, holds in enumerate(self.conditions):
            if holds(left, right):
                return place
        return len(self.conditions)


class Scorer:
    """Match weights of a register of so many nodes; records are rows of `columns`, those that some node fills."""

    def __init__(self, model: LinkageModel, weights: Weights, *, nodes: int, columns: tuple[str, ...]) -> None:
        self.model = cut_model(model, frozenset(columns)).model
        self.columns = columns
        self.prior_weight = log_odds(weights.prior(nodes, smallest_population=model.training.smallest_population))
        sized = weights.at_size(model, nodes)
        self._compared = tuple(_compared(each, columns, sized) for each in self.model.comparisons)

    def weight(self, left: Row, right: Row) -> float:
        """log2 of the odds that the two are one."""
        total = self.prior_weight
        for each in self._compared:
            level = each.level(left, right)
            if level >= 0:
                total += each.weighers[level](left)
        return total

    def steps(self, left: Row, right: Row) -> Iterator[Step]:
        """What each comparison said, in order; their weights and `prior_weight` add up to the match weight."""
        sides = self._named(left, "l") | self._named(right, "r")
        for each in self._compared:
            place = each.level(left, right)
            if place >= 0:
                level = each.comparison.levels[place]
                one, other = (shown(sides, each.comparison.needs, side) for side in "lr")
                weight = each.weighers[place](left)
                yield Step(each.comparison.id, level.id, level.zh, level.en, one, other, weight)

    def _named(self, row: Row, side: str) -> dict[str, object]:
        return {f"{name}_{side}": value for name, value in zip(self.columns, row, strict=True)}


def _compared(comparison: Comparison, columns: tuple[str, ...], weights: Weights) -> _Compared:
    return _Compared(
        comparison,
        tuple(columns.index(name) for name in comparison.needs),
        tuple(pair_condition(level.when, columns) for level in comparison.levels if level.when is not None),
        tuple(_weigher(comparison, level, columns, weights) for level in comparison.levels),
    )


def _weigher(comparison: Comparison, level: Level, columns: tuple[str, ...], weights: Weights) -> LevelWeigher:
    if level.term_frequency is None:
        weight = level_weight(weights, comparison.id, level)
        return lambda row: weight
    place = columns.index(level.term_frequency)
    shares = weights.frequency(level.term_frequency, comparison.id, level.id)
    m = weights.levels[comparison.id, level.id].m
    return lambda row: log2(m / shares.of(row[place]))
