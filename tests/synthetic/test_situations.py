"""Planted situations and their lawful look-alikes are in the truth, and both are in the feeds."""

import pytest

from schemas.declarations import load_declarations
from synthetic.situations import SITUATIONS
from tests.synthetic.conftest import Made

SUBJECTS = {"House": "house", "Person": "person", "Unit": "unit"}
COUNTED = ("no_employer_no_dwelling", "residents_per_committee", "residents_per_town", "doubtful_links")
EXTRA = "operators_of_crowded_flats"


def by_question(made: Made) -> dict[str, dict[str, set[str]]]:
    found: dict[str, dict[str, set[str]]] = {}
    for row in made.truth("questions").to_pylist():
        found.setdefault(row["question"], {}).setdefault(row["kind"], set()).add(row["entity_id"])
    return found


@pytest.mark.parametrize("situation", [each.__name__ for each in SITUATIONS])
def test_every_situation_has_cases_and_decoys_and_none_is_both(made: Made, situation: str) -> None:
    found = by_question(made)[situation]

    assert found["situation"]
    assert found["decoy"]
    assert not found["situation"] & found["decoy"]


def test_every_question_of_the_catalogue_with_a_definite_answer_has_truth(made: Made) -> None:
    questions = load_declarations().questions

    assert set(questions) - set(COUNTED) == set(by_question(made)) - {EXTRA}


def test_registers_of_situations_are_the_subjects_of_the_questions(made: Made) -> None:
    questions = load_declarations().questions
    registers = {row["question"]: row["register"] for row in made.truth("questions").to_pylist()}

    for name in set(registers) - {EXTRA}:
        assert registers[name] == SUBJECTS[questions[name].subject], name


def test_some_situations_were_planted(made: Made) -> None:
    planted = {row["question"] for row in made.truth("questions").to_pylist() if row["planted"] == "true"}

    assert {
        "unregistered_dwellings",
        "overcrowded_dwellings",
        "non_residential_lived_in",
        "unregistered_newcomers",
        "youth_out_of_school_and_work",
        "units_without_licence_at_address",
        EXTRA,
    } <= planted


def test_situations_name_entities_that_some_record_tells_of(made: Made) -> None:
    known = {register: set(made.truth(register)["entity_id"].to_pylist()) for register in ("person", "house", "unit")}

    for row in made.truth("questions").to_pylist():
        if row["kind"] == "situation":
            assert row["entity_id"] in known[row["register"]], row
