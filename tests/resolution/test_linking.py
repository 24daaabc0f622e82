"""Linking persons: collapse, household guard, decisions, repair."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from resolution.errors import ResolutionError, UntrainedError
from stores.operational.decisions import Decision, DecisionKind
from tests.resolution.townsfolk import MODEL, Town, person, town

ID = "310114199001011234"
OTHER_ID = "310114198505054321"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as found:
        yield found


def decide(here: Town, left: int, right: int, kind: DecisionKind) -> None:
    here.operational.decide(Decision("person", left, right, kind, "steward", datetime(2026, 7, 1), "seen both"))


def test_a_checked_id_and_the_same_sounding_name_collapse_and_every_member_is_kept_as_a_link(here: Town) -> None:
    here.add(
        person(1, "李小明", "li xiao ming", id_number=ID), person(2, "李晓明", "li xiao ming", id_number=ID, sex="male")
    )
    assert here.link().nodes == 1
    assert here.links() == {(1, 2, "collapse", "accepted", "id_and_name")}
    assert here.warehouse.rows("SELECT node_id FROM collapsed ORDER BY record_id") == [(2,), (2,)]


def test_an_id_alone_never_links_and_goes_to_a_steward(here: Town) -> None:
    here.add(
        person(1, "李小明", "li xiao ming", id_number=ID, birth_date=date(1990, 1, 1)),
        person(2, "赵国强", "zhao guo qiang", id_number=ID, birth_date=date(1971, 5, 2)),
    )
    assert here.link().nodes == 2
    assert here.links() == {(1, 2, "model", "review", "id_alone")}


def test_people_of_one_household_stay_apart_but_a_same_sound_slip_there_is_one_person(here: Town) -> None:
    here.add(
        person(1, "王建国", "wang jian guo"),
        person(2, "王建华", "wang jian hua"),
        person(3, "王建国", "wang jian guo", feed="utilities", phone="13912345678"),
        person(4, "王健国", "wang jian guo", feed="field_visits"),
        person(5, "王丽", "wang li", feed="field_visits", phone="13912345678"),
    )
    here.house("H1", 1, 2, 3, 4, 5)
    here.resolve()
    assert here.partition() == {frozenset({1, 3, 4}), frozenset({2}), frozenset({5})}


def test_a_landlord_named_by_every_tenant_of_a_full_flat_is_one_person(here: Town) -> None:
    here.add(*(person(number, "李耀", "li yao", feed="residence_registration") for number in range(1, 90)))
    here.house("H1", *range(1, 90), kind="letting")
    here.resolve()
    assert here.partition() == {frozenset(range(1, 90))}


def test_a_dormitory_of_many_says_nothing_about_two_of_one_name(here: Town) -> None:
    others = [person(number, "某", f"wang {chr(97 + number // 26)}{chr(97 + number % 26)}") for number in range(70)]
    here.add(*others, person(100, "李耀", "li yao"), person(101, "李耀", "li yao", feed="field_visits"))
    here.house("H1", *range(70), 100, 101)
    here.resolve()
    assert frozenset({100}) in here.partition()


def test_decisions_win_over_scores_and_outlive_reruns(here: Town) -> None:
    here.add(
        person(1, "王建国", "wang jian guo"),
        person(2, "王建国", "wang jian guo"),
        person(3, "陈静", "chen jing"),
        person(4, "刘洋", "liu yang"),
    )
    here.house("H1", 1, 2)
    decide(here, 1, 2, DecisionKind.CANNOT_LINK)
    decide(here, 3, 4, DecisionKind.MUST_LINK)
    here.resolve()
    first = here.entities()
    assert here.partition() == {frozenset({1}), frozenset({2}), frozenset({3, 4})}
    assert (1, 2, "decision", "forbidden", "seen both") in here.links()
    assert (3, 4, "decision", "accepted", "seen both") in here.links()
    here.resolve()
    assert here.entities() == first


def test_a_cannot_link_undoes_a_collapse(here: Town) -> None:
    here.add(person(1, "李小明", "li xiao ming", id_number=ID), person(2, "李小明", "li xiao ming", id_number=ID))
    decide(here, 1, 2, DecisionKind.CANNOT_LINK)
    here.resolve()
    assert here.partition() == {frozenset({1}), frozenset({2})}


def test_a_record_between_two_checked_ids_stays_with_the_stronger_one_and_the_cut_says_why(here: Town) -> None:
    here.add(
        person(1, "王伟", "wang wei", id_number=ID, phone="13911111111"),
        person(2, "王伟", "wang wei", feed="field_visits", phone="13911111111", birth_date=date(1990, 1, 1)),
        person(3, "王伟", "wang wei", id_number=OTHER_ID, birth_date=date(1990, 1, 1)),
    )
    here.house("H1", 1, 2)
    here.house("H2", 2, 3)
    here.resolve()
    assert here.partition() == {frozenset({1, 2}), frozenset({3})}
    assert (2, 3, "model", "cut", "two_checked_ids") in here.links()


def test_columns_that_nobody_fills_are_left_out_and_reported(here: Town) -> None:
    here.add(person(1, "Ann Lee", "lee ann"), person(2, "Ann Lee", "lee ann"))
    left_out = here.link().left_out
    assert "comparison occupation: no record fills occupation" in left_out
    assert "rule name_and_birth: no record fills born" in left_out
    assert not any(what.startswith("comparison name:") for what in left_out)


def test_a_level_without_weight_is_refused(here: Town) -> None:
    levels = {key: each for key, each in here.weights.levels.items() if key != ("name", "same_sound")}
    here.weights = replace(here.weights, levels=levels)
    here.add(person(1, "王伟", "wang wei"))
    with pytest.raises(UntrainedError, match=r"name\.same_sound"):
        here.link()


def test_weights_of_another_model_are_refused(here: Town) -> None:
    here.weights = replace(here.weights, model_hash="other")
    here.add(person(1, "王伟", "wang wei"))
    with pytest.raises(ResolutionError, match="hub train"):
        here.link()


def test_a_key_that_too_many_share_brings_nothing_together_and_is_reported(here: Town) -> None:
    rules = tuple(replace(rule, max_block=2) for rule in MODEL.blocking)
    here.add(*[person(number, "王伟", "wang wei", phone="13911111111") for number in (1, 2, 3)])
    linked = here.link(replace(MODEL, blocking=rules))
    assert [(full.rule, full.keys, full.largest) for full in linked.full_blocks] == [("name_and_phone", 1, 3)]
    assert linked.pairs == 0
