"""The feed of changes: what became of entities from one snapshot to the next, in one order that readers can replay.

An entry holds ids and names of fields, never a value.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from stores.durable import file_hash
from stores.instalments import BeginAnewError, Instalment, Instalments, Position
from stores.operational.identity import EventKind
from stores.quoting import quote_text
from stores.warehouse import Warehouse


class ChangeKind(StrEnum):
    """What happened to an entity.

    `new`, `split` (off `other_id`) and `revived` are there now and were not; `merged` (into `other_id`) and `retired`
    were there and are no more; of `changed` the fields say what. `corrected` asks a record's feed to correct a field.
    """

    NEW = "new"
    SPLIT = EventKind.SPLIT
    REVIVED = EventKind.REVIVED
    MERGED = EventKind.MERGED
    RETIRED = EventKind.RETIRED
    CHANGED = "changed"
    CORRECTED = "corrected"


ENTRY = """
    kind VARCHAR, register VARCHAR, entity_id VARCHAR, other_id VARCHAR, fields VARCHAR[], feeds VARCHAR[],
    other_feeds VARCHAR[], record_id BIGINT
"""
"""Columns of an entry: `feeds` had or have a record of the entity, and `other_feeds` of the other; they are told."""
ORDER = tuple(ChangeKind)
# What one page looks through at most, however few entries of it are wanted: some 20 ms.
PAGE_SPAN = 100_000
ROW_GROUP = 16_384


@dataclass(frozen=True)
class Change:
    """One entry; `record_id` is told of corrections alone, of which `entity_id` is None where the record has gone."""

    position: Position
    kind: ChangeKind
    register: str
    entity_id: str | None
    other_id: str | None
    fields: tuple[str, ...]
    record_id: int | None
    snapshot: str
    as_of: date
    published_at: datetime


@dataclass(frozen=True)
class Wanted:
    """Which entries a reader gets; None is no restriction.

    `feeds`: of entities that had or have a record of one of these; the other entity of a merger or split is told only
    where that had or has one too. `entities`: a SELECT of entity ids over the reader's tables, which hold no entity
    that is gone.
    """

    registers: frozenset[str] | None = None
    feeds: frozenset[str] | None = None
    entities: str | None = None
    limit: int = 1000


@dataclass(frozen=True)
class Page:
    """Entries in order; `position` is where to read on, also after a page without any, until it `is_last`."""

    entries: Sequence[Change]
    position: Position
    is_last: bool


@dataclass(frozen=True)
class Note:
    """What is written down with an instalment; see `Instalment`."""

    snapshot: str
    as_of: date
    follows: Instalment | None = None
    corrections: int = 0
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


class ChangeFeed:
    """The feed of a home: `append` is for whoever publishes, the rest for readers."""

    def __init__(self, folder: Path) -> None:
        self._instalments = Instalments(folder)

    def newest(self, snapshot: str | None = None) -> Instalment | None:
        """The newest instalment, of those that lead to this snapshot where one is named."""
        return self._instalments.newest(snapshot)

    def append(self, warehouse: Warehouse, entries: str, note: Note) -> Instalment:
        """Adds the rows of a table with the columns `ENTRY`, all or nothing."""
        number, first, file = self._instalments.begin(note.snapshot)
        warehouse.execute(write_sql(entries, first, file))
        [(count,)] = warehouse.rows(f"SELECT count(*) FROM {entries}")
        instalment = Instalment(
            number=number,
            snapshot=note.snapshot,
            as_of=note.as_of,
            published_at=note.now,
            first=first,
            last=first + int(count) - 1,
            corrections=note.corrections,
            follows=note.follows.number if note.follows else None,
            before=note.follows.end if note.follows else None,
            sha256=file_hash(file),
        )
        self._instalments.keep(instalment)
        return instalment

    def forget(self, days: int, *, now: datetime | None = None) -> list[int]:
        """Removes instalments published longer ago, never the newest; returns their numbers."""
        return self._instalments.forget((now or datetime.now(UTC)) - timedelta(days=days))

    def beginning(self, snapshot: str) -> Position:
        """Where somebody reads on who has just taken all records of this snapshot."""
        newest = self._led_to(snapshot)
        return newest.end if newest.follows is not None else Position(newest.first - 1, newest.mark)

    def since(self, tables: Warehouse, snapshot: str, position: Position, wanted: Wanted) -> Page:
        """The entries after this position up to this snapshot, as far as a page goes; the same again if asked again.

        `tables` are the snapshot's, or any others that are open. Raises BeginAnewError where the position is older than
        what is kept, or no position of this feed.
        """
        way = self._way(self._led_to(snapshot), position)
        entries: list[Change] = []
        looked = 0
        for instalment in way:
            start = position.number if position.mark == instalment.mark else instalment.first - 1
            while start < instalment.last:
                if len(entries) >= wanted.limit or looked >= PAGE_SPAN:
                    return Page(entries, Position(start, instalment.mark), is_last=False)
                end = min(start + PAGE_SPAN - looked, instalment.last)
                found = self._read(tables, instalment, (start, end), wanted, wanted.limit - len(entries))
                entries += found
                reached = found[-1].position.number if len(entries) == wanted.limit else end
                looked, start = looked + reached - start, reached
        return Page(entries, way[-1].end, is_last=True)

    def _led_to(self, snapshot: str) -> Instalment:
        newest = self._instalments.newest(snapshot)
        if newest is None:
            raise BeginAnewError(
                f"the feed of changes does not reach snapshot {snapshot}: publish with `hub publish`, then take all "
                "records anew"
            )
        return newest

    def _way(self, newest: Instalment, position: Position) -> list[Instalment]:
        """The instalments to read, oldest first: the one that the position lies in, and all since."""
        way: list[Instalment] = []
        for each in self._instalments.chain(newest):
            way.append(each)
            is_inside = position.mark == each.mark and each.first - 1 <= position.number <= each.last
            if is_inside or position == each.before:
                return way[::-1]
        raise BeginAnewError(
            f"position {position} is older than what the feed of changes keeps, or it is not one of this feed up to "
            f"snapshot {newest.snapshot}: take all records anew and go on from there"
        )

    def _read(
        self, tables: Warehouse, instalment: Instalment, span: tuple[int, int], wanted: Wanted, limit: int
    ) -> list[Change]:
        sql = page_sql(self._instalments.entries(instalment), span, wanted, limit)
        return [
            Change(
                position=Position(number, instalment.mark),
                kind=ChangeKind(kind),
                register=register,
                entity_id=entity,
                other_id=other,
                fields=tuple(fields),
                record_id=record,
                snapshot=instalment.snapshot,
                as_of=instalment.as_of,
                published_at=instalment.published_at,
            )
            for number, kind, register, entity, other, fields, record in tables.rows(sql)
        ]


def write_sql(entries: str, first: int, file: Path) -> str:
    """Writes the entries in their order: what came before what ended, for it may have ended in what came."""
    place = " ".join(f"WHEN '{kind}' THEN {number}" for number, kind in enumerate(ORDER))
    order = f"CASE kind {place} END, register, entity_id, record_id, fields"
    numbered = f"{first - 1} + row_number() OVER (ORDER BY {order}) AS position"
    options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}"
    return f"COPY (SELECT {numbered}, * FROM {entries} ORDER BY position) TO {quote_text(str(file))} ({options})"


def page_sql(file: Path, span: tuple[int, int], wanted: Wanted, limit: int) -> str:
    """The wanted entries of a file after the first and up to the last of two positions, in order."""
    after, up_to = span
    conditions = [f"position > {after} AND position <= {up_to}", *_wanted_sql(wanted)]
    other = (
        "other_id" if wanted.feeds is None else f"CASE WHEN {_among_sql('other_feeds', wanted.feeds)} THEN other_id END"
    )
    return f"""
        SELECT position, kind, register, entity_id, {other}, fields, record_id
        FROM read_parquet({quote_text(str(file))})
        WHERE {" AND ".join(conditions)} ORDER BY position LIMIT {limit}
    """


def _wanted_sql(wanted: Wanted) -> Iterator[str]:
    if wanted.registers is not None:
        yield f"list_contains({_list_sql(wanted.registers)}, register)"
    if wanted.feeds is not None:
        yield _among_sql("feeds", wanted.feeds)
    if wanted.entities is not None:
        yield f"entity_id IN ({wanted.entities})"


def _among_sql(column: str, feeds: frozenset[str]) -> str:
    return f"list_has_any({column}, {_list_sql(feeds)})"


def _list_sql(names: frozenset[str]) -> str:
    return f"[{', '.join(map(quote_text, sorted(names)))}]::VARCHAR[]"
