"""What a feed still owes: told from the deliveries that came, until the missing ones or a full dump are there."""

from dataclasses import replace
from datetime import date

import pytest

from ingestion.gaps import missing_deliveries
from stores.operational.deliveries import DeliveryName
from tests.ingestion.village import CONTRACT, DELTA, FULL, Village, row

DAILY = replace(CONTRACT, every_days=1)
WEEKLY = replace(CONTRACT, every_days=7)
RUNNING = replace(CONTRACT, numbers_run_on=True)
NO_FULL = ["no full dump has come, only changes: rows that did not change since are not known"]


def names(*short: str) -> list[DeliveryName]:
    """Deliveries written as `f01.1`: mode, day of July, number."""
    return [
        DeliveryName("people", {"f": "full", "d": "delta"}[each[0]], date(2026, 7, int(each[1:3])), int(each[4:]))
        for each in short
    ]


@pytest.mark.parametrize(
    ("contract", "came", "missing"),
    [
        (CONTRACT, [], []),
        (CONTRACT, ["f01.1"], []),
        (CONTRACT, ["f01.1", "d09.1"], []),
        (CONTRACT, ["d02.1", "d03.1"], NO_FULL),
        (CONTRACT, ["d02.2", "f05.1"], []),
        (CONTRACT, ["f01.1", "d02.2"], ["no. 1 of 2026-07-02 did not come"]),
        (CONTRACT, ["f01.1", "d02.1", "d02.3", "d02.6"], ["no. 2, 4 to 5 of 2026-07-02 did not come"]),
        (CONTRACT, ["f01.1", "d01.3"], ["no. 2 of 2026-07-01 did not come"]),
        (CONTRACT, ["f01.3", "d01.4"], []),
        (CONTRACT, ["f01.1", "d02.2", "f03.1"], []),
        (DAILY, ["f01.1", "d02.1", "d03.1"], []),
        (DAILY, ["f01.1", "d04.1", "d06.1"], ["nothing came for 2026-07-02 to 2026-07-03, 2026-07-05"]),
        (DAILY, ["f01.1", "d04.1", "f06.1", "d07.1"], []),
        (WEEKLY, ["f01.1", "d08.1", "d15.1"], []),
        (WEEKLY, ["f01.1", "d15.1"], ["nothing came for 2026-07-08 to 2026-07-14"]),
        (RUNNING, ["f01.7", "d02.8", "d03.9"], []),
        (RUNNING, ["f01.7", "d02.9", "d03.10"], ["no. 8 did not come"]),
    ],
)
def test_what_is_missing_since_the_last_full_dump(contract: object, came: list[str], missing: list[str]) -> None:
    found = missing_deliveries(contract, reversed(names(*came)))  # type: ignore[arg-type]
    assert found == missing


def test_many_gaps_are_told_shortly_however_wide_they_are() -> None:
    came = names("f01.1", *[f"d02.{number}" for number in range(2, 16, 2)], "d02.900000000")
    [told] = missing_deliveries(CONTRACT, came)

    assert told == "no. 1, 3, 5, 7, 9 and 3 more gaps of 2026-07-02 did not come"


def test_a_delivery_behind_a_gap_comes_in_and_the_gap_is_told_until_it_is_closed(village: Village) -> None:
    village.take(FULL, row("1"))
    behind = village.take("people_delta_20260701_0002.csv", row("1", "王晓明", "2026-07-01 09:00", 操作="变更"))
    assert behind.state == "applied"
    assert behind.note == "no. 1 of 2026-07-01 did not come: ask the village for it, or for a full dump"

    between = village.take(DELTA, row("2", at="2026-07-01 08:00", 操作="新增"))
    assert (between.state, between.note) == ("applied", "")


def test_changes_without_the_full_dump_that_they_build_on_come_in_and_that_is_told(village: Village) -> None:
    report = village.take(DELTA, row("1", at="2026-07-01", 操作="变更"))
    assert (report.state, report.counts["new"]) == ("applied", 1)
    assert "no full dump has come" in report.note

    assert village.take(FULL, row("1"), row("2")).note.startswith("it came after 1")
    assert [name for _, version, name, ended in village.held() if ended is None] == ["王小明", "王小明"]
