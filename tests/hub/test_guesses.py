"""Guessing numbers: a department's wrong guesses count where they are alike, and hits are then not told either."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from hub.reading.guesses import GuessLimit, opened_guesses
from schemas.declarations import load_declarations
from schemas.readers.matching import Alike, Guesses, MatchingRules
from stores.home import Home, create_home

HEAD = "31011419900101"
RULES = MatchingRules(
    {}, {"person": Guesses("id_number", (Alike(("name_key",), 3), Alike(("id_number",), 2, 14), Alike((), 6)))}
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home", kind="synthetic")


@pytest.fixture
def limit(home: Home) -> Iterator[GuessLimit]:
    with opened_guesses(home, RULES) as opened:
        yield opened


def told(limit: GuessLimit, name: str, number: str, *, hit: bool = False, asker: str = "housing") -> bool:
    return limit.may_tell(asker, "person", {"name_key": name, "id_number": number}, is_found=hit)


def test_numbers_tried_on_one_name_end_with_silence_for_hits_too(limit: GuessLimit) -> None:
    areas = [f"31011{place}199001011234" for place in range(4)]
    assert [told(limit, "wang wei", each) for each in areas] == [True, True, True, False]
    assert not told(limit, "wang wei", "310118198001011234", hit=True)
    assert told(limit, "li na", "310118198001011234", hit=True)


def test_the_end_of_a_number_tried_under_changing_names_is_seen_as_one(limit: GuessLimit) -> None:
    assert [told(limit, f"wang {place}", f"{HEAD}{place:04d}") for place in range(3)] == [True, True, False]
    assert not told(limit, "zhao si", f"{HEAD}9999", hit=True)


def test_all_guesses_count_together_and_what_found_somebody_counts_nothing(limit: GuessLimit) -> None:
    assert all(told(limit, "wang wei", f"{HEAD}1234", hit=True) for _ in range(20))
    made_up = [told(limit, f"name {place}", f"3101141990010{place}1234") for place in range(7)]
    assert made_up == [True] * 6 + [False]


def test_another_department_has_guesses_of_its_own(limit: GuessLimit) -> None:
    for place in range(3):
        told(limit, f"wang {place}", f"{HEAD}{place:04d}")
    assert not told(limit, "li na", f"{HEAD}0009")
    assert told(limit, "li na", f"{HEAD}0009", asker="education")


def test_the_count_outlasts_whoever_counted(home: Home) -> None:
    for number in range(4):
        with opened_guesses(home, RULES) as limit:
            assert told(limit, "wang wei", f"3101{number}0199001011234") == (number < 3)


def test_a_query_without_the_guessed_field_is_no_guess(limit: GuessLimit) -> None:
    read = {"name_key": "wang wei", "birth_date": date(1990, 1, 1)}
    assert all(limit.may_tell("housing", "person", read, is_found=False) for _ in range(20))
    assert all(limit.may_tell("housing", "house", {"address": "a"}, is_found=False) for _ in range(20))


def test_the_declared_limits_name_fields_that_the_register_has() -> None:
    declared = load_declarations()
    for register, guesses in declared.matching.guesses.items():
        fields = {field.name for field in declared.registers[register].fields}
        assert {guesses.of} | {name for each in guesses.alike for name in each.fields} <= fields
