"""Explanations add up to Splink's score and tell what was decided."""

from collections.abc import Iterator
from datetime import date
from math import log2
from pathlib import Path

import pytest

from resolution.blocking import block
from resolution.columns import Sources
from resolution.errors import UnknownRecordError
from resolution.explain import Explanation, explain_pair
from resolution.linking import prepare_nodes
from resolution.models import score
from tests.resolution.townsfolk import MODEL, Town, person, town

ID = "310114199001011234"
WAREHOUSE = Sources("standard.person_record")


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as found:
        found.add(
            person(1, "王伟", "wang wei", id_number=ID, phone="13911111111", sex="male", hukou_area="310114"),
            person(2, "王伟", "wang wei", id_number=ID, birth_date=date(1990, 1, 1), phone="13922222222"),
            person(3, "王炜", "wang wei", feed="field_visits", phone="13922222222", hukou_area="320500"),
            person(4, "王芳", "wang fang", feed="school_roll", phone="13911111111", birth_date=date(1990, 1, 1)),
            person(5, "黎晓", "li xiao", feed="utilities"),
        )
        found.house("H1", 1, 3, 4)
        yield found


def explain(here: Town, left: int, right: int) -> Explanation:
    return explain_pair(here.warehouse, (left, right), model=MODEL, weights=here.weights, sources=WAREHOUSE)


def test_the_sum_of_the_steps_is_the_score_that_splink_gave(here: Town) -> None:
    fitted = prepare_nodes(here.warehouse, here.operational, MODEL, "standard.person_record").model
    block(here.warehouse, fitted)
    score(here.warehouse, fitted, here.weights, records=2)
    scores = here.warehouse.rows("SELECT record_id_l, record_id_r, match_weight, match_probability FROM scored")
    here.resolve()
    assert len(scores) == 2
    for left, right, weight, probability in scores:
        found = explain(here, left, right)
        assert found.nodes == (left, right)
        assert found.weight == pytest.approx(weight, abs=1e-9)
        assert found.probability == pytest.approx(probability, abs=1e-9)


def test_each_step_says_in_words_what_it_weighs(here: Town) -> None:
    here.resolve()
    found = explain(here, 2, 3)
    name = next(step for step in found.steps if step.comparison == "name")
    assert (name.level, name.zh, name.left, name.right) == ("same_sound", "姓名同音", "wang wei", "wang wei")
    assert name.weight == pytest.approx(log2(0.05 / 0.0001))
    assert (found.outcome, found.same_entity) == ("accepted", True)
    assert {rule.rule for rule in found.rules if rule.agrees} == {"name_and_dwelling", "name_and_phone"}


def test_a_household_member_is_told_apart_by_the_given_name(here: Town) -> None:
    here.resolve()
    found = explain(here, 4, 1)
    against = {step.level for step in found.steps if step.weight < 0}
    assert (found.outcome, found.same_entity) == ("unlinked", False)
    assert {"household", "shared"} <= against


def test_collapsed_records_name_the_rule_that_made_them_one(here: Town) -> None:
    here.resolve()
    found = explain(here, 1, 2)
    assert (found.outcome, found.reason, found.same_entity) == ("collapse", "id_and_name", True)


def test_records_that_no_rule_brings_together_say_so(here: Town) -> None:
    here.resolve()
    found = explain(here, 1, 5)
    assert found.outcome == "unlinked"
    assert not any(rule.agrees for rule in found.rules)


def test_an_unknown_record_is_refused(here: Town) -> None:
    here.resolve()
    with pytest.raises(UnknownRecordError, match="999"):
        explain(here, 1, 999)
