"""What is built from a delta alone is what a build of everything gives, table for table."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.corrections import wrong_value_hash
from ingestion.ingest import ingest
from ingestion.standard_tables import build_standard
from stores.operational.corrections import NewCorrection
from stores.operational.disputes import DisputeKind, DisputeState, NewDispute, Ruling, Said, Subject
from stores.quoting import number_sql
from tests.ingestion.village import CONTRACT, DELTA, FULL, HOUSEHOLD, Village, everything_held, open_village, row
from tests.trials import trials

COUNT = trials(few=6, full=300)
HEADER = "编号,姓名,身份证号,民族,性别,住址,月用电量,登记日期,户号,关系,更新时间,操作\n"

ROWS = st.lists(
    st.tuples(
        st.sampled_from("123456"),
        st.sampled_from(["王小明", "李黎", "不详"]),
        st.sampled_from(["曹安路1285弄12号302室", "墨玉路1号101室", "无"]),
        st.sampled_from(["H1", "H2", "H3", ""]),
        st.sampled_from(["户主", "子女", "户主 "]),
        st.integers(1, 28),
        st.sampled_from(["变更", "变更", "变更", "删除"]),
    ),
    max_size=8,
)
SCHEDULES = st.lists(st.tuples(st.sampled_from(["delta", "delta", "full"]), ROWS), min_size=2, max_size=5)


def household_text(rows: list[tuple[str, str, str, str, str, int, str]]) -> str:
    lines = [
        f"{key},{name},,,男,{home},,,{group},{kin},2026-06-{day:02d},{operation}\n"
        for key, name, home, group, kin, day, operation in rows
    ]
    return HEADER + "".join(lines)


def correct(village: Village, key: str, wrong: str, right: str | None) -> None:
    """A steward's correction of a person's name, whether the record is there yet or not."""
    name = f"'people' || chr(31) || '{key}'"
    [(record,)] = village.rows(f"SELECT {number_sql(name)}")
    operational, at = village.context.operational, datetime(2026, 7, 1)
    subject = Subject(DisputeKind.FACT, "person", "P1", "name", record)
    dispute = operational.disputes.hand_in(NewDispute(subject, Said("wrong"), "wang", None, at))
    operational.disputes.take_in()
    hashed = wrong_value_hash(operational.personal, ("person", record, "name"), wrong)
    new = NewCorrection("person", record, "people", "name", hashed, key, right)
    ruling = Ruling("li", at, "seen", DisputeState.UPHELD, corrections=[new])
    operational.disputes.rule(dispute.dispute_id, ruling)


def standard(village: Village) -> dict[str, list[tuple[Any, ...]]]:
    held = everything_held(village.context.warehouse)
    return {table: rows for table, rows in held.items() if table.startswith(("standard", "quarantine"))}


def built_anew(village: Village) -> dict[str, list[tuple[Any, ...]]]:
    village.context.warehouse.execute("DELETE FROM standard.built WHERE deliveries IS NOT NULL")
    assert build_standard(village.context) == ["people"]
    return standard(village)


@settings(max_examples=COUNT, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SCHEDULES, st.integers(1, 5))
def test_any_schedule_of_deltas_and_corrections_gives_what_a_rebuild_gives(
    schedule: list[tuple[str, list[tuple[str, str, str, str, str, int, str]]]], corrected: int
) -> None:
    with TemporaryDirectory() as folder, open_village(Path(folder), HOUSEHOLD) as village:
        for number, (mode, rows) in enumerate(schedule, start=1):
            if number == corrected:
                for key, right in (("1", "李莉"), ("2", None)):
                    correct(village, key, "李黎", right)
            path = village.inbox / f"people_{mode}_202607{number:02d}_0001.csv"
            path.write_text(household_text(rows), encoding="utf-8")
            ingest([path], village.context, approve=True)

        assert standard(village) == built_anew(village)


def test_a_delta_reads_the_rows_of_its_households_and_no_others(tmp_path: Path) -> None:
    first = [(key, "王小明", "墨玉路1号101室", group, "子女", 1, "") for key, group in zip("1234", "AABB", strict=True)]
    with open_village(tmp_path, HOUSEHOLD) as village:
        village.take_bytes(FULL, household_text(first).encode())
        # A mark that only a new reading takes away.
        village.context.warehouse.execute("UPDATE standard.person_record SET occupation = 'as before'")
        village.take_bytes(DELTA, household_text([("1", "王小明", "墨玉路1号101室", "A", "户主", 2, "变更")]).encode())

        marks = "SELECT record_key, occupation FROM standard.person_record ORDER BY ALL"
        assert village.rows(marks) == [("1", None), ("2", None), ("3", "as before"), ("4", "as before")]


def test_a_child_gets_its_kin_when_the_head_comes_later(tmp_path: Path) -> None:
    child, head = ("1", "王小明", "", "A", "子女", 1, ""), ("2", "王大明", "", "A", "户主", 2, "新增")
    with open_village(tmp_path, HOUSEHOLD) as village:
        village.take_bytes(FULL, household_text([child]).encode())
        assert village.rows("SELECT count(*) FROM standard.fact WHERE kind = 'kin'") == [(0,)]
        village.take_bytes(DELTA, household_text([head]).encode())

        assert village.rows("SELECT row_key FROM standard.fact WHERE kind = 'kin'") == [("1",)]


def test_a_feed_whose_contract_went_and_came_back_is_built_again(tmp_path: Path) -> None:
    with open_village(tmp_path) as village:
        village.take(FULL, row("1"))
    with open_village(tmp_path, replace(CONTRACT, id="others")) as village:
        ingest([], village.context)
    with open_village(tmp_path) as village:
        ingest([], village.context)

        assert village.rows("SELECT record_key FROM standard.person_record") == [("1",)]
