"""A contract that has changed since deliveries came: they are read again from the archive, or nothing is read."""

from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.errors import NotWaitingError
from ingestion.ingest import approve_waiting, ingest
from ingestion.report import DeliveryReport
from schemas.errors import DeclarationError
from schemas.readers.contracts import ColumnUse, FeedContract, QualityRule, Severity
from tests.ingestion.village import CONTRACT, DELTA, FULL, column, csv_text, open_village, row

NEXT = replace(CONTRACT, version="1.1.0")
ROWS = (row("1", 性别="未知", 住址=""), row("2", 性别="女"))


def settled(root: Path, changed: FeedContract, sql: str) -> tuple[list[DeliveryReport], list[tuple[object, ...]]]:
    """The reports of an ingest under the changed contract after two deliveries under the first, and a query then."""
    with open_village(root) as village:
        village.take(FULL, *ROWS)
        village.take(DELTA, row("2", "李黎", "2026-07-01", 操作="变更"))
    with open_village(root, changed) as village:
        return list(ingest([], village.context)), village.rows(sql)


def test_a_column_that_is_new_is_empty_in_what_came_without_it_even_where_it_is_required(tmp_path: Path) -> None:
    wider = replace(NEXT, columns=(*CONTRACT.columns, column("电话", required=True)))
    [report], rows = settled(
        tmp_path, wider, 'SELECT row_key, "电话" FROM raw.people WHERE ended_on IS NULL ORDER BY ALL'
    )

    assert rows == [("1", None), ("2", None)]
    assert (report.state, report.feed, report.is_accepted) == ("read again", "people", True)
    assert report.note == (
        "the contract changed (version 1.0.0 → 1.1.0; new columns, empty in what came without them: 电话): "
        "2 deliveries were read again from the archive; rows held 2 → 2, set aside 0 → 0"
    )


def test_what_comes_under_the_new_contract_must_have_the_new_column(tmp_path: Path) -> None:
    wider = replace(NEXT, columns=(*CONTRACT.columns, column("电话", required=True)))
    settled(tmp_path, wider, "SELECT 1")
    with open_village(tmp_path, wider) as village:
        refused = village.take("people_delta_20260702_0001.csv", row("3"))
        assert (refused.state, "电话" in refused.note) == ("refused", True)
        rows = (row("3", at="2026-07-02", 电话="62511234"), row("4", at="2026-07-02"))
        taken = village.take("people_delta_20260702_0001.csv", *rows, columns=("电话",))
        assert dict(taken.quarantine) == {"required_missing": 1}


def test_a_column_that_is_no_longer_read_is_told(tmp_path: Path) -> None:
    narrower = replace(NEXT, columns=tuple(each for each in CONTRACT.columns if each.name != "登记日期"), facts=())
    [report], rows = settled(
        tmp_path, narrower, "SELECT count(*) FROM (DESCRIBE raw.people) WHERE column_name = '登记日期'"
    )

    assert rows == [(0,)]
    assert "columns no longer read: 登记日期" in report.note


def test_a_code_that_joins_the_list_is_no_longer_an_issue(tmp_path: Path) -> None:
    coded = replace(
        NEXT,
        columns=tuple(
            replace(each, codes={**(each.codes or {}), "未知": "unknown"}) if each.name == "性别" else each
            for each in CONTRACT.columns
        ),
    )
    _, rows = settled(tmp_path, coded, "SELECT count(*) FROM quarantine.issue WHERE rule = 'unknown_code'")
    assert rows == [(0,)]


def test_a_rule_that_changed_judges_what_came_before_too(tmp_path: Path) -> None:
    rule = QualityRule("has_an_address", "the address is known", "coalesce(\"住址\", '') <> ''", Severity.QUARANTINE)
    [report], rows = settled(tmp_path, replace(NEXT, quality=(rule,)), "SELECT row_key FROM quarantine.quarantined_row")

    assert rows == [("1",)]
    assert "rows held 2 → 1, set aside 0 → 1" in report.note


def test_a_change_under_the_old_version_number_is_told(tmp_path: Path) -> None:
    [report], _ = settled(tmp_path, replace(CONTRACT, quality=()), "SELECT 1")
    assert "its version is still 1.0.0: raise it with every change" in report.note


def test_a_contract_that_reads_alike_reads_nothing_again(tmp_path: Path) -> None:
    reports, _ = settled(tmp_path, replace(NEXT, title_en="The people", min_share_of_previous=0.9), "SELECT 1")
    assert reports == []


def test_another_key_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with open_village(tmp_path) as village:
        village.take(FULL, *ROWS)
        held = village.held()
    with open_village(tmp_path, replace(NEXT, key=("身份证号",))) as village:
        path = village.inbox / DELTA
        path.write_bytes(csv_text(row("3")).encode())
        with pytest.raises(DeclarationError) as refused:
            ingest([path], village.context)
        assert village.held() == held
    told = str(refused.value)
    assert "feeds/town_teams/people.odcs.yml: primaryKey: the key is 身份证号, but deliveries came under 编号" in told
    assert "Put the old key back, or give the feed with the new key an id" in told


def test_a_feed_without_a_contract_keeps_what_came_and_holds_up_no_other(tmp_path: Path) -> None:
    other = replace(CONTRACT, id="others", delivery=replace(CONTRACT.delivery, file_pattern="never"))
    with open_village(tmp_path) as village:
        village.take(FULL, *ROWS)
        assert village.take("people_full_20260707_0001.csv").state == "waiting"
    with open_village(tmp_path, other) as village:
        assert ingest([], village.context) == []
        assert approve_waiting([], village.context) == []
        with pytest.raises(NotWaitingError, match="no delivery waits as 2"):
            approve_waiting(["2"], village.context)
    with open_village(tmp_path) as village:
        assert ingest([], village.context) == []
        assert len(village.held()) == 2


def test_a_column_that_is_dropped_now_is_no_longer_held_not_even_in_the_archive(tmp_path: Path) -> None:
    dropping = tuple(
        column(each.name, ColumnUse.DROPPED, reason="protected") if each.name == "住址" else each
        for each in CONTRACT.columns
    )
    changed = replace(NEXT, columns=dropping, records=CONTRACT.records[:1], facts=(), quality=())
    [report], rows = settled(tmp_path, changed, "SELECT count(*) FROM (DESCRIBE raw.people) WHERE column_name = '住址'")

    assert rows == [(0,)]
    assert "columns no longer read: 住址" in report.note
    with open_village(tmp_path, changed) as village:
        for delivery in village.context.operational.ledger.all():
            with village.context.archive.opened(delivery) as plain:
                kept = village.context.warehouse.rows(f"DESCRIBE FROM read_csv('{plain}', header = true)")
            assert {"编号", "姓名"} < {name for name, *_ in kept}
            assert "住址" not in {name for name, *_ in kept}
