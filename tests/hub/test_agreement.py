"""Cohen's kappa beside figures worked out elsewhere."""

from datetime import datetime

import pytest

from hub.agreement import agreement, agreements
from stores.operational.decisions import Decision, DecisionKind
from stores.operational.reviews import DoubleReview, Outcome

SAME, DIFFERENT = DecisionKind.MUST_LINK, DecisionKind.CANNOT_LINK


def reviews(counts: dict[tuple[DecisionKind, ...], int], register: str = "person") -> list[DoubleReview]:
    """Double reviews in which stewards said this, so many times."""
    found = []
    for said, number in counts.items():
        given = [
            Decision(register, 1, 2, kind, f"s{place}", datetime(2026, 7, 1), "") for place, kind in enumerate(said)
        ]
        outcome = Outcome.OPEN if len(said) < 2 else Outcome.AGREED if said[0] is said[1] else Outcome.DISAGREED
        found += [DoubleReview(1, register, 1, 2, outcome, given)] * number
    return found


def test_kappa_and_its_interval_are_those_of_the_textbook_example() -> None:
    # 50 proposals read by two: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no; kappa .4, standard error .127.
    held = reviews({(SAME, SAME): 20, (SAME, DIFFERENT): 5, (DIFFERENT, SAME): 10, (DIFFERENT, DIFFERENT): 15})
    found = agreement("person", held)
    assert (found.pairs, found.agreed, found.awaiting_third) == (50, 35, 15)
    assert found.kappa == pytest.approx(0.4)
    assert found.interval == pytest.approx((0.4 - 1.96 * 0.127, 0.4 + 1.96 * 0.127), abs=1e-3)


def test_chance_agreement_is_worth_nothing() -> None:
    held = reviews({(SAME, SAME): 9, (SAME, DIFFERENT): 9, (DIFFERENT, SAME): 9, (DIFFERENT, DIFFERENT): 9})
    assert agreement("person", held).kappa == pytest.approx(0)


def test_where_all_say_the_same_there_is_no_kappa_but_an_interval_of_the_share() -> None:
    found = agreement("person", reviews({(SAME, SAME): 10}))
    assert (found.kappa, found.interval) == (None, None)
    assert found.share_interval == pytest.approx((0.7225, 1.0), abs=1e-4)


def test_one_judgement_alone_counts_as_awaiting_the_second() -> None:
    found = agreement("person", reviews({(SAME,): 3}))
    assert (found.pairs, found.kappa, found.share_interval, found.awaiting_second) == (0, None, None, 3)


def test_each_register_is_told_and_all_together() -> None:
    held = reviews({(SAME, SAME): 1}, "house") + reviews({(SAME, DIFFERENT): 1}, "person")
    assert [(each.register, each.pairs) for each in agreements(held)] == [("house", 1), ("person", 1), ("all", 2)]
