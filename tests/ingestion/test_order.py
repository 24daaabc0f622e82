"""Deliveries count in the order of their dates and sequences, in whatever order they arrive."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.ingest import approve_waiting, ingest
from schemas.readers.contracts import FeedContract
from tests.ingestion.test_recovery import DyingWarehouse, Killed
from tests.ingestion.village import CONTRACT, Village, counted, csv_text, open_village, row
from tests.trials import IS_FULL, trials

NO_VERSIONS = replace(CONTRACT, version_column=None, operation_column=None)

Row = tuple[str, int, str, str]
Schedule = list[tuple[str, list[Row]]]

ROWS = st.lists(
    st.tuples(
        st.sampled_from("1234"),
        st.integers(1, 6),
        st.sampled_from(["王小明", "李黎"]),
        st.sampled_from(["变更", "删除"]),
    ),
    max_size=4,
)
DELIVERIES = st.lists(st.tuples(st.sampled_from(["full", "delta"]), ROWS), min_size=2, max_size=5)
SCHEDULES = DELIVERIES.flatmap(
    lambda deliveries: st.tuples(st.just(deliveries), st.permutations(range(1, len(deliveries) + 1)))
)


def file_name(number: int, mode: str) -> str:
    return f"people_{mode}_202607{number:02d}_0001.csv"


def put(village: Village, number: int, mode: str, rows: Sequence[Row]) -> Path:
    path = village.inbox / file_name(number, mode)
    lines = [
        row(key, name, f"2026-06-{day:02d}", 操作="" if mode == "full" else operation)
        for key, day, name, operation in rows
    ]
    path.write_bytes(csv_text(*lines).encode())
    return path


def known(village: Village) -> dict[str, Any]:
    """What is held, set aside and waiting, told by the names of the deliveries instead of their numbers."""
    ledger = {each.delivery_id: each for each in village.context.operational.ledger.all()}
    held = 'SELECT delivery_id, line, row_key, version, "姓名", effective_from, ended_on FROM raw.people ORDER BY 3, 4'
    aside = "SELECT delivery_id, line, rule FROM quarantine.quarantined_row"
    records = "SELECT record_id, record_key, name, version, ended_on FROM standard.person_record ORDER BY ALL"
    return {
        "states": {each.file: each.state for each in ledger.values()},
        "held": [(ledger[delivery].file, *rest) for delivery, *rest in village.rows(held)],
        "aside": sorted((ledger[delivery].file, *rest) for delivery, *rest in village.rows(aside)),
        "records": village.rows(records),
    }


def known_after(schedule: Schedule, arrival: Sequence[int], contract: FeedContract, *, together: bool) -> Any:
    with TemporaryDirectory() as folder, open_village(Path(folder), contract) as village:
        paths = [put(village, number, *schedule[number - 1]) for number in arrival]
        for path in [village.inbox] if together else paths:
            ingest([path], village.context)
        return known(village)


@settings(
    max_examples=trials(few=4, full=200),
    deadline=None,
    derandomize=not IS_FULL,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(SCHEDULES, st.sampled_from([CONTRACT, NO_VERSIONS]))
def test_whatever_the_order_of_arrival_the_same_is_held(
    schedules: tuple[Schedule, list[int]], contract: FeedContract
) -> None:
    schedule, arrival = schedules
    assert known_after(schedule, arrival, contract, together=False) == known_after(
        schedule, arrival, contract, together=True
    )


def test_an_older_full_dump_after_a_newer_one_takes_its_place_and_ends_nothing_of_it(village: Village) -> None:
    put(village, 7, "full", [("1", 1, "王小明", ""), ("2", 6, "李黎", "")])
    ingest([village.inbox], village.context)
    older = put(village, 3, "full", [("1", 1, "王小明", ""), ("3", 1, "李黎", "")])
    [report, *_] = ingest([older], village.context)

    assert (report.state, counted(report)) == ("applied", {"new": 2})
    assert "it came after 1 that count after it" in report.note
    assert [(key, ended) for key, _, _, ended in village.held()] == [("1", None), ("2", None), ("3", "2026-07-07")]


def test_a_change_older_than_a_full_dump_that_does_not_carry_the_row_is_ended_by_it(village: Village) -> None:
    village.take(file_name(7, "full"), row("1"))
    village.take(file_name(3, "delta"), row("2", at="2026-07-03", 操作="新增"))

    assert [(key, ended) for key, _, _, ended in village.held()] == [("1", None), ("2", "2026-07-07")]


def test_changes_that_come_late_are_woven_in_without_reading_the_feed_again(village: Village) -> None:
    village.take(file_name(1, "full"), row("1"), row("2"))
    village.take(file_name(5, "delta"), row("1", "王晓明", "2026-07-05", 操作="变更"))
    report = village.take(file_name(3, "delta"), row("1", "李黎", "2026-07-03", 操作="变更"))

    assert (counted(report), report.note) == ({"late": 1}, "")
    assert [name for key, _, name, _ in village.held() if key == "1"] == ["王小明", "李黎", "王晓明"]


def test_a_row_that_a_full_dump_left_out_by_mistake_is_back_with_the_next_one(village: Village) -> None:
    village.take(file_name(1, "full"), row("1"), row("2"))
    village.take(file_name(2, "full"), row("1"))
    assert [ended for *_, ended in village.held()] == [None, "2026-07-02"]
    report = village.take(file_name(3, "full"), row("1"), row("2"))

    assert counted(report) == {"new": 1, "unchanged": 1}
    assert [ended for *_, ended in village.held()] == [None, None]
    assert village.rows("SELECT ended_on FROM standard.person_record") == [(None,), (None,)]


def test_a_full_dump_does_not_bring_back_what_was_deleted_by_name(village: Village) -> None:
    village.take(file_name(1, "full"), row("1"), row("2"))
    village.take(file_name(2, "delta"), row("2", 操作="删除"))
    village.take(file_name(3, "full"), row("1"), row("2"))

    assert village.rows("SELECT row_key FROM raw.people WHERE ended_on IS NULL") == [("1",)]


def test_a_dump_that_is_too_short_at_its_place_waits_though_it_came_first(village: Village) -> None:
    village.take(file_name(7, "full"), row("1"))
    path = put(village, 3, "full", [(key, 1, "王小明", "") for key in "1234"])
    reports = ingest([path], village.context)

    assert [(report.file, report.state) for report in reports] == [
        (file_name(3, "full"), "applied"),
        (file_name(7, "full"), "waiting"),
    ]
    assert village.rows("SELECT count(*) FROM raw.people WHERE ended_on IS NULL") == [(4,)]


def test_an_approved_dump_stays_approved_when_the_feed_is_read_again(village: Village) -> None:
    village.take(file_name(3, "full"), *[row(key) for key in "1234"])
    village.take(file_name(7, "full"), row("1"))
    approve_waiting(["2"], village.context)
    ingest([put(village, 1, "full", [("9", 1, "李黎", "")])], village.context)

    states = {each.name.date: each.state for each in village.context.operational.ledger.all()}
    assert states == dict.fromkeys((date(2026, 7, 1), date(2026, 7, 3), date(2026, 7, 7)), "applied")
    assert village.rows("SELECT row_key FROM raw.people WHERE ended_on IS NULL") == [("1",)]


LATE: Schedule = [
    ("full", [("1", 1, "王小明", ""), ("2", 1, "李黎", "")]),
    ("full", [("1", 1, "王小明", ""), ("3", 2, "李黎", "")]),
    ("delta", [("2", 3, "李黎", "变更")]),
]


@pytest.mark.parametrize("first", [4] if not IS_FULL else [1])
def test_a_kill_while_a_feed_is_read_again_and_a_rerun_converge(tmp_path: Path, first: int) -> None:
    calm = known_after(LATE, [1, 2, 3], CONTRACT, together=True)
    for statement in count(first, 1 if IS_FULL else 31):
        root = tmp_path / f"killed{statement}"
        root.mkdir()
        with open_village(root) as village:
            ingest([put(village, 1, *LATE[0]), put(village, 3, *LATE[2])], village.context)
            late = put(village, 2, *LATE[1])
        with open_village(root, warehouse=DyingWarehouse) as village:
            assert isinstance(village.context.warehouse, DyingWarehouse)
            village.context.warehouse.left = statement
            try:
                ingest([late], village.context)
                died = False
            except Killed:
                died = True
        with open_village(root) as village:
            ingest([late], village.context)
            assert known(village) == calm, f"killed at statement {statement}"
        if not died:
            break
    assert statement > 40
