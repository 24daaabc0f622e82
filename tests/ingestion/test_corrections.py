"""What a steward has corrected stays corrected while the department says the same, and rests when it does not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from ingestion.corrections import wrong_value_hash
from ingestion.ingest import ingest
from ingestion.standard_tables import build_standard
from stores.operational.corrections import CorrectionState, NewCorrection
from stores.operational.disputes import DisputeKind, DisputeState, NewDispute, Ruling, Said, Subject
from tests.ingestion.village import FULL, Village, everything_held, open_village, row

AT = datetime(2026, 7, 1, 12)
RIGHT, WRONG, OTHER = "110101198001010010", "110101198001010037", "110101198001010053"


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Village]:
    with open_village(tmp_path) as opened:
        yield opened


def record_id(village: Village, key: str) -> int:
    [(found,)] = village.rows(f"SELECT record_id FROM standard.person_record WHERE record_key = '{key}'")
    return int(found)


def upheld(village: Village, **comes: object) -> str:
    """The number of a dispute that a steward has upheld with what comes of it."""
    operational = village.context.operational
    subject = Subject(DisputeKind.FACT, "person", "P1", "id_number")
    number = operational.disputes.hand_in(NewDispute(subject, Said("wrong"), "wang", None, AT)).dispute_id
    operational.disputes.take_in()
    ruling = replace(Ruling("li", AT, "seen the card", DisputeState.UPHELD), **comes)  # type: ignore[arg-type]
    operational.disputes.rule(number, ruling)
    return number


def corrected(
    village: Village, key: str, wrong: str, right: str | None, *, field: str = "id_number", **more: object
) -> int:
    """A correction as a steward makes it, in force; its number."""
    operational, record = village.context.operational, record_id(village, key)
    hashed = wrong_value_hash(operational.personal, ("person", record, field), wrong)
    new = NewCorrection("person", record, "people", field, hashed, key, right, **more)  # type: ignore[arg-type]
    [made] = operational.corrections.of_dispute(upheld(village, corrections=[new]))
    build_standard(village.context)
    return made.correction_id


def persons(village: Village) -> list[tuple[object, ...]]:
    return village.rows("SELECT record_key, id_number, corrected FROM standard.person_record ORDER BY ALL")


def state(village: Village, number: int) -> CorrectionState:
    [found] = [each for each in village.context.operational.corrections.in_force() if each.correction_id == number]
    return found.state


def delta(village: Village, day: int, number: str, **values: str) -> None:
    changed = row("1", at=f"2026-07-{day:02d} 10:00:00", 身份证号=number, 操作="变更", **values)
    assert village.take(f"people_delta_202607{day:02d}_0001.csv", changed).state == "applied"


def test_the_right_value_stands_in_with_all_that_derives_from_it_and_the_raw_one_stays(village: Village) -> None:
    village.take(FULL, row("1", 身份证号=WRONG), row("2", 身份证号=OTHER))
    number = corrected(village, "1", WRONG, RIGHT)
    assert persons(village) == [("1", RIGHT, f"id_number {number}"), ("2", OTHER, None)]
    assert village.rows('SELECT "身份证号" FROM raw.people ORDER BY ALL') == [(WRONG,), (OTHER,)]
    derived = "SELECT id_valid, id_birth_date::VARCHAR, id_sex FROM standard.person_record WHERE record_key = '1'"
    assert village.rows(derived) == [(True, "1980-01-01", "male")]
    assert state(village, number) is CorrectionState.APPLIED


def test_a_void_value_is_null_and_so_is_what_derives_from_it(village: Village) -> None:
    village.take(FULL, row("1", 身份证号=WRONG))
    number = corrected(village, "1", WRONG, None)
    assert village.rows("SELECT id_number, id_valid, id_sex, corrected FROM standard.person_record") == [
        (None, None, None, f"id_number {number}")
    ]


def test_only_the_record_concerned_is_read_anew(village: Village) -> None:
    village.take(FULL, row("1", 身份证号=WRONG), row("2"))
    village.context.warehouse.execute("UPDATE standard.person_record SET occupation = 'as before'")
    corrected(village, "1", WRONG, RIGHT)
    marks = "SELECT record_key, occupation FROM standard.person_record ORDER BY ALL"
    assert village.rows(marks) == [("1", None), ("2", "as before")]


def test_it_stays_when_the_wrong_value_comes_again_however_written_and_rests_when_another_comes(
    village: Village,
) -> None:
    village.take(FULL, row("1", 身份证号=WRONG))
    number = corrected(village, "1", WRONG, RIGHT)
    mark = f"id_number {number}"
    delta(village, 2, f" {WRONG} ")
    assert persons(village) == [("1", RIGHT, mark)]
    delta(village, 3, OTHER)
    assert (persons(village), state(village, number)) == ([("1", OTHER, None)], CorrectionState.SUPERSEDED)
    delta(village, 4, WRONG)
    assert (persons(village), state(village, number)) == ([("1", RIGHT, mark)], CorrectionState.APPLIED)
    village.take("people_full_20260705_0001.csv", row("1", at="2026-07-05 10:00:00", 身份证号=WRONG))
    assert persons(village) == [("1", RIGHT, mark)]
    events = village.context.operational.corrections.since(0, ["people"], 100)
    assert [each.state.value for each in events] == ["decided", "applied", "superseded", "applied"]


def test_it_is_there_when_a_record_that_was_gone_comes_again(village: Village) -> None:
    village.take(FULL, row("1", 身份证号=WRONG), row("2"))
    number = corrected(village, "1", WRONG, RIGHT)
    village.take("people_full_20260702_0001.csv", row("2"), approve=True)
    village.take("people_full_20260703_0001.csv", row("1", 身份证号=WRONG), row("2"))
    assert persons(village)[0] == ("1", RIGHT, f"id_number {number}")


def test_a_rebuild_from_the_archive_gives_the_same(tmp_path: Path) -> None:
    with open_village(tmp_path) as village:
        village.take(FULL, row("1", 身份证号=WRONG), row("2", 身份证号=OTHER))
        corrected(village, "1", WRONG, RIGHT)
        delta(village, 2, OTHER)
        delta(village, 3, WRONG)
        before = everything_held(village.context.warehouse)
        village.context.home.warehouse.unlink()
    with open_village(tmp_path) as village:
        ingest([], village.context)
        assert everything_held(village.context.warehouse) == before


def test_an_id_that_was_corrected_is_shared_no_more_in_a_delta_and_in_a_rebuild(village: Village) -> None:
    shared = "SELECT row_key FROM quarantine.issue WHERE rule = 'id_shared' ORDER BY ALL"
    village.take(FULL, row("1", "李黎", 身份证号=OTHER), row("2", 身份证号=OTHER))
    assert village.rows(shared) == [("1",), ("2",)]
    corrected(village, "1", OTHER, RIGHT)
    assert village.rows(shared) == []
    village.context.warehouse.execute("DELETE FROM standard.built WHERE deliveries IS NOT NULL")
    build_standard(village.context)
    assert village.rows(shared) == []


def test_what_it_was_read_as_holds_when_standardisers_have_changed(village: Village) -> None:
    village.take(FULL, row("1", 身份证号=WRONG))
    number = corrected(village, "1", WRONG, RIGHT)
    corrections = village.context.operational.corrections
    [known] = corrections.in_force()
    assert known.wrong_text is not None
    # As if the standardiser of before had written it otherwise.
    corrections.note({number: ("00", known.wrong_text)})
    village.context.warehouse.execute("DELETE FROM standard.built WHERE deliveries IS NOT NULL")
    build_standard(village.context)
    assert persons(village) == [("1", RIGHT, f"id_number {number}")]
    assert corrections.in_force() == [known]


def test_it_goes_with_the_person_whose_key_came_to_stand_for_somebody_else(village: Village) -> None:
    village.take(FULL, row("1", 身份证号=WRONG))
    number = corrected(village, "1", WRONG, RIGHT, version="2026-06-01 10:00:00")
    delta(village, 2, OTHER, 姓名="李大明")
    assert persons(village) == [
        ("1", OTHER, None),
        ("1@2026-06-01 10:00:00", RIGHT, f"id_number {number}"),
    ]


def test_one_that_was_ended_leaves_the_value_as_delivered(village: Village) -> None:
    village.take(FULL, row("1", 身份证号=WRONG))
    first = corrected(village, "1", WRONG, RIGHT)
    second = corrected(village, "1", WRONG, OTHER, replaces=(first,))
    assert persons(village) == [("1", OTHER, f"id_number {second}")]
    upheld(village, ended=[second])
    build_standard(village.context)
    assert persons(village) == [("1", WRONG, None)]


def test_where_it_stands_is_noted_by_the_next_build_where_the_last_was_cut_off(village: Village) -> None:
    village.take(FULL, row("1", 身份证号=WRONG))
    number = corrected(village, "1", WRONG, RIGHT)
    village.context.operational.corrections.settle({number: CorrectionState.DECIDED}, AT)
    assert build_standard(village.context) == []
    assert state(village, number) is CorrectionState.APPLIED


def test_two_corrections_of_one_record_stand_side_by_side(village: Village) -> None:
    village.take(FULL, row("1", "李黎", 身份证号=WRONG))
    one = corrected(village, "1", WRONG, RIGHT)
    other = corrected(village, "1", "李黎", "黎黎", field="name")
    assert village.rows("SELECT name, surname, id_number, corrected FROM standard.person_record") == [
        ("黎黎", "黎", RIGHT, f"name {other}, id_number {one}")
    ]
    assert state(village, one) is state(village, other) is CorrectionState.APPLIED
