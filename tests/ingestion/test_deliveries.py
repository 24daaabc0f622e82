from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.ingest import approve_waiting, ingest
from ingestion.reading import TEXT_READERS
from schemas.readers.contracts import FileFormat
from tests.ingestion.village import CONTRACT, DELTA, FULL, Village, counted, open_village, row

LATER = "2026-07-01 08:00:00"


def test_a_full_dump_comes_in(village: Village) -> None:
    report = village.take(FULL, row("1"), row("2"))

    assert (report.state, report.rows, counted(report)) == ("applied", 2, {"new": 2})


def test_the_same_delivery_twice_changes_nothing_and_says_so(village: Village) -> None:
    village.take(FULL, row("1"))
    before = village.held()
    report = village.take(FULL, row("1"))

    assert (report.state, village.held()) == ("repeated", before)
    assert "nothing changed" in report.note


def test_a_delivery_that_came_before_with_other_content_is_refused(village: Village) -> None:
    village.take(FULL, row("1"))
    report = village.take(FULL, row("1"), row("2"))

    assert report.state == "refused"
    assert "under a new sequence" in report.note
    assert len(village.held()) == 1


def test_a_newer_version_ends_the_one_before(village: Village) -> None:
    village.take(FULL, row("1", "王小明"))
    report = village.take(DELTA, row("1", "王晓明", LATER, 操作="变更"))

    assert counted(report) == {"changed": 1}
    assert village.held() == [
        ("1", "2026-06-01 10:00:00", "王小明", "2026-07-01"),
        ("1", "2026-07-01 08:00:00", "王晓明", None),
    ]


def test_a_late_row_is_recorded_behind_the_newer_one(village: Village) -> None:
    village.take(DELTA, row("1", "王晓明", LATER, 操作="新增"))
    report = village.take("people_delta_20260702_0001.csv", row("1", "王小明", "2026-06-01", 操作="新增"))

    assert counted(report) == {"late": 1}
    assert village.held() == [
        ("1", "2026-06-01 00:00:00", "王小明", "2026-07-01"),
        ("1", "2026-07-01 08:00:00", "王晓明", None),
    ]


def test_a_deletion_ends_the_row_and_outlives_late_versions(village: Village) -> None:
    village.take(FULL, row("1"))
    deleted = village.take(DELTA, {"编号": "1", "更新时间": LATER, "操作": "删除"})
    late = village.take("people_delta_20260702_0001.csv", row("1", "王晓明", "2026-06-20", 操作="变更"))

    assert (counted(deleted), counted(late)) == ({"deleted": 1}, {"late": 1})
    assert [ended for *_, ended in village.held()] == ["2026-06-20", "2026-07-01"]


def test_a_deletion_with_the_time_of_the_row_still_deletes(village: Village) -> None:
    village.take(FULL, row("1"))
    report = village.take(DELTA, row("1", 操作="删除"))

    assert counted(report) == {"deleted": 1}
    assert village.rows("SELECT count(*) FROM raw.people WHERE ended_on IS NULL") == [(0,)]


def test_a_row_that_comes_back_after_deletion_is_new(village: Village) -> None:
    village.take(FULL, row("1"))
    village.take(DELTA, row("1", at=LATER, 操作="删除"))
    report = village.take("people_delta_20260702_0001.csv", row("1", at="2026-07-02", 操作="新增"))

    assert counted(report) == {"new": 1}


def test_a_row_sent_again_is_unchanged(village: Village) -> None:
    village.take(FULL, row("1"))
    report = village.take(DELTA, row("1"), row("1"))

    assert counted(report) == {"unchanged": 1, "duplicate": 1}


def test_a_full_dump_ends_what_it_no_longer_carries(village: Village) -> None:
    village.take(FULL, row("1"), row("2"))
    report = village.take("people_full_20260707_0001.csv", row("1"))

    assert (counted(report), report.ended) == ({"unchanged": 1}, 1)
    assert [(key, ended) for key, _, _, ended in village.held()] == [("1", None), ("2", "2026-07-07")]


def test_a_full_dump_leaves_rows_that_are_newer_than_it(village: Village) -> None:
    village.take("people_delta_20260708_0001.csv", row("9", at="2026-07-08", 操作="新增"))
    report = village.take("people_full_20260707_0001.csv", row("1"))

    assert report.ended == 0


def test_a_row_that_the_dump_carries_but_cannot_come_in_is_not_ended(village: Village) -> None:
    village.take(FULL, row("1"), row("2"))
    report = village.take("people_full_20260707_0001.csv", row("1"), row("2", name=""))

    assert (report.ended, dict(report.quarantine)) == (0, {"required_missing": 1})


def test_a_full_dump_shorter_than_expected_waits_for_approval(village: Village) -> None:
    village.take(FULL, row("1"), row("2"), row("3"))
    before = village.held()
    short = village.take("people_full_20260707_0001.csv", row("1"))

    assert (short.state, village.held()) == ("waiting", before)
    assert "hub ingest --approve 2" in short.note
    assert "1 rows came, 3 are held and at least 2 were expected" in short.note
    approved = village.take("people_full_20260707_0001.csv", row("1"), approve=True)
    assert (approved.state, approved.ended) == ("applied", 2)


def test_a_waiting_delivery_can_be_approved_without_its_file(village: Village) -> None:
    village.take(FULL, row("1"), row("2"), row("3"))
    waiting = village.take("people_full_20260707_0001.csv", row("1"))

    assert [report.ended for report in approve_waiting([str(waiting.delivery_id)], village.context)] == [2]


def test_deliveries_in_a_folder_are_taken_in_order(village: Village) -> None:
    for name in ("people_delta_20260702_0001.csv", "people_delta_20260701_0002.csv", "people_delta_20260701_0001.csv"):
        (village.inbox / name).write_text("编号\n")
    reports = ingest([village.inbox], village.context)

    assert [(report.date, report.sequence) for report in reports] == [
        ("2026-07-01", 1),
        ("2026-07-01", 2),
        ("2026-07-02", 1),
    ]


def test_a_file_that_is_refused_does_not_hold_up_the_others(village: Village) -> None:
    (village.inbox / "notes.txt").write_text("")
    (village.inbox / FULL).write_text("编号\n1\n")
    reports = ingest([village.inbox], village.context)

    assert sorted(report.state for report in reports) == ["refused", "unrecognised"]
    assert village.take(FULL, row("1")).state == "applied"


def test_a_file_that_breaks_its_reader_is_refused_and_does_not_hold_up_the_others(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setitem(TEXT_READERS, FileFormat.CSV, lambda *_, **__: [][0])
        report = village.take(FULL, row("1"))

    assert (report.state, report.note[: len(FULL)]) == ("refused", FULL)
    assert "export it anew and hand it in again; if it is sound, report this to the developers" in report.note
    assert village.take(DELTA, row("1")).state == "applied"


def test_a_feed_without_versions_changes_where_its_content_does(tmp_path: Path) -> None:
    with open_village(tmp_path, replace(CONTRACT, version_column=None, operation_column=None)) as village:
        village.take(FULL, row("1"), row("2"), row("3"))
        report = village.take("people_full_20260707_0001.csv", row("1"), row("2", "李黎"))

        assert (counted(report), report.ended) == ({"changed": 1, "unchanged": 1}, 1)
        assert [ended for *_, ended in village.held()] == [None, "2026-07-07", None, "2026-07-07"]


def test_two_versions_of_a_row_in_one_file_both_come_in(village: Village) -> None:
    report = village.take(DELTA, row("1", "王晓明", LATER), row("1", "王小明"))

    assert counted(report) == {"new": 1, "changed": 1}
    assert [name for _, _, name, _ in village.held()] == ["王小明", "王晓明"]


def test_a_dump_with_a_header_only_waits_where_rows_are_held(village: Village) -> None:
    village.take(FULL, row("1"))
    report = village.take("people_full_20260707_0001.csv")

    assert (report.state, report.rows) == ("waiting", 0)
    assert "0 rows came, 1 are held" in report.note


def test_a_waiting_dump_that_a_later_one_has_overtaken_asks_no_more(village: Village) -> None:
    village.take(FULL, row("1"), row("2"), row("3"))
    village.take("people_full_20260707_0001.csv", row("1"))
    assert [each.delivery_id for each in village.context.operational.ledger.undecided()] == [2]
    village.take("people_full_20260708_0001.csv", row("1"), row("2"), row("3"))

    assert village.context.operational.ledger.undecided() == []
    assert approve_waiting([], village.context) == []
    assert [report.state for report in approve_waiting(["people_full_20260707_0001.csv"], village.context)] == [
        "applied"
    ]
    assert [ended for *_, ended in village.held()] == [None, None, None]


def test_values_with_the_sign_that_joins_keys_do_not_make_two_rows_one(tmp_path: Path) -> None:
    with open_village(tmp_path, replace(CONTRACT, key=("编号", "姓名"))) as village:
        report = village.take(FULL, row("1|2", "3"), row("1", "2|3"), row("1\\", "|3"), row("1", "\\||3"))

        assert counted(report) == {"new": 4}
        assert len({key for key, *_ in village.held()}) == 4
