"""Judgements are a named person's with a reason; where two judge a pair, neither knows of the other until both have."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from stores.home import Home, create_home
from stores.operational import Operational, open_operational
from stores.operational.decisions import Decision, DecisionKind
from stores.operational.moving import move_to_server
from stores.operational.reviews import Outcome, ReviewError
from tests.postgresql.operational import OperationalServer

# The fixtures open it in a file of the home and on a server.
from tests.stores.test_operational import home, operational

__all__ = ["home", "operational"]
GIVEN = Decision("person", 9, 4, DecisionKind.MUST_LINK, "wang", datetime(2026, 7, 1), "same phone", "v9", "v4")
OTHERS = replace(GIVEN, record_l=4, record_r=9, who="li", why="seen both", version_l="v4", version_r="v9")
AGAINST = replace(OTHERS, kind=DecisionKind.CANNOT_LINK)


def in_force(operational: Operational) -> list[tuple[str, str, str]]:
    return [(row["kind"], row["who"], row["why"]) for row in operational.decisions("person").to_pylist()]


def test_a_judgement_of_one_is_in_force_at_once(operational: Operational) -> None:
    assert operational.reviews.judge(GIVEN, twice=False) is None
    assert in_force(operational) == [("must_link", "wang", "same phone")]
    [row] = operational.decisions("person").to_pylist()
    assert (row["record_l"], row["version_l"], row["version_r"]) == (4, "v4", "v9")


def test_two_who_agree_decide_together_and_the_first_alone_changes_nothing(operational: Operational) -> None:
    assert operational.reviews.judge(GIVEN, twice=True) is Outcome.OPEN
    assert in_force(operational) == []
    assert operational.reviews.judge(OTHERS, twice=True) is Outcome.AGREED
    assert in_force(operational) == [("must_link", "wang, li", "same phone; seen both")]
    assert operational.reviews.unsettled() == []


def test_where_two_disagree_a_third_decides_and_until_then_nothing_changes(operational: Operational) -> None:
    operational.reviews.judge(GIVEN, twice=True)
    assert operational.reviews.judge(AGAINST, twice=True) is Outcome.DISAGREED
    assert in_force(operational) == []
    for who in ("wang", "li"):
        with pytest.raises(ReviewError, match="somebody else"):
            operational.reviews.judge(replace(GIVEN, who=who), twice=True)
    assert operational.reviews.judge(replace(AGAINST, who="zhao", why="file"), twice=True) is Outcome.ADJUDICATED
    assert in_force(operational) == [("cannot_link", "zhao", "file")]
    [review] = operational.reviews.double_reviews()
    assert [each.who for each in review.judgements] == ["wang", "li", "zhao"]


def test_the_second_judgement_counts_though_the_share_was_lowered_meanwhile(operational: Operational) -> None:
    operational.reviews.judge(GIVEN, twice=True)
    assert operational.reviews.judge(OTHERS, twice=False) is Outcome.AGREED


def test_nobody_is_their_own_second(operational: Operational) -> None:
    operational.reviews.judge(GIVEN, twice=True)
    with pytest.raises(ReviewError, match="judged this pair already"):
        operational.reviews.judge(GIVEN, twice=True)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"who": " "}, "nobody is named"), ({"why": ""}, "no reason"), ({"record_r": 9}, "the same record")],
)
def test_a_judgement_without_a_person_a_reason_or_two_records_is_refused(
    operational: Operational, wrong: dict[str, str], told: str
) -> None:
    with pytest.raises(ReviewError, match=told):
        operational.reviews.judge(replace(GIVEN, **wrong), twice=False)
    with pytest.raises(ReviewError, match=told):
        operational.reviews.undo(replace(GIVEN, kind=DecisionKind.WITHDRAWN, **wrong))
    assert in_force(operational) == []


def test_undoing_leaves_the_pair_to_the_model_and_the_record_of_it_stays(operational: Operational) -> None:
    withdrawal = replace(OTHERS, kind=DecisionKind.WITHDRAWN)
    with pytest.raises(ReviewError, match="no decision in force"):
        operational.reviews.undo(withdrawal)
    operational.reviews.judge(GIVEN, twice=False)
    operational.reviews.undo(withdrawal)
    assert in_force(operational) == []


def test_one_s_own_judgement_can_be_undone_before_another_has_judged_and_only_by_oneself(
    operational: Operational,
) -> None:
    operational.reviews.judge(GIVEN, twice=True)
    with pytest.raises(ReviewError, match="no judgement of yours"):
        operational.reviews.undo(replace(OTHERS, kind=DecisionKind.WITHDRAWN))
    operational.reviews.undo(replace(GIVEN, kind=DecisionKind.WITHDRAWN))
    assert [each.outcome for each in operational.reviews.double_reviews()] == [Outcome.WITHDRAWN]
    assert operational.reviews.judge(AGAINST, twice=True) is Outcome.OPEN


def test_double_reviews_move_to_a_server_and_go_on_there(tmp_path: Path, operational_server: OperationalServer) -> None:
    moved: Home = create_home(tmp_path / "moved", kind="synthetic")
    with open_operational(moved) as before:
        before.reviews.judge(GIVEN, twice=True)
        expected = before.reviews.double_reviews()
    operational_server.named_in(moved)
    move_to_server(moved, "move-operational")
    with open_operational(moved) as after:
        assert after.reviews.double_reviews() == expected
        assert after.reviews.judge(OTHERS, twice=True) is Outcome.AGREED
        assert after.reviews.judge(replace(GIVEN, record_l=1), twice=True) is Outcome.OPEN
