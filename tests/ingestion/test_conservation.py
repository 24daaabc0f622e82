from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.ingest import ingest
from tests.ingestion.village import Village, csv_text, open_village, row

KEYS = st.sampled_from(["1", "2", "", " "])
TIMES = st.sampled_from([f"2026-06-{day:02d}" for day in (1, 2, 3)] + ["", "soon"])
NAMES = st.sampled_from(["王小明", "李黎", "", "王" * 21, 'a"b', "x\ny"])
OPERATIONS = st.sampled_from(["", "新增", "变更", "删除", "合并"])
ROWS = st.lists(st.tuples(KEYS, NAMES, TIMES, OPERATIONS), max_size=6)
DELIVERIES = st.lists(st.tuples(st.sampled_from(["full", "delta"]), ROWS), min_size=1, max_size=4)
SETTINGS = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])

VERSIONS = st.tuples(st.sampled_from("12"), st.integers(1, 6), st.sampled_from(["变更", "删除"]))
SCHEDULES = st.lists(VERSIONS, min_size=1, max_size=6).flatmap(
    lambda rows: st.tuples(st.just(rows), st.permutations(rows))
)


def put(village: Village, number: int, mode: str, rows: list[tuple[str, str, str, str]]) -> None:
    text = csv_text(*[row(key, name, at, 操作=operation) for key, name, at, operation in rows])
    (village.inbox / f"people_{mode}_202607{number:02d}_0001.csv").write_bytes(text.encode())


@SETTINGS
@given(DELIVERIES)
def test_every_row_has_exactly_one_outcome(deliveries: list[tuple[str, list[tuple[str, str, str, str]]]]) -> None:
    with TemporaryDirectory() as folder, open_village(Path(folder)) as village:
        for number, (mode, rows) in enumerate(deliveries, start=1):
            put(village, number, mode, rows)
        reports = ingest([village.inbox], village.context, approve=True)
        quarantined = village.rows("SELECT count(*) FROM quarantine.quarantined_row WHERE reason IS NOT NULL")[0][0]

    assert [report.state for report in reports] == ["applied"] * len(deliveries)
    assert [sum(report.counts.values()) for report in reports] == [len(rows) for _, rows in deliveries]
    assert quarantined == sum(report.counts["quarantined"] for report in reports)


def held_after(schedule: list[tuple[str, int, str]]) -> list[tuple[Any, ...]]:
    with TemporaryDirectory() as folder, open_village(Path(folder)) as village:
        for number, (key, day, operation) in enumerate(schedule, start=1):
            # The name follows from the version: one version never has two contents.
            put(village, number, "delta", [(key, f"王{day % 3}", f"2026-06-{day:02d}", operation)])
        ingest([village.inbox], village.context)
        return village.held()


@SETTINGS
@given(SCHEDULES)
def test_the_order_in_which_versions_come_does_not_matter(
    schedules: tuple[list[tuple[str, int, str]], list[tuple[str, int, str]]],
) -> None:
    assert held_after(schedules[0]) == held_after(schedules[1])
