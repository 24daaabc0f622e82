"""The feed of changes: in order, the same again whenever asked, and never with a gap that nobody is told of."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from stores.changes import ENTRY, PAGE_SPAN, ChangeFeed, Note, Page, Wanted
from stores.instalments import BeginAnewError, Instalment, Position
from stores.warehouse import Warehouse, open_warehouse

DAY, NOW = date(2026, 7, 1), datetime(2026, 7, 1, 3, tzinfo=UTC)
ALL = Wanted()


class Publisher:
    """Publishes entries about persons, of feed `school_roll` unless another is named."""

    def __init__(self, warehouse: Warehouse, folder: Path) -> None:
        self.warehouse, self.folder, self.days = warehouse, folder, 0
        self.feed = ChangeFeed(folder)

    def publish(
        self, snapshot: str, *entities: str, follows: Instalment | None, feed: str = "school_roll"
    ) -> Instalment:
        """One instalment, a day later than the last."""
        self.days += 1
        self.warehouse.execute(f"CREATE OR REPLACE TEMP TABLE entry ({ENTRY})")
        for entity in entities:
            row = f"'changed', 'person', '{entity}', NULL, ['phone'], ['{feed}'], [], NULL"
            self.warehouse.execute(f"INSERT INTO entry VALUES ({row})")
        note = Note(snapshot, DAY, follows, now=NOW + timedelta(days=self.days))
        return self.feed.append(self.warehouse, "entry", note)

    def since(self, snapshot: str, position: Position, wanted: Wanted = ALL) -> Page:
        """A page of a reader who has opened the feed this moment."""
        return ChangeFeed(self.folder).since(self.warehouse, snapshot, position, wanted)

    def told(self, snapshot: str, position: Position, wanted: Wanted = ALL) -> list[str | None]:
        """The entities of one page."""
        return [each.entity_id for each in self.since(snapshot, position, wanted).entries]


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    with open_warehouse(None) as warehouse:
        yield Publisher(warehouse, tmp_path / "changes")


def test_a_reader_gets_what_came_since_in_order_and_the_same_when_asked_again(publisher: Publisher) -> None:
    first = publisher.publish("S1", follows=None)
    second = publisher.publish("S2", "P3", "P1", follows=first)
    publisher.publish("S3", "P2", "P1", follows=second)
    begin = publisher.feed.beginning("S1")
    page = publisher.since("S3", begin)
    assert [(each.position.number, each.entity_id, each.snapshot) for each in page.entries] == [
        (1, "P1", "S2"),
        (2, "P3", "S2"),
        (3, "P1", "S3"),
        (4, "P2", "S3"),
    ]
    assert page.is_last
    assert publisher.since("S3", begin) == page
    for each in page.entries:
        assert publisher.since("S3", each.position).entries == page.entries[each.position.number :]
    assert publisher.told("S3", page.position) == []


def test_a_reader_of_an_older_snapshot_sees_no_further(publisher: Publisher) -> None:
    first = publisher.publish("S1", follows=None)
    second = publisher.publish("S2", "P1", follows=first)
    publisher.publish("S3", "P2", follows=second)
    assert publisher.told("S2", first.end) == ["P1"]
    assert publisher.told("S1", first.end) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_of_any_size_give_the_same_entries(publisher: Publisher, limit: int) -> None:
    last = publisher.publish("S0", follows=None)
    position = last.end
    for number in range(1, 5):
        last = publisher.publish(f"S{number}", *(f"P{number}{each}" for each in range(number)), follows=last)
    whole = publisher.since("S4", position).entries
    found, is_last = [], False
    while not is_last:
        page = publisher.since("S4", position, Wanted(limit=limit))
        assert len(page.entries) <= limit
        found += page.entries
        position, is_last = Position.parse(str(page.position)), page.is_last
    assert found == whole
    assert len(whole) == 10


def test_a_page_without_what_is_wanted_still_goes_on(publisher: Publisher) -> None:
    first = publisher.publish("S1", follows=None)
    row = "'changed', 'person', 'P' || lpad(each::VARCHAR, 8, '0'), NULL, ['phone'], ['utilities'], [], NULL"
    publisher.warehouse.execute(
        f"CREATE OR REPLACE TABLE many ({ENTRY}); INSERT INTO many SELECT {row} FROM range({PAGE_SPAN + 5}) of(each)"
    )
    second = publisher.feed.append(publisher.warehouse, "many", Note("S2", DAY, first))
    publisher.publish("S3", "P1", follows=second)
    page = publisher.since("S3", first.end, Wanted(feeds=frozenset({"school_roll"})))
    assert (page.entries, page.is_last, page.position.number) == ([], False, PAGE_SPAN)
    assert publisher.told("S3", page.position, Wanted(feeds=frozenset({"school_roll"}))) == ["P1"]


def test_a_department_is_told_of_entities_of_its_records_and_of_no_other(publisher: Publisher) -> None:
    first = publisher.publish("S1", follows=None)
    publisher.warehouse.execute(f"CREATE OR REPLACE TABLE two ({ENTRY})")
    publisher.warehouse.execute("""
        INSERT INTO two VALUES
            ('merged', 'person', 'P1', 'P2', [], ['school_roll'], ['utilities'], NULL),
            ('split', 'unit', 'U1', 'U2', [], ['school_roll', 'utilities'], ['school_roll'], NULL)
    """)
    publisher.feed.append(publisher.warehouse, "two", Note("S2", DAY, first))

    def pairs(wanted: Wanted) -> list[tuple[str | None, str | None]]:
        return [(each.entity_id, each.other_id) for each in publisher.since("S2", first.end, wanted).entries]

    assert pairs(ALL) == [("U1", "U2"), ("P1", "P2")]
    assert pairs(Wanted(feeds=frozenset({"school_roll"}))) == [("U1", "U2"), ("P1", None)]
    assert pairs(Wanted(feeds=frozenset({"utilities", "civil_affairs"}))) == [("U1", None)]
    assert pairs(Wanted(feeds=frozenset())) == []
    assert pairs(Wanted(registers=frozenset({"person"}))) == [("P1", "P2")]
    assert pairs(Wanted(entities="SELECT unnest(['P1', 'P9'])")) == [("P1", "P2")]


def test_a_snapshot_that_nobody_got_is_a_branch_that_leads_nowhere_and_its_positions_are_not_given_out_again(
    publisher: Publisher,
) -> None:
    first = publisher.publish("S1", follows=None)
    aside = publisher.publish("S2", "P1", "P2", follows=first)
    publisher.publish("S3", "P3", follows=first)
    [entry] = publisher.since("S3", first.end).entries
    assert (entry.entity_id, entry.position.number) == ("P3", 3)
    with pytest.raises(BeginAnewError, match="take all records anew"):
        publisher.since("S3", aside.end)


def test_a_snapshot_that_readers_get_again_is_reached_by_way_of_the_other(publisher: Publisher) -> None:
    first = publisher.publish("S1", follows=None)
    second = publisher.publish("S2", "P1", follows=first)
    publisher.publish("S1", "P1", follows=second)
    assert publisher.told("S1", first.end) == ["P1", "P1"]
    assert publisher.told("S1", second.end) == ["P1"]
    assert publisher.told("S2", first.end) == ["P1"]


def test_entries_that_no_instalment_names_are_written_anew(publisher: Publisher) -> None:
    first = publisher.publish("S1", follows=None)
    second = publisher.publish("S2", "P1", follows=first)
    (publisher.folder / "00000002-S2.json").unlink()
    again = publisher.publish("S3", "P2", follows=first)
    assert (again.first, publisher.told("S3", first.end)) == (second.first, ["P2"])
    with pytest.raises(BeginAnewError):
        publisher.since("S3", second.end)
    assert {file.stem for file in publisher.folder.iterdir()} == {"00000001-S1", "00000002-S3"}


def test_what_is_older_than_kept_is_begun_anew_and_the_newest_stays(publisher: Publisher) -> None:
    first = publisher.publish("S1", follows=None)
    second = publisher.publish("S2", "P1", follows=first)
    third = publisher.publish("S3", "P2", follows=second)
    assert publisher.feed.forget(30, now=third.published_at + timedelta(days=28)) == []
    assert publisher.feed.forget(30, now=third.published_at + timedelta(days=29)) == [1]
    assert publisher.told("S3", first.end) == ["P1", "P2"]
    assert publisher.feed.forget(30, now=third.published_at + timedelta(days=90)) == [2]
    assert publisher.told("S3", second.end) == ["P2"]
    with pytest.raises(BeginAnewError, match="older than what the feed of changes keeps"):
        publisher.since("S3", first.end)
    assert publisher.publish("S4", "P3", follows=third).first == third.last + 1


def test_a_position_of_a_feed_that_went_on_otherwise_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    first = publisher.publish("S1", follows=None)
    publisher.publish("S2", "P1", follows=first)
    restored = Publisher(publisher.warehouse, tmp_path / "restored")
    same = restored.publish("S2", "P1", follows=restored.publish("S1", follows=None))
    ahead = publisher.publish("S3", "P2", follows=publisher.feed.newest())
    restored.publish("S4", "P3", "P4", follows=same)
    # What both have told is the same place in both; what only the lost one told is none of the other.
    assert restored.told("S4", publisher.since("S2", first.end).position) == ["P3", "P4"]
    with pytest.raises(BeginAnewError):
        restored.since("S4", ahead.end)


@pytest.mark.parametrize("name", ["00000002-S2.parquet", "00000002-S2.json"])
def test_a_damaged_instalment_is_never_skipped(publisher: Publisher, name: str) -> None:
    first = publisher.publish("S1", follows=None)
    second = publisher.publish("S2", "P1", follows=first)
    publisher.publish("S3", "P2", follows=second)
    content = (publisher.folder / name).read_bytes()
    (publisher.folder / name).write_bytes(content.replace(b"phone", b"stone").replace(b'"last": 1', b'"last": 2'))
    with pytest.raises(BeginAnewError, match="ake all records anew"):
        publisher.since("S3", first.end)
    assert publisher.told("S3", second.end) == ["P2"]


def test_a_snapshot_that_the_feed_does_not_reach_says_what_to_do(publisher: Publisher) -> None:
    with pytest.raises(BeginAnewError, match="`hub publish`"):
        publisher.feed.beginning("S1")


@pytest.mark.parametrize("text", ["", "12", "12.", "x.0123456789abcdef", "-1.0123456789abcdef", "1.0123456789abcde'"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no position of the feed"):
        Position.parse(text)


def test_the_folder_is_for_the_hub_alone(publisher: Publisher) -> None:
    publisher.publish("S1", follows=None)
    assert publisher.folder.stat().st_mode & 0o777 == 0o700
