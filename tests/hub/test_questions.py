"""Parameters are read by their type, completed, and refused where they do not fit."""

from datetime import date

import pytest

from hub.errors import UsageError
from hub.graph.port import GraphStore
from hub.questions import ask, bind_parameters
from schemas.files import DeclarationTree
from schemas.readers.questions import read_questions

QUESTIONS = read_questions(DeclarationTree())
TODAY = date(2026, 6, 30)


def test_texts_are_read_and_defaults_filled_in() -> None:
    values = bind_parameters(QUESTIONS["overcrowded_dwellings"], {"m2_per_person": "4.5"}, as_of=TODAY)
    assert values == {
        "as_of": TODAY,
        "m2_per_person": 4.5,
        "persons_per_room": 2.0,
        "least_records": 2,
        "least_confidence": 0.5,
        "least_households": 3,
        "limit": 1000000,
    }
    assert isinstance(values["persons_per_room"], float)


def test_dates_are_computed_from_others() -> None:
    values = bind_parameters(QUESTIONS["separated_residents"], {"days": "10", "as_of": "2026-03-05"}, as_of=TODAY)
    assert values["since"] == date(2026, 2, 23)


def test_born_on_a_leap_day_counts_from_the_28th() -> None:
    values = bind_parameters(QUESTIONS["old_people_alone"], {"from_age": 1}, as_of=date(2024, 2, 29))
    assert values["born_by"] == date(2023, 2, 28)


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({"colour": "red"}, "has no parameter colour; it takes as_of, days, limit"),
        ({"since": "2026-01-01"}, "has no parameter since"),
        ({"days": "many"}, "parameter days: 'many' is no integer"),
        ({"days": "-1"}, "must not be negative"),
        ({"days": "99999999999999999999"}, "too large"),
        ({"days": True}, "is no integer"),
        ({"days": "999999999"}, "is no date"),
        ({"as_of": "30.6.2026"}, "parameter as_of: '30.6.2026' is no date"),
    ],
)
def test_parameter_that_does_not_fit_is_refused(given: dict[str, object], because: str) -> None:
    with pytest.raises(UsageError, match=because):
        bind_parameters(QUESTIONS["separated_residents"], given, as_of=TODAY)


@pytest.mark.parametrize("value", ["nan", "inf", "five"])
def test_decimal_is_a_finite_number(value: str) -> None:
    with pytest.raises(UsageError, match="m2_per_person"):
        bind_parameters(QUESTIONS["overcrowded_dwellings"], {"m2_per_person": value}, as_of=TODAY)


def test_cypher_in_a_parameter_is_a_value_and_nothing_else(smalltown: GraphStore) -> None:
    with pytest.raises(UsageError):
        ask(smalltown, QUESTIONS["residents_per_town"], {"limit": "1 UNION MATCH (p:Person) RETURN p.id AS x"})


def test_answer_names_each_subject_once(smalltown: GraphStore) -> None:
    assert ask(smalltown, QUESTIONS["units_without_licence_at_address"], {}).subjects == ["U04", "U05", "U08"]
