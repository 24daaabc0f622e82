"""Decisions win over scores, and outlive reruns, retraining, rebuilt warehouses, changed ids and reused keys."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from resolution.weights import LevelWeight
from stores.operational.decisions import Decision, DecisionKind
from tests.resolution.townsfolk import Town, person, town

ID = "310114199001011234"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    """Two records that the model links, told apart, and two that it does not, made one."""
    with town(tmp_path) as found:
        found.add(
            person(1, "王建国", "wang jian guo"),
            person(2, "王建国", "wang jian guo"),
            person(3, "陈静", "chen jing", version="v3"),
            person(4, "刘洋", "liu yang"),
        )
        found.house("H1", 1, 2)
        found.resolve()
        assert found.partition() == {frozenset({1, 2}), frozenset({3}), frozenset({4})}
        decide(found, 1, 2, DecisionKind.CANNOT_LINK)
        decide(found, 3, 4, DecisionKind.MUST_LINK, "v3")
        found.resolve()
        assert found.partition() == DECIDED
        yield found


DECIDED = {frozenset({1}), frozenset({2}), frozenset({3, 4})}


def decide(here: Town, left: int, right: int, kind: DecisionKind, version: str | None = None) -> None:
    here.operational.decide(Decision("person", left, right, kind, "wang", datetime(2026, 7, 1), "seen", version))


def test_they_outlive_a_retraining(here: Town) -> None:
    levels = {key: LevelWeight(min(each.m * 1.05, 0.99), each.u) for key, each in here.weights.levels.items()}
    here.weights = replace(here.weights, levels=levels)
    here.resolve()
    assert here.linked is not None and here.linked.is_full
    assert here.partition() == DECIDED


def test_they_outlive_a_warehouse_that_is_made_anew(here: Town) -> None:
    before = here.entities()
    for (table,) in here.warehouse.rows(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'resolved' AND table_name LIKE 'kept%'"
    ):
        here.warehouse.execute(f"DROP TABLE resolved.{table}")
    here.warehouse.execute("DELETE FROM resolved.member WHERE register = 'person'; DELETE FROM resolved.link")
    here.resolve()
    assert here.entities() == before


def test_they_follow_their_records_into_other_entities(here: Town) -> None:
    here.add(*(person(number, "刘洋", "liu yang", phone="13911111111") for number in (5, 6, 7)))
    here.warehouse.execute("UPDATE standard.person_record SET phone = '13911111111' WHERE record_id = 4")
    gone = here.entities()[3]
    here.resolve()
    assert frozenset({3, 4, 5, 6, 7}) in here.partition()
    decide(here, 3, 4, DecisionKind.CANNOT_LINK)
    here.resolve()
    assert here.entities()[3] != here.entities()[4]
    assert {frozenset({1}), frozenset({2})} < here.partition()
    assert gone in here.entities().values()


def test_they_wait_for_a_record_that_is_away(here: Town) -> None:
    here.warehouse.execute("DELETE FROM standard.person_record WHERE record_id = 2")
    here.resolve()
    here.add(person(2, "王建国", "wang jian guo"))
    here.resolve()
    assert here.partition() == DECIDED


def test_a_withdrawn_one_leaves_the_pair_to_the_model(here: Town) -> None:
    decide(here, 2, 1, DecisionKind.WITHDRAWN)
    decide(here, 3, 4, DecisionKind.WITHDRAWN)
    here.resolve()
    assert here.partition() == {frozenset({1, 2}), frozenset({3}), frozenset({4})}


def test_they_win_over_a_checked_id_and_over_a_conflict(here: Town) -> None:
    here.add(
        person(8, "李小明", "li xiao ming", id_number=ID),
        person(9, "李小明", "li xiao ming", id_number="310114198505054321"),
        person(10, "李小明", "li xiao ming", id_number=ID),
    )
    decide(here, 8, 9, DecisionKind.MUST_LINK)
    decide(here, 8, 10, DecisionKind.CANNOT_LINK)
    here.resolve()
    assert here.entities()[8] == here.entities()[9] != here.entities()[10]


def test_where_a_key_comes_to_stand_for_somebody_else_a_decision_stays_with_whom_the_steward_saw(here: Town) -> None:
    somebody_else = person(3, "赵国强", "zhao guo qiang", version="v5", record_key="3")
    before = person(30, "陈静", "chen jing", version="v4", record_key="3@v1")
    here.warehouse.execute("DELETE FROM standard.person_record WHERE record_id = 3")
    here.add(somebody_else, before | {"row_key": "3"})
    here.resolve()
    assert frozenset({30, 4}) in here.partition()
    assert frozenset({3}) in here.partition()
    # One about the newcomer is about the newcomer.
    decide(here, 3, 1, DecisionKind.MUST_LINK, "v5")
    here.resolve()
    assert here.entities()[3] == here.entities()[1] != here.entities()[30]
