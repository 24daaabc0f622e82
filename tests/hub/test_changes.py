"""The feed of changes of a real home: all that one snapshot differs in from the next, whole or not at all."""

import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from hub import pipeline
from hub.changes import Correction, none_decided
from hub.changes_sql import RECORDS, REGISTERS
from hub.publish import publish_snapshot
from hub.site import Site
from hub.stages import bring_in, link, take_up
from schemas.declarations import load_declarations
from stores.changes import Change, ChangeFeed, ChangeKind, Wanted
from stores.home import Home, create_home, open_home
from stores.instalments import BeginAnewError, Instalments, Position
from stores.operational.decisions import Decision, DecisionKind
from stores.snapshots import ENTITIES, SnapshotShelf
from stores.warehouse import Warehouse, open_read_only, open_warehouse
from tests.hub.district import at_work, first_day

ALL = Wanted(limit=10**6)
LATE_FEED = "business_register"
RENAMED = "UPDATE resolved.person SET name = {} WHERE entity_id = (SELECT min(entity_id) FROM resolved.person)"
Said = dict[tuple[str, str], dict[str, Any]]
Read = TypeVar("Read")


@dataclass(frozen=True)
class Told:
    """A home with two snapshots: of full dumps, and of a day with one more, a delta and stewards' decisions.

    `unpublished` is a copy of it from the moment when that day was linked and not yet published.
    """

    home: Home
    unpublished: Home
    before: str
    after: str

    def begin(self) -> Position:
        """Where somebody stands who has all of the first snapshot."""
        return ChangeFeed(self.home.changes).beginning(self.before)


def changes(home: Home, position: Position, wanted: Wanted = ALL) -> list[Change]:
    """What readers of the current snapshot are told."""
    snapshot = SnapshotShelf(home.snapshots).current_name()
    assert snapshot is not None
    with open_warehouse(None) as tables:
        page = ChangeFeed(home.changes).since(tables, snapshot, position, wanted)
    assert page.is_last
    return list(page.entries)


def apart_from_time(entries: Sequence[Change]) -> list[Change]:
    return [replace(each, position=Position(0, ""), published_at=datetime.min) for each in entries]


def decide(site: Site) -> None:
    """Links two persons who are two, parts one who is one, and forgets all records of a third."""
    pairs = """
        SELECT link.record_l, link.record_r FROM resolved.link
        JOIN resolved.member l ON l.record_id = record_l JOIN resolved.member r ON r.record_id = record_r
        WHERE link.register = 'person' AND {} ORDER BY ALL LIMIT 1
    """
    two = "l.entity_id IN (SELECT entity_id FROM resolved.person WHERE n_records = 2)"
    for condition, kind in (
        ("link.status = 'review' AND l.entity_id <> r.entity_id", DecisionKind.MUST_LINK),
        (f"link.status = 'accepted' AND l.entity_id = r.entity_id AND {two}", DecisionKind.CANNOT_LINK),
    ):
        [(left, right)] = site.warehouse.rows(pairs.format(condition))
        when = datetime(2026, 7, 1, 9)
        site.operational.decide(Decision("person", left, right, kind, "wang", when, "for the test"))
    alone = "SELECT entity_id FROM resolved.person WHERE n_records = 1 ORDER BY entity_id DESC LIMIT 1"
    member = f"SELECT record_id FROM resolved.member WHERE entity_id = ({alone})"
    site.warehouse.execute(f"DELETE FROM standard.person_record WHERE record_id IN ({member})")


@pytest.fixture(scope="module")
def told(district: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("changes")
    home = create_home(folder / "home", kind="synthetic")
    with at_work(home) as site:
        dumps = [file for file in first_day(district / "feeds") if file.parent.name != LATE_FEED]
        first = pipeline.run(dumps, site).publication
        decide(site)
        bring_in([district / "feeds"], site)
        link(site, take_up(site).run_id)
    shutil.copytree(home.root, folder / "unpublished", symlinks=True)
    with at_work(home) as site:
        second = publish_snapshot(site)
    assert first is not None
    return Told(home, open_home(folder / "unpublished"), first.id, second.id)


@pytest.fixture
def unpublished(told: Told, tmp_path: Path) -> Home:
    shutil.copytree(told.unpublished.root, tmp_path / "home", symlinks=True)
    return open_home(tmp_path / "home")


def said(tables: Warehouse) -> Said:
    """All that a snapshot says of each entity, under the names by which a change is told."""
    declarations = load_declarations()
    found: Said = {}
    for register in REGISTERS:
        names = [field.name for field in declarations.registers[register].fields]
        columns = ", ".join(f'"{name}"' for name in names)
        for entity, *values in tables.rows(f"SELECT entity_id, {columns} FROM {register}"):
            found[register, entity] = defaultdict(set, zip(names, values, strict=True))
    for register, entity, record in tables.rows("SELECT register, entity_id, record_id FROM member"):
        found[register, entity][RECORDS].add(record)
    ends = "subject_register, subject_id, object_register, object_id"
    for kind, *about in tables.rows(f"SELECT kind, {ends}, feed, value, valid_from, valid_to FROM relation"):
        for each in declarations.graph.types.values():
            for end in (tuple(about[:2]), tuple(about[2:4])) if kind in each.kinds else ():
                found[end][each.type].add((kind, *about))
    for person, house, *dates in tables.rows("SELECT person_id, house_id, valid_from, valid_to FROM residence"):
        found["person", person]["LIVES_AT"].add((house, *dates))
        found["house", house]["LIVES_AT"].add((person, *dates))
    return found


def holding(feed: str, tables: Warehouse) -> set[str]:
    """Entities with a record of the feed."""
    records = " UNION ALL ".join(f"SELECT record_id, feed FROM {each}_record" for each in REGISTERS)
    rows = tables.rows(f"SELECT entity_id FROM member JOIN ({records}) USING (record_id) WHERE feed = ?", [feed])
    return {entity for (entity,) in rows}


def of_both(told: Told, read: Callable[[Warehouse], Read]) -> tuple[Read, Read]:
    """What is read from the tables of each snapshot."""
    with (
        open_read_only(told.home.snapshots / told.before / ENTITIES) as was,
        open_read_only(told.home.snapshots / told.after / ENTITIES) as now,
    ):
        return read(was), read(now)


def test_every_kind_is_told_and_all_that_differs_is_in_it(told: Told) -> None:
    was, now = of_both(told, said)
    entries = changes(told.home, told.begin())
    assert {each.kind for each in entries} >= set(ChangeKind) - {ChangeKind.REVIVED, ChangeKind.CORRECTED}
    assert len({each.entity_id for each in entries}) == len(entries)
    come, gone = set(now) - set(was), set(was) - set(now)
    kinds: dict[ChangeKind, dict[tuple[str, str], Change]] = defaultdict(dict)
    for each in entries:
        assert each.entity_id is not None
        kinds[each.kind][each.register, each.entity_id] = each
    assert set(kinds[ChangeKind.NEW]) | set(kinds[ChangeKind.SPLIT]) == come
    assert set(kinds[ChangeKind.MERGED]) | set(kinds[ChangeKind.RETIRED]) == gone
    differing = {
        entity: tuple(sorted(name for name in was[entity].keys() | each.keys() if was[entity][name] != each[name]))
        for entity, each in now.items()
        if entity in was
    }
    assert {entity: each.fields for entity, each in kinds[ChangeKind.CHANGED].items()} == {
        entity: names for entity, names in differing.items() if names
    }
    for each in (*kinds[ChangeKind.MERGED].values(), *kinds[ChangeKind.SPLIT].values()):
        assert (each.register, each.other_id) in now
        assert each.other_id != each.entity_id


def test_a_department_is_told_of_the_entities_that_had_or_have_its_records(told: Told) -> None:
    entries = changes(told.home, told.begin())
    lost = 0
    for feed in load_declarations().contracts:
        had, has = of_both(told, partial(holding, feed))
        mine = changes(told.home, told.begin(), replace(ALL, feeds=frozenset({feed})))
        assert [each.position for each in mine] == [each.position for each in entries if each.entity_id in had | has]
        assert all(each.other_id is None or each.other_id in had | has for each in mine)
        lost += sum(each.entity_id in had - has for each in mine)
    assert lost > 0


def test_a_home_begins_without_entries_and_a_position_gives_the_same_again(told: Told) -> None:
    entries = changes(told.home, told.begin())
    assert (told.begin().number, [each.position.number for each in entries]) == (0, list(range(1, len(entries) + 1)))
    assert changes(told.home, told.begin()) == entries
    assert changes(told.home, entries[3].position) == entries[4:]
    assert changes(told.home, ChangeFeed(told.home.changes).beginning(told.after)) == []


class KilledError(BaseException):
    """Stands for the end of the process: nobody catches it."""


POINTS = [
    (Instalments, "keep", False),
    (Instalments, "keep", True),
    (SnapshotShelf, "switch", False),
    (SnapshotShelf, "prune", False),
]


def test_killed_between_any_two_steps_nothing_is_lost_doubled_or_seen_too_early(
    told: Told, unpublished: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = apart_from_time(changes(told.home, told.begin()))
    shelf = SnapshotShelf(unpublished.snapshots)
    for owner, name, is_after in POINTS:
        with at_work(unpublished) as site, monkeypatch.context() as patch:
            patch.setattr(owner, name, killed(getattr(owner, name), is_after=is_after))
            with pytest.raises(KilledError):
                publish_snapshot(site)
        seen = apart_from_time(changes(unpublished, told.begin()))
        assert seen == (expected if shelf.current_name() == told.after else [])
    with at_work(unpublished) as site:
        assert publish_snapshot(site).id == told.after
        assert publish_snapshot(site).id == told.after
    entries = changes(unpublished, told.begin())
    assert apart_from_time(entries) == expected
    assert [each.position.number for each in entries] == list(range(1, len(expected) + 1))
    assert len(list(unpublished.changes.glob("*.json"))) == 2


def killed(done: Callable[..., object], *, is_after: bool) -> Callable[..., None]:
    def end(*arguments: object) -> None:
        if is_after:
            done(*arguments)
        raise KilledError

    return end


def test_snapshots_that_are_pruned_or_come_again_lose_nothing(unpublished: Home, told: Told) -> None:
    # The day is never published: other content comes first, is taken back, and only then the day's own.
    with at_work(unpublished, HUB_KEEP_SNAPSHOTS="1") as site:
        [(name,)] = site.warehouse.rows("SELECT name FROM resolved.person ORDER BY entity_id LIMIT 1")
        site.warehouse.execute(RENAMED.format("'某某'"))
        publish_snapshot(site)
        site.warehouse.execute(RENAMED.format(f"'{name}'"))
        publication = publish_snapshot(site)
        assert site.shelf.names() == [publication.id] == [told.after]
    entries = changes(unpublished, told.begin())
    published = list(dict.fromkeys(each.snapshot for each in entries))
    first, second = ([each for each in entries if each.snapshot == one] for one in published)
    assert [(each.kind, each.fields) for each in second] == [(ChangeKind.CHANGED, ("name",))]
    renamed = second[0].entity_id
    expected = [each for each in changes(told.home, told.begin()) if each.entity_id != renamed]
    others = [replace(each, snapshot=told.after) for each in first if each.entity_id != renamed]
    assert apart_from_time(others) == apart_from_time(expected)


def test_a_snapshot_that_cannot_be_compared_lets_readers_begin_anew(unpublished: Home, told: Told) -> None:
    file = unpublished.snapshots / told.before / ENTITIES
    file.write_bytes(file.read_bytes()[:-1])
    with at_work(unpublished) as site:
        publish_snapshot(site)
    with pytest.raises(BeginAnewError):
        changes(unpublished, told.begin())
    assert changes(unpublished, ChangeFeed(unpublished.changes).beginning(told.after)) == []


def test_a_correction_is_told_once_and_to_the_feed_of_its_record_alone(finished: Home, tmp_path: Path) -> None:
    shutil.copytree(finished.root, tmp_path / "home", symlinks=True)
    home = open_home(tmp_path / "home")
    decided: list[Correction] = []

    def corrections(after: int) -> list[Correction]:
        return [each for each in decided if each.number > after]

    with at_work(home) as site:
        begin = site.changes.beginning(publish_snapshot(site, corrections).id)
        sql = (
            "SELECT record_id, record_key, entity_id FROM standard.person_record JOIN resolved.member USING (record_id)"
        )
        [(record, key, entity)] = site.warehouse.rows(f"{sql} WHERE feed = 'school_roll' ORDER BY record_id LIMIT 1")
        decided.append(Correction(7, "person", "school_roll", key, "birth_date"))
        assert not publish_snapshot(site, corrections).is_new
        publish_snapshot(site, corrections)
        decided.append(Correction(8, "person", "school_roll", key, "name"))
        publish_snapshot(site, none_decided)
        publish_snapshot(site, corrections)
    told = changes(home, begin)
    assert [(each.kind, each.entity_id, each.fields, each.record_id) for each in told] == [
        (ChangeKind.CORRECTED, entity, ("birth_date",), record),
        (ChangeKind.CORRECTED, entity, ("name",), record),
    ]
    assert changes(home, begin, replace(ALL, feeds=frozenset({"school_roll"}))) == told
    assert changes(home, begin, replace(ALL, feeds=frozenset({"utilities", "household_register"}))) == []
    assert not any(key.encode() in file.read_bytes() for file in home.changes.iterdir())


def test_what_is_older_than_the_setting_says_goes_at_the_next_publication(told: Told, tmp_path: Path) -> None:
    shutil.copytree(told.home.root, tmp_path / "home", symlinks=True)
    home = open_home(tmp_path / "home")
    begin, entries = told.begin(), changes(home, told.begin())
    for file in home.changes.glob("*.json"):
        content = json.loads(file.read_text())
        content["published_at"] = (datetime.now(UTC) - timedelta(days=300)).isoformat()
        file.write_text(json.dumps(content))
    for days, count in (("400", 2), ("299", 1)):
        with at_work(home, HUB_KEEP_CHANGES_DAYS=days) as site:
            publish_snapshot(site)
        assert len(list(home.changes.glob("*.json"))) == len(list(home.changes.glob("*.parquet"))) == count
    # The newest stays, and is all that this reader lacks.
    assert len(changes(home, begin)) == len(entries)
