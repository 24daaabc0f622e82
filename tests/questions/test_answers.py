"""Each question of the catalogue answers on smalltown what a person wrote down, and what an independent SQL finds."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.graph.port import GraphStore
from hub.questions import ask
from schemas.files import DeclarationTree
from schemas.readers.questions import read_questions
from stores.warehouse import Warehouse
from tests.questions.twins import SETTINGS, TWINS
from tests.smalltown.town import AS_OF

QUESTIONS = read_questions(DeclarationTree())
CASES = yaml.safe_load((Path(__file__).parent / "expected.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[f"{n}-{case['question']}" for n, case in enumerate(CASES)])
def test_answer_on_smalltown_is_the_one_written_down(case: dict[str, Any], smalltown: GraphStore) -> None:
    answer = ask(smalltown, QUESTIONS[case["question"]], case.get("parameters", {}))
    compared = [list(row[: len(wanted)]) for row, wanted in zip(answer.rows, case["rows"], strict=False)]
    assert compared == case["rows"]
    assert len(answer.rows) == len(case["rows"])
    assert answer.snapshot_id == "smalltown"


def test_every_question_has_an_expected_answer_with_all_its_columns() -> None:
    whole = {
        case["question"]
        for case in CASES
        for row in case["rows"]
        if len(row) == len(QUESTIONS[case["question"]].columns)
    }
    assert whole == set(QUESTIONS)


@pytest.mark.parametrize("name", sorted(TWINS))
@pytest.mark.parametrize("day", ["2024-12-31", "2026-05-30", "2026-06-29", "2026-06-30", "2026-07-01", "2027-01-01"])
def test_graph_answers_as_independent_sql_does(
    name: str, day: str, smalltown: GraphStore, smalltown_tables: Warehouse
) -> None:
    answer = ask(smalltown, QUESTIONS[name], {"as_of": day, **SETTINGS.get(name, {})})
    twin = smalltown_tables.rows(TWINS[name], {"as_of": day})
    width = len(twin[0]) if twin else 0
    assert sorted(row[:width] for row in answer.rows) == sorted(twin)


def test_smalltown_answers_as_of_its_own_date_without_being_told(smalltown: GraphStore) -> None:
    answer = ask(smalltown, QUESTIONS["separated_residents"], {})
    assert answer.parameters["as_of"] == AS_OF
    assert answer.subjects == ["P12", "P15"]
