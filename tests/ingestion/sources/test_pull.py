"""A table in a department's own PostgreSQL comes in as a delivery like any other."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from ingestion.sources.pull import PullOrder, pull_tables
from schemas.readers.databases import pulled_file_pattern
from stores.operational.deliveries import DeliveryState
from tests.ingestion import village as in_file
from tests.ingestion.sources.office import (
    contract,
    insert,
    make_table,
    reading,
    row,
)
from tests.ingestion.village import FULL, Village, counted, open_village
from tests.postgresql.server import Server

JUNE, JULY = date(2026, 6, 30), date(2026, 7, 1)
# What a row in a file must say to be the same as a row of the table.
SAME = {"身份证号": "310114199001011233", "月用电量": "30.50", "登记日期": "2026-05-01"}


def held(village: Village) -> list[list[tuple[object, ...]]]:
    """Row versions, records and facts, without the lines that they came in."""
    return [
        village.rows("SELECT * EXCLUDE (line) FROM raw.people ORDER BY ALL"),
        village.rows("FROM standard.person_record ORDER BY ALL"),
        village.rows("FROM standard.house_record ORDER BY ALL"),
        village.rows("FROM standard.fact ORDER BY ALL"),
    ]


def test_table_comes_in_as_the_same_rows_in_a_file_would(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql, row("2"), row("1", at="2026-06-01 10:00:00.25"), row("NULL"))
    with reading(tmp_path / "table", contract(postgresql)) as reader:
        report = reader.pull(day=JUNE)
        from_table = held(reader.village)
    rows = [in_file.row("1", at="2026-06-01 10:00:00.25", **SAME), in_file.row("2", **SAME), in_file.row("", **SAME)]
    (tmp_path / "file").mkdir()
    with open_village(tmp_path / "file") as village:
        expected = village.take(FULL, *rows)
        from_file = held(village)
    assert counted(report) == counted(expected) == {"new": 2, "quarantined": 1}
    assert report.quarantine == {"key_missing": 1}
    assert report.file == "people_full_20260630_0001.parquet"
    assert from_table == from_file


def test_delta_reads_what_changed_since_and_only_a_full_pull_ends_rows(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql, row("1"), row("2"), row("3", at="2026-06-30 09:00:00"))
    with reading(tmp_path, contract(postgresql)) as reader:
        reader.pull(day=JUNE)
        postgresql.execute(
            'DELETE FROM registry.people WHERE "编号" = 1',
            'UPDATE registry.people SET "姓名" = \'王大明\', "更新时间" = \'2026-07-01 08:00:00+08\' WHERE "编号" = 2',
        )
        insert(postgresql, row("4", at="2026-07-01 09:00:00"))
        delta = reader.pull("delta")
        assert delta.file == "people_delta_20260701_0001.parquet"
        # The third row is of the day of the first pull, which a delta reads again.
        assert counted(delta) == {"new": 1, "changed": 1, "unchanged": 1}
        full = reader.pull(day=date(2026, 7, 2))
        assert (counted(full), full.ended) == ({"unchanged": 3}, 1)
        now = reader.village.rows('SELECT row_key, "姓名" FROM raw.people WHERE ended_on IS NULL ORDER BY ALL')
        assert now == [("2", "王大明"), ("3", "王小明"), ("4", "王小明")]


def test_version_that_runs_ahead_hides_no_later_change(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql, row("1", at="2026-07-02 23:00:00"))
    with reading(tmp_path, contract(postgresql)) as reader:
        reader.pull()
        insert(postgresql, row("2", at="2026-07-01 12:00:00"))
        assert counted(reader.pull("delta")) == {"new": 1, "unchanged": 1}


def test_column_that_the_contract_does_not_know_is_an_issue_and_nothing_else_is_left(
    tmp_path: Path, postgresql: Server
) -> None:
    make_table(postgresql, row("1"))
    postgresql.execute("ALTER TABLE registry.people ADD COLUMN \"备注\" text DEFAULT 'secret'")
    with reading(tmp_path, contract(postgresql)) as reader:
        left = reader.village.context.home.temp / "pull-of-a-killed-run"
        left.mkdir()
        report = reader.pull()
        assert [*reader.village.context.home.temp.iterdir(), *reader.village.context.home.spool.iterdir()] == []
        assert dict(report.issues) == {"unknown_column": 1}
        assert reader.village.rows("SELECT column_name FROM quarantine.issue") == [("备注",)]


def test_full_pull_that_is_much_too_short_waits_for_a_person(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql, *(row(str(each)) for each in range(10)))
    with reading(tmp_path, contract(postgresql)) as reader:
        reader.pull(day=JUNE)
        postgresql.execute('DELETE FROM registry.people WHERE "编号" > 1')
        assert reader.pull().state == DeliveryState.WAITING
        assert len(reader.village.rows("FROM raw.people WHERE ended_on IS NULL")) == 10


def test_pulls_of_one_day_are_numbered_and_dated_by_the_server(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql, row("1"))
    with reading(tmp_path, contract(postgresql, time_zone="Pacific/Kiritimati")) as reader:
        first, second = reader.pull(day=None), reader.pull(day=None)
        today = postgresql.asked_as_reader("SELECT (current_timestamp AT TIME ZONE 'Pacific/Kiritimati')::date::text")
        assert [first.sequence, second.sequence] == [1, 2]
        assert second.date == today
        assert (counted(first), counted(second)) == ({"new": 1}, {"unchanged": 1})


def test_numbers_run_on_over_the_days_where_the_contract_says_so(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql, row("1"))
    with reading(tmp_path, replace(contract(postgresql), numbers_run_on=True)) as reader:
        pulled = [reader.pull(day=JUNE), reader.pull("delta", day=JULY)]
    assert [(each.sequence, each.note) for each in pulled] == [(1, ""), (2, "")]


def test_feed_that_came_in_files_goes_on_from_the_database(tmp_path: Path, postgresql: Server) -> None:
    with open_village(tmp_path) as village:
        village.take(FULL, in_file.row("1", **SAME), in_file.row("2", **SAME))
    make_table(postgresql, row("2"), row("3", at="2026-07-09 10:00:00"))
    # What changes daily is no gap here: a pull takes everything since the last one.
    with reading(tmp_path, replace(contract(postgresql), every_days=1)) as reader:
        delta = reader.pull("delta", day=date(2026, 7, 9))
        assert (counted(delta), delta.note) == ({"new": 1, "unchanged": 1}, "")
        full = reader.pull(day=date(2026, 7, 10))
        assert (counted(full), full.ended) == ({"unchanged": 2}, 1)


def test_feed_that_cannot_be_read_does_not_hold_up_the_others(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql, row("1"))
    unknown = contract(postgresql, database="unknown")
    pattern = pulled_file_pattern("absent")
    absent = replace(unknown, id="absent", delivery=replace(unknown.delivery, file_pattern=pattern))
    with reading(tmp_path, contract(postgresql), absent) as reader:
        order = PullOrder(["absent", "people"], "full", JULY)
        environment = {
            name.replace("PEOPLE", feed): path
            for name, path in reader.environment.items()
            for feed in ("PEOPLE", "ABSENT")
        }
        reports = pull_tables(order, reader.village.context, environment)
        assert {each.feed: each.state for each in reports} == {"people": "applied", "absent": "unread"}


def test_warehouse_that_is_lost_is_made_again_without_the_department(tmp_path: Path, postgresql: Server) -> None:
    make_table(postgresql, row("1"), row("2"))
    with reading(tmp_path, contract(postgresql)) as reader:
        reader.pull()
        before = reader.village.held()
    postgresql.execute("DROP TABLE registry.people")
    (tmp_path / "home" / "warehouse.duckdb").unlink()
    with reading(tmp_path, contract(postgresql)) as reader:
        assert pull_tables(PullOrder([], "full"), reader.village.context, {}) == []
        assert reader.village.held() == before
