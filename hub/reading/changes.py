"""What has changed for a department: entries of the feed about entities that hold or held its records, at the door."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from hub.reading.reader import Reader
from hub.sharing.entity_ids import REGISTERS
from hub.sharing.request import Answer, Disclosure, Reading, answer_rows
from schemas.items import ENTITY
from schemas.readers.purposes import Verb
from stores.changes import Change, ChangeFeed, Page, Wanted
from stores.entity_file import EntityFile
from stores.instalments import Position
from stores.record_ids import record_id
from stores.snapshots import Snapshot

COLUMNS = {
    "kind": pa.string(),
    "register": pa.string(),
    "entity_id": pa.string(),
    "other_id": pa.string(),
    "fields": pa.list_(pa.string()),
    "feed": pa.string(),
    "record_key": pa.string(),
    "snapshot": pa.string(),
    "as_of": pa.date32(),
    "published_at": pa.timestamp("s", tz="UTC"),
}
IDS = ("entity_id", "other_id")


@dataclass(frozen=True)
class ChangesRead:
    """Entries that may be told, and where to read on; `is_last` where there is nothing more yet."""

    disclosure: Disclosure
    position: Position
    is_last: bool


def read_changes(reader: Reader, position: Position | None, limit: int) -> ChangesRead:
    """The entries after the position; without one none, but where to read on for whoever now takes all their records.

    `fields` are names of items, of which those that may not be seen are left out, with entries that say nothing else.
    Raises BeginAnewError where nobody can read on from the position.
    """
    registers = _registers(reader)
    pages: list[Page] = []

    def run(snapshot: Snapshot) -> Answer:
        feed = ChangeFeed(reader.home.changes)
        if position is None:
            pages.append(Page((), feed.beginning(snapshot.id), is_last=True))
        else:
            with reader.entities(snapshot) as tables:
                wanted = Wanted(registers, _feeds(reader), limit=limit)
                pages.append(feed.since(tables, snapshot.id, position, wanted))
        with reader.index(snapshot) as index:
            rows = [_row(reader, index, each) for each in pages[0].entries]
        return Answer(
            answer_rows(COLUMNS, rows),
            shows={name: frozenset() for name in COLUMNS if name not in IDS},
            ids=IDS,
            rows_show=tuple(frozenset({f"{each.register}.{ENTITY}"}) for each in pages[0].entries),
            items="fields",
        )

    logged = {"limit": str(limit), **({"after": str(position.number)} if position else {})}
    found = reader.read(Reading(Verb.CHANGES, "changes", logged, registers=registers), run)
    return ChangesRead(found, pages[0].position, pages[0].is_last)


def _registers(reader: Reader) -> frozenset[str]:
    """The registers whose entities the purpose may see; a purpose that is none is refused at the door."""
    purpose = reader.declarations.purposes.get(reader.purpose)
    if purpose is None or purpose.reach is None:
        return frozenset(reader.declarations.registers)
    return frozenset(purpose.reach.fields)


def _feeds(reader: Reader) -> frozenset[str]:
    return reader.declarations.feeds_of(reader.caller.department)


def _row(reader: Reader, index: EntityFile, entry: Change) -> Sequence[object]:
    feed, key = _record(reader, index, entry)
    items = list(_items(reader, entry))
    return (
        *(entry.kind.value, entry.register, entry.entity_id, entry.other_id, items, feed, key),
        *(entry.snapshot, entry.as_of, entry.published_at.replace(microsecond=0)),
    )


def _items(reader: Reader, entry: Change) -> Iterator[str]:
    for name in entry.fields:
        is_tie = name in reader.declarations.graph.types
        yield name if is_tie else f"{entry.register}.{name}"


def _record(reader: Reader, index: EntityFile, entry: Change) -> tuple[str | None, str | None]:
    """The record that a correction is about, where the entity still holds it."""
    if entry.record_id is None or entry.entity_id is None:
        return None, None
    entity = index.entity(REGISTERS[entry.entity_id[0]], entry.entity_id)
    feeds = _feeds(reader)
    for each in entity.records if entity is not None else ():
        if each.feed in feeds and record_id(each.feed, each.record_key) == entry.record_id:
            return each.feed, each.record_key
    return None, None
