"""Who looked at whom: readings name those they are about, and the auditor finds them, which is logged as well."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from hub.errors import AccessDenied, AuditError
from hub.reading.reader import Reader
from hub.reading.who_looked import who_looked
from hub.settings import read_settings
from hub.sharing.audit import append, verify
from hub.sharing.audit_entities import MOST_IN_LINE, SETS, entities_of
from hub.sharing.audit_list import Wanted
from hub.sharing.disclose import disclose
from hub.sharing.policies import compile_rules
from hub.sharing.request import Answer, Caller, Reading, Request
from schemas.declarations import load_declarations
from schemas.readers.purposes import Verb
from stores.home import Home, create_home
from tests.hub.sharing.audit_log import ENTRY, about, lines, person, small_files, write_first_form

DECLARATIONS = load_declarations()
AUDITOR = Caller("zhao", "audit_office")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home", kind="synthetic")


def reading(home: Home, purpose: str) -> Reader:
    return Reader(home, DECLARATIONS, read_settings(home, {}), AUDITOR, purpose)


def found(home: Home, **wanted: object) -> list[int]:
    """Numbers of the records that are wanted."""
    table = who_looked(reading(home, "training"), Wanted(**wanted)).answer.table  # type: ignore[arg-type]
    return [int(each) for each in table["sequence"].to_pylist()]


def read(home: Home, answer: Answer, **parameters: str) -> None:
    reading = Reading(Verb.ASK, "who_lives_here", parameters)
    request = Request(home, compile_rules(DECLARATIONS), "2026-06-30-aa", reading)
    disclose(Caller("wang", "housing"), "training", request, lambda: answer)


def test_ids_are_found_in_any_column_by_what_they_are() -> None:
    table = pa.table(
        {
            "person_id": [person(1), person(1), None],
            "from": [person(2).replace("P", "H"), "H1", f"{person(3)}x"],
            "residents": [[person(4), "王小明"], [], None],
            "committee_id": ["310104001001"] * 3,
            "rows": [1, 2, 3],
        }
    )
    given = Answer(table, entities=frozenset({person(5)}))
    expected = [person(2).replace("P", "H"), person(1), person(4), person(5), person(6)]
    assert entities_of(given, [person(6), "7"]) == sorted(expected)
    assert entities_of(None, [person(6)]) == [person(6)]


def test_the_record_of_a_reading_names_those_in_the_answer_even_where_their_column_is_cut(home: Home) -> None:
    read(home, Answer(pa.table({"person_id": [person(1)], "name": ["王小明"]}), shows={"name": frozenset()}))
    read(home, Answer(pa.table({"name": ["王小明"]}), entities=frozenset({person(2)})))
    assert [line["entities"] for line in lines(home.audit)] == [[person(1)], [person(2)]]
    assert found(home, entities=(person(2),)) == [2]


def test_many_ids_are_kept_once_in_a_file_that_the_record_holds_to(home: Home) -> None:
    crowd = Answer(pa.table({"person_id": [person(number) for number in range(MOST_IN_LINE + 1)]}), ids=("person_id",))
    for _ in range(2):
        read(home, crowd)
    [file] = (path for path in (home.audit / SETS).iterdir() if path.name != "lock")
    assert [line["entities"] for line in lines(home.audit)] == [{"count": MOST_IN_LINE + 1, "sha256": file.name}] * 2
    assert found(home, entities=(person(MOST_IN_LINE),)) == [1, 2]
    assert found(home, entities=(person(MOST_IN_LINE + 1),)) == []
    file.write_bytes(b"")
    with pytest.raises(AuditError, match="missing or was changed"):
        found(home, entities=(person(0),))
    read(home, crowd)
    assert verify(home.audit).records == 5


def test_records_are_found_by_person_caller_purpose_and_day_over_all_files(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_files(monkeypatch)
    write_first_form(home.audit, 3)
    for number in range(50):
        append(home, about(number % 10, caller=f"c{number % 5}"))
    assert found(home, entities=(person(7),)) == [11, 21, 31, 41, 51]
    assert found(home, entities=(person(7), person(8)), caller="c2") == [11, 21, 31, 41, 51]
    assert found(home, caller="c2", since=date(2026, 1, 1), until=date(2026, 6, 30)) == []
    assert found(home, until=date(2026, 6, 30)) == [1, 2, 3]
    assert found(home, caller="zhao") == [54, 55, 56, 57]
    append(home, replace(ENTRY, purpose="curiosity", outcome="refused"))
    assert found(home, purpose="curiosity") == [59]


def test_whoever_asks_who_looked_is_found_by_the_next_who_asks(home: Home) -> None:
    assert found(home, entities=(person(1),)) == []
    assert found(home, entities=(person(1),)) == [1]
    assert lines(home.audit)[0]["parameters"] == {"entity_1": person(1)}


def test_the_log_is_not_shown_without_a_purpose_and_the_try_is_written_down(home: Home) -> None:
    with pytest.raises(AccessDenied):
        who_looked(reading(home, ""), Wanted(entities=(person(1),)))
    [line] = lines(home.audit)
    assert (line["verb"], line["outcome"], line["entities"]) == ("audit", "refused", [person(1)])


def test_what_is_no_account_and_no_purpose_is_asked_for_by_its_hash_in_the_log(home: Home) -> None:
    found(home, caller="wang", purpose="310110199001011234")
    found(home, caller="王小明", purpose="training")
    first, second = [line["parameters"] for line in lines(home.audit)]
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert (first["caller"], second["purpose"]) == ("wang", "training")
    assert first["purpose"].startswith("sha256:")
    assert second["caller"].startswith("sha256:")
