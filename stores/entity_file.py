"""The entity index of a snapshot: an SQLite file that finds one entity, by its id or by one of its records, at once.

Entities lie in compressed pages in the order of their ids, a line of JSON each. A record's page is found by its id:
ids lie sorted in pages of two packed columns.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa

from stores.record_ids import record_id

ENTITIES_A_PAGE = 32
RECORDS_A_PAGE = 512
RECORD = np.dtype("<i8")
PAGE = np.dtype("<u4")
# Built once in a folder that nobody reads yet: durability comes from the sync before it goes on the shelf.
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE register (id TEXT PRIMARY KEY, fields TEXT NOT NULL, sources TEXT NOT NULL);
CREATE TABLE page (
    register TEXT NOT NULL, page INTEGER NOT NULL, first TEXT NOT NULL, size INTEGER NOT NULL, content BLOB NOT NULL,
    UNIQUE (register, first), UNIQUE (register, page)
);
CREATE TABLE gone (entity_id TEXT PRIMARY KEY, leads_to TEXT) WITHOUT ROWID;
CREATE TABLE record_page (
    register TEXT NOT NULL, first INTEGER NOT NULL, records BLOB NOT NULL, pages BLOB NOT NULL, UNIQUE (register, first)
);
"""
_BY_ID = "SELECT size, content FROM page WHERE register = ? AND first <= ? ORDER BY first DESC LIMIT 1"
_BY_PAGE = "SELECT size, content FROM page WHERE register = ? AND page = ?"
_OF_RECORD = "SELECT records, pages FROM record_page WHERE register = ? AND first <= ? ORDER BY first DESC LIMIT 1"


@dataclass(frozen=True)
class IndexedRecord:
    """A record that belongs to an entity."""

    feed: str
    record_key: str
    recorded_on: str | None
    ended_on: str | None


@dataclass(frozen=True)
class IndexedEntity:
    """What the snapshot says of an entity; dates are ISO texts.

    `sources` has the id of the record that a field's value comes from. `places` are codes of committees, `homes` the
    houses where a person lives or a unit is licensed at the snapshot's date: since when, and how sure.
    """

    entity_id: str
    fields: Mapping[str, Any]
    sources: Mapping[str, int]
    confidence: float | None
    recorded_from: str | None
    places: tuple[str, ...]
    records: tuple[IndexedRecord, ...]
    homes: tuple[tuple[str, str | None, float | None], ...]


class EntityFileWriter:
    """Writes an entity index; to be used in a `with` block."""

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file)
        self._database.executescript(_TABLES)
        self._codec = _codec()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._database.commit()
        self._database.close()

    def add_register(self, register: str, fields: Sequence[str], sources: Sequence[str]) -> None:
        """Says which fields its entities have, and of which of them the record is known."""
        row = (register, json.dumps(fields), json.dumps(sources))
        self._database.execute("INSERT INTO register VALUES (?, ?, ?)", row)

    def add_pages(self, register: str, pages: pa.Table) -> None:
        """Adds pages of entities: `page`, `first` (the least id), and `content`, a line of JSON each, unsorted."""
        rows = zip(*(pages[name].to_pylist() for name in ("page", "first", "content")), strict=True)
        packed = ((register, page, first, *self._packed(content)) for page, first, content in rows)
        self._database.executemany("INSERT INTO page VALUES (?, ?, ?, ?, ?)", packed)

    def add_records(self, register: str, records: pa.Table) -> None:
        """Adds where records are: `record_id`, sorted, each once, and `page`, that of its entity."""
        ids = records["record_id"].to_numpy().astype(RECORD, copy=False)
        pages = records["page"].to_numpy().astype(PAGE, copy=False)
        rows = (
            (register, int(ids[start]), ids[start:end].tobytes(), pages[start:end].tobytes())
            for start in range(0, len(ids), RECORDS_A_PAGE)
            for end in [start + RECORDS_A_PAGE]
        )
        self._database.executemany("INSERT INTO record_page VALUES (?, ?, ?, ?)", rows)

    def add_gone(self, gone: pa.Table) -> None:
        """Adds ids that are no more: `entity_id`, `leads_to`, the living entity that its mergers have led to."""
        rows = zip(gone["entity_id"].to_pylist(), gone["leads_to"].to_pylist(), strict=True)
        self._database.executemany("INSERT INTO gone VALUES (?, ?)", rows)

    def _packed(self, content: str) -> tuple[int, bytes]:
        text = "\n".join(sorted(content.split("\n"))).encode()
        return len(text), self._codec.compress(text, asbytes=True)


class EntityFile:
    """An entity index that is read, by any number of threads one after the other."""

    def __init__(self, file: Path) -> None:
        # Whoever opens it reads no more than this file for as long as it lives: it never changes.
        uri = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
        self._database = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._database.execute(f"PRAGMA mmap_size = {1 << 40}")
        self._codec = _codec()
        self._columns = {
            register: (json.loads(fields), json.loads(sources))
            for register, fields, sources in self._database.execute("SELECT id, fields, sources FROM register")
        }

    def close(self) -> None:
        """Gives the file back."""
        self._database.close()

    def entity(self, register: str, entity_id: str) -> IndexedEntity | None:
        """The entity of this id; None where the snapshot has none."""
        head = json.dumps([entity_id])[:-1].encode()
        for line in self._lines(_BY_ID, (register, entity_id)):
            if line.startswith(head):
                return self._parsed(register, line)
        return None

    def entities_of(self, register: str, records: Collection[tuple[str, str]]) -> dict[tuple[str, str], IndexedEntity]:
        """The entities of these records of the register, each a feed and a record key, for those that have one."""
        found: dict[tuple[str, str], IndexedEntity] = {}
        wanted: dict[int, list[tuple[str, str]]] = {}
        for record in records:
            page = self._page_of(register, record_id(*record))
            if page is not None:
                wanted.setdefault(page, []).append(record)
        for page, here in wanted.items():
            lines = list(self._lines(_BY_PAGE, (register, page)))
            for record in here:
                found[record] = self._holder(register, lines, record)
        return found

    def _holder(self, register: str, lines: Sequence[bytes], record: tuple[str, str]) -> IndexedEntity:
        """The entity that holds the record, one of those on its page."""
        key = record[1].encode()
        likely = [line for line in lines if key in line]
        for line in (*likely, *lines):
            entity = self._parsed(register, line)
            if any((each.feed, each.record_key) == record for each in entity.records):
                return entity
        raise LookupError(f"the page of a record of {register} does not hold it")

    def leads_to(self, entity_id: str) -> tuple[str | None] | None:
        """The living entity that mergers of an id have led to, None in it where it ended; None for no such id."""
        for (lead,) in self._database.execute("SELECT leads_to FROM gone WHERE entity_id = ?", (entity_id,)):
            return (lead,)
        return None

    def _page_of(self, register: str, record: int) -> int | None:
        for records, pages in self._database.execute(_OF_RECORD, (register, record)):
            ids = np.frombuffer(records, RECORD)
            at = int(np.searchsorted(ids, record))
            if at < len(ids) and ids[at] == record:
                return int(np.frombuffer(pages, PAGE)[at])
        return None

    def _lines(self, sql: str, parameters: tuple[object, ...]) -> Iterator[bytes]:
        for size, content in self._database.execute(sql, parameters).fetchall():
            yield from self._codec.decompress(content, size, asbytes=True).split(b"\n")

    def _parsed(self, register: str, line: bytes) -> IndexedEntity:
        fields, sources = self._columns[register]
        entity_id, confidence, recorded_from, places, homes, records, *values = json.loads(line)
        of_fields = zip(fields, values[: len(fields)], strict=True)
        of_sources = zip(sources, values[len(fields) :], strict=True)
        return IndexedEntity(
            entity_id,
            {name: value for name, value in of_fields if value is not None},
            {name: value for name, value in of_sources if value is not None},
            confidence,
            recorded_from,
            tuple(places or ()),
            tuple(_record(text) for text in sorted(records.split("\x1e"))),
            tuple((house, since, float(sure) if sure is not None else None) for house, since, sure in homes or ()),
        )


def _record(text: str) -> IndexedRecord:
    feed, key, recorded_on, ended_on = text.split("\x1f")
    return IndexedRecord(feed, key, recorded_on or None, ended_on or None)


def _codec() -> Any:
    return pa.Codec("zstd", compression_level=1)
