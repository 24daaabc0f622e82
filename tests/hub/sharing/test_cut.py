"""What leaves is cut to the purpose, the role and the area: absent, not blanked, and nothing tells what is gone."""

import json
import statistics
import time
from collections.abc import Collection
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from hub.errors import AccessDenied, NothingThereError
from hub.sharing.audit import LOG_NAME
from hub.sharing.disclose import disclose
from hub.sharing.policies import compile_rules
from hub.sharing.request import Answer, Caller, Places, Reading, Request
from schemas.declarations import load_declarations
from schemas.readers.purposes import Role, Verb
from stores.home import Home, create_home
from tests.trials import trials, write_down

RULES = compile_rules(load_declarations())
TOWN, OTHER = "310114102", "310114001"
WHERE = {"P1": f"{TOWN}001", "P2": f"{OTHER}001", "P3": "", "H1": f"{TOWN}001", "U1": f"{TOWN}001"}
PEOPLE = pa.table(
    {
        "person_id": ["P3", "P1", "P2"],
        "name": ["王小明", "李四", "张三"],
        "born": [1950, 1960, 1970],
        "address": ["c", "a", "b"],
        "extra": [1, 2, 3],
    }
)
SHOWS = {
    "person_id": frozenset({"person.entity"}),
    "name": frozenset({"person.name"}),
    "born": frozenset({"person.birth_date"}),
    "address": frozenset({"house.address", "LIVES_AT"}),
}
ANSWER = Answer(
    PEOPLE, remarks=("3 found",), remarks_show=frozenset({"person.entity"}), shows=SHOWS, ids=("person_id",)
)


def places(ids: Collection[str]) -> Places:
    return {each: frozenset({WHERE[each]} - {""}) for each in ids if each in WHERE}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home", kind="real")


def asking(home: Home, verb: Verb = Verb.ASK, **parts: object) -> Request:
    reading = replace(
        Reading(verb, "old_people", registers=frozenset({"person"}), absent=lambda _: "nobody there"), **parts
    )
    return Request(home, RULES, "s", reading, places, today=date(2027, 3, 1))


def caller(role: Role, *areas: str, department: str = "civil_affairs") -> Caller:
    return Caller("wang", department, frozenset({role}), frozenset(areas or {"district"}))


def test_columns_that_role_or_purpose_leaves_out_are_absent(home: Home) -> None:
    found = disclose(caller(Role.ANALYST), "care_services", asking(home), lambda: ANSWER).answer
    assert found.table.column_names == ["person_id", "born", "address"]
    assert "王小明" not in str(found)


def test_a_column_that_nothing_describes_is_absent_even_in_training(tmp_path: Path) -> None:
    made_up = create_home(tmp_path / "made-up", kind="synthetic")
    found = disclose(Caller("wang"), "training", asking(made_up), lambda: ANSWER).answer
    assert found.table.column_names == ["person_id", "name", "born", "address"]


def test_rows_of_another_area_and_of_none_are_absent(home: Home) -> None:
    found = disclose(caller(Role.INSPECTOR, TOWN), "care_services", asking(home), lambda: ANSWER).answer
    assert found.table.to_pylist() == [{"person_id": "P1", "name": "李四", "born": 1960, "address": "a"}]
    [line] = (home.audit / LOG_NAME).read_text().splitlines()
    assert json.loads(line)["rows"] == 1


def test_a_row_about_two_lies_where_both_are(home: Home) -> None:
    pairs = pa.table({"person_id": ["P1", "P1"], "other_id": ["H1", "P2"]})
    answer = Answer(pairs, shows=dict.fromkeys(pairs.column_names, SHOWS["person_id"]), ids=("person_id", "other_id"))
    found = disclose(caller(Role.INSPECTOR, TOWN), "care_services", asking(home), lambda: answer).answer
    assert found.table["other_id"].to_pylist() == ["H1"]


def test_rows_that_lie_nowhere_are_for_the_whole_district_only(home: Home) -> None:
    answer = Answer(PEOPLE, shows=SHOWS)
    shown = [
        disclose(caller(Role.INSPECTOR, *areas), "care_services", asking(home), lambda: answer).answer.table.num_rows
        for areas in ((), (TOWN,))
    ]
    assert shown == [3, 0]


def test_the_order_of_rows_does_not_tell_of_a_column_that_is_gone(home: Home) -> None:
    found = disclose(caller(Role.ANALYST), "care_services", asking(home), lambda: ANSWER).answer
    assert found.table["person_id"].to_pylist() == ["P1", "P2", "P3"]


def test_remarks_on_what_was_found_leave_only_with_all_rows(home: Home) -> None:
    told = [
        disclose(caller(Role.INSPECTOR, *areas), "care_services", asking(home), lambda: ANSWER).answer.remarks
        for areas in ((), (TOWN,))
    ]
    assert told == [("3 found",), ()]


def test_ties_and_ends_that_the_purpose_leaves_out_are_absent_row_by_row(home: Home) -> None:
    ties = pa.table(
        {
            "from_id": ["P1", "P1", "P1", "H1"],
            "relationship": ["LIVES_AT", "OWNS", "WORKS_AT", "IN_COMMUNITY"],
            "to_id": ["H1", "H1", "U1", f"{TOWN}001"],
        }
    )
    answer = Answer(ties, shows={"relationship": frozenset()}, ids=("from_id", "to_id"), tie="relationship")
    officer = caller(Role.STEWARD, department="population_office")
    found = disclose(officer, "residence_check", asking(home, Verb.NEIGHBOURHOOD), lambda: answer).answer
    assert found.table["relationship"].to_pylist() == ["LIVES_AT", "IN_COMMUNITY"]


def test_an_answer_with_no_column_left_has_no_rows(home: Home) -> None:
    answer = Answer(PEOPLE.select(["name"]), shows=SHOWS)
    found = disclose(caller(Role.ANALYST), "care_services", asking(home), lambda: answer).answer
    assert (found.table.num_rows, found.table.num_columns) == (0, 0)


def never() -> Answer:
    raise AssertionError("was read although it was refused")


@pytest.mark.parametrize(
    ("asker", "purpose", "parts", "rule"),
    [
        (caller(Role.ANALYST, department="housing"), "care_services", {}, "reader-of-the-purpose"),
        (caller(Role.ANALYST), "care_services", {"verb": Verb.MATCH}, "verb-of-the-purpose"),
        (caller(Role.ANALYST), "care_services", {"registers": frozenset({"unit"})}, "item-of-the-purpose"),
        (caller(Role.ANALYST), "care_services", {"purposes": frozenset({"statistics"})}, "purpose-declared"),
        (caller(Role.ANALYST, department="housing"), "statistics", {}, "item-of-the-purpose"),
        (caller(Role.ADMINISTRATOR), "care_services", {}, "duties-apart"),
        (caller(Role.STEWARD, department="education"), "school_enrolment", {"verb": Verb.MATCH}, "case-number"),
        (Caller("wang", "civil_affairs"), "care_services", {}, "reader-of-the-purpose"),
        (
            Caller("wang", "civil_affairs", frozenset({Role.ANALYST}), frozenset()),
            "care_services",
            {},
            "area-of-the-reader",
        ),
    ],
)
def test_a_refusal_names_the_policy(
    home: Home, asker: Caller, purpose: str, parts: dict[str, object], rule: str
) -> None:
    with pytest.raises(AccessDenied) as refused:
        disclose(asker, purpose, asking(home, **parts), never)
    assert refused.value.rule == rule
    assert refused.value.reason.isascii() is False


def test_an_expired_purpose_is_refused(home: Home) -> None:
    with pytest.raises(AccessDenied, match="purpose-in-force"):
        disclose(caller(Role.ANALYST), "care_services", replace(asking(home), today=date(2027, 11, 1)), never)


def test_a_case_number_opens_and_is_written_down(home: Home) -> None:
    with_case = replace(asking(home, Verb.MATCH), case="2027-0017")
    disclose(caller(Role.STEWARD, department="education"), "school_enrolment", with_case, lambda: ANSWER)
    [line] = (home.audit / LOG_NAME).read_text().splitlines()
    assert json.loads(line)["parameters"] == {"case": "2027-0017"}


def test_roles_do_not_add_up(home: Home) -> None:
    both = replace(caller(Role.ANALYST), roles=frozenset({Role.ANALYST, Role.STEWARD}))
    with pytest.raises(AccessDenied):
        disclose(both, "youth_services", asking(home, Verb.EXPORT), never)
    found = disclose(both, "care_services", asking(home), lambda: ANSWER).answer
    assert "name" not in found.table.column_names


def test_what_is_not_there_and_what_is_not_for_the_asker_are_one_answer(home: Home) -> None:
    told = []
    for named in ("P2", "P404"):
        with pytest.raises(NothingThereError) as absent:
            disclose(caller(Role.INSPECTOR, TOWN), "care_services", asking(home, about=(named,)), never)
        told.append(str(absent.value))
    first, second = [json.loads(line) for line in (home.audit / LOG_NAME).read_text().splitlines()]
    assert told == ["nobody there"] * 2
    assert (first["outcome"], first["rule"], first["rows"]) == (second["outcome"], second["rule"], second["rows"])


def test_absent_and_forbidden_take_the_same_time(home: Home) -> None:
    rounds = trials(few=100, full=10_000)
    took: dict[str, list[float]] = {"P2": [], "P404": []}
    for _ in range(rounds):
        for named, times in took.items():
            request = asking(home, about=(named,))
            start = time.perf_counter()
            with pytest.raises(NothingThereError):
                disclose(caller(Role.INSPECTOR, TOWN), "care_services", request, never)
            times.append(time.perf_counter() - start)
    apart = abs(statistics.median(took["P2"]) - statistics.median(took["P404"]))
    write_down({"trial": "absent beside forbidden", "pairs": rounds, "medians_apart_ms": round(apart * 1000, 4)})
    assert apart < 0.001


NUMBERS = pa.table({"town_id": ["A", "B", "C"], "residents": [13, 20, 2], "houses": [1.5, 2.5, 3.5]})
COUNTING = {"town_id": frozenset(), "residents": frozenset({"person.count"}), "houses": frozenset({"house.count"})}


def counted(home: Home, table: pa.Table, what: str = "residents_per_town") -> list[int]:
    answer = Answer(table, shows=COUNTING, ids=("town_id",))
    request = asking(home, what=what, registers=frozenset())
    return list(
        disclose(caller(Role.ANALYST), "statistics", request, lambda: answer).answer.table["residents"].to_pylist()
    )


def test_who_may_only_count_gets_multiples_that_are_right_on_average_and_always_the_same(home: Home) -> None:
    told = counted(home, NUMBERS)
    assert told == counted(home, NUMBERS)
    assert told[0] in (10, 15) and told[1] == 20 and told[2] in (0, 5)
    many = [counted(home, NUMBERS.slice(0, 1), f"question {number}")[0] for number in range(400)]
    assert 12.4 < statistics.mean(many) < 13.6
    other = create_home(home.root.parent / "other", kind="real")
    assert many != [counted(other, NUMBERS.slice(0, 1), f"question {number}")[0] for number in range(400)]


def test_rows_are_counted_off_once_they_are_cut(home: Home) -> None:
    first = replace(ANSWER, limit=1)
    found = disclose(caller(Role.INSPECTOR, OTHER), "care_services", asking(home), lambda: first).answer
    assert found.table["person_id"].to_pylist() == ["P2"]
    [line] = (home.audit / LOG_NAME).read_text().splitlines()
    assert json.loads(line)["rows"] == 1
