"""How well stewards agree who judge the same pairs without knowing of each other: Cohen's kappa with its interval."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from stores.operational.decisions import DecisionKind
from stores.operational.reviews import DoubleReview, Outcome

Z = 1.96
KINDS = (DecisionKind.MUST_LINK, DecisionKind.CANNOT_LINK)


@dataclass(frozen=True)
class Agreement:
    """Double reviews of one register, or of all.

    `counts` maps what the first and the second steward said to the number of pairs. `kappa` is None where nobody has
    judged twice, or where both said the same of every pair: then chance alone would agree as well.
    """

    register: str
    counts: Counter[tuple[DecisionKind, DecisionKind]]
    awaiting_second: int
    awaiting_third: int
    adjudicated: int

    @property
    def pairs(self) -> int:
        """Pairs that two have judged."""
        return self.counts.total()

    @property
    def agreed(self) -> int:
        """Pairs of which both said the same."""
        return sum(self.counts[kind, kind] for kind in KINDS)

    @property
    def kappa(self) -> float | None:
        """Agreement beyond chance: 1 is perfect, 0 what chance gives."""
        expected = self._expected
        if expected is None or expected == 1:
            return None
        return (self.agreed / self.pairs - expected) / (1 - expected)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of kappa, by the large-sample variance of Fleiss, Cohen and Everitt (1969)."""
        kappa, expected = self.kappa, self._expected
        if kappa is None or expected is None:
            return None
        first, second = self._shares(0), self._shares(1)
        on = sum(self._share(kind, kind) * (1 - (first[kind] + second[kind]) * (1 - kappa)) ** 2 for kind in KINDS)
        off = (1 - kappa) ** 2 * sum(
            self._share(one, other) * (second[one] + first[other]) ** 2
            for one in KINDS
            for other in KINDS
            if one is not other
        )
        variance = (on + off - (kappa - expected * (1 - kappa)) ** 2) / (self.pairs * (1 - expected) ** 2)
        reach = Z * sqrt(max(variance, 0.0))
        return max(kappa - reach, -1.0), min(kappa + reach, 1.0)

    @property
    def share_interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the share of pairs agreed on (Wilson): few pairs make it wide, also where all agree."""
        n = self.pairs
        if n == 0:
            return None
        share, spread = self.agreed / n, Z * Z / n
        centre, reach = share + spread / 2, Z * sqrt(share * (1 - share) / n + spread / (4 * n))
        return max((centre - reach) / (1 + spread), 0.0), min((centre + reach) / (1 + spread), 1.0)

    @property
    def _expected(self) -> float | None:
        if self.pairs == 0:
            return None
        first, second = self._shares(0), self._shares(1)
        return sum(first[kind] * second[kind] for kind in KINDS)

    def _share(self, one: DecisionKind, other: DecisionKind) -> float:
        return self.counts[one, other] / self.pairs

    def _shares(self, place: int) -> dict[DecisionKind, float]:
        return {
            kind: sum(count for said, count in self.counts.items() if said[place] is kind) / self.pairs
            for kind in KINDS
        }


def agreement(register: str, reviews: Iterable[DoubleReview]) -> Agreement:
    """The agreement of these double reviews; those withdrawn before the second judgement do not count."""
    held = list(reviews)
    twice = [each for each in held if len(each.judgements) > 1]
    return Agreement(
        register=register,
        counts=Counter((each.judgements[0].kind, each.judgements[1].kind) for each in twice),
        awaiting_second=_count(held, Outcome.OPEN),
        awaiting_third=_count(held, Outcome.DISAGREED),
        adjudicated=_count(held, Outcome.ADJUDICATED),
    )


def _count(reviews: Sequence[DoubleReview], outcome: Outcome) -> int:
    return sum(each.outcome is outcome for each in reviews)


def agreements(reviews: Sequence[DoubleReview]) -> list[Agreement]:
    """The agreement of each register that has double reviews, and of all together."""
    registers = sorted({each.register for each in reviews})
    parts = [agreement(name, (each for each in reviews if each.register == name)) for name in registers]
    return [*parts, agreement("all", reviews)]
