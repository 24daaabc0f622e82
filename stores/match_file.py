"""The match index of a snapshot: an SQLite file for looking up one record at once, by any number of readers.

Records that were collapsed are one node; nodes have places, in the order of their entities. A rule's pairs of key and
place lie sorted in pages of two packed columns, the nodes themselves in compressed pages.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa

PAGE = 512
NODES = 32
"""Nodes of a page; those of one entity are mostly on one."""
KEY = np.dtype("<i8")
PLACE = np.dtype("<u4")
# Built once in a folder that nobody reads yet: durability comes from the sync before it goes on the shelf.
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE register (
    id TEXT PRIMARY KEY, nodes INTEGER NOT NULL, weights TEXT NOT NULL, columns TEXT NOT NULL, busy TEXT NOT NULL
);
CREATE TABLE rule (rule INTEGER PRIMARY KEY, register TEXT NOT NULL, id TEXT NOT NULL, UNIQUE (register, id));
CREATE TABLE page (
    rule INTEGER NOT NULL, first INTEGER NOT NULL, keys BLOB NOT NULL, places BLOB NOT NULL, UNIQUE (rule, first)
);
CREATE TABLE node_page (
    register TEXT NOT NULL, page INTEGER NOT NULL, size INTEGER NOT NULL, content BLOB NOT NULL, UNIQUE (register, page)
);
"""
_PAGE_OF = "SELECT keys, places FROM page WHERE rule = ? AND first <= ? ORDER BY first DESC LIMIT 1"
_NODE_PAGE = "SELECT size, content FROM node_page WHERE register = ? AND page = ?"
_READ_AS: Mapping[str, Callable[[str], Any]] = {"DATE": date.fromisoformat}


@dataclass(frozen=True)
class IndexedRegister:
    """What the index says of a register: how many nodes, their columns with types, and the weights as an artefact.

    `busy` are entities of other registers, by context, that too many records are tied to.
    """

    id: str
    nodes: int
    weights: str
    columns: tuple[tuple[str, str], ...]
    busy: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Node:
    """Records that are one outright: the entity, the record that stands for them, and their values."""

    entity_id: str
    record_id: int
    values: tuple[Any, ...]


class MatchFileWriter:
    """Writes a match index; to be used in a `with` block, register by register."""

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file)
        self._database.executescript(_TABLES)
        self._codec = _codec()
        self._rules = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._database.commit()
        self._database.close()

    def add_register(self, register: IndexedRegister) -> None:
        """Says what there is of the register."""
        busy = json.dumps({context: sorted(entities) for context, entities in register.busy.items()})
        row = (register.id, register.nodes, register.weights, json.dumps(register.columns), busy)
        self._database.execute("INSERT INTO register VALUES (?, ?, ?, ?, ?)", row)

    def add_rule(self, register: str, rule: str, pairs: pa.Table) -> None:
        """Adds a rule's pairs of `key` and `place`, sorted."""
        self._database.execute("INSERT INTO rule VALUES (?, ?, ?)", (self._rules, register, rule))
        self._database.executemany("INSERT INTO page VALUES (?, ?, ?, ?)", _pages(self._rules, pairs))
        self._rules += 1

    def add_nodes(self, register: str, pages: pa.Table) -> None:
        """Adds pages of nodes: `page`, and `content`, a line of JSON per node: entity, record, then its values."""
        columns = (pages["page"].to_pylist(), pages["content"].to_pylist())
        packed = ((register, page, *self._packed(content)) for page, content in zip(*columns, strict=True))
        self._database.executemany("INSERT INTO node_page VALUES (?, ?, ?, ?)", packed)

    def _packed(self, content: str) -> tuple[int, bytes]:
        text = content.encode()
        return len(text), self._codec.compress(text, asbytes=True)


class MatchFile:
    """A match index that is read, by any number of threads one after the other."""

    def __init__(self, file: Path) -> None:
        # Whoever opens it reads no more than this file for as long as it lives: it never changes.
        self._database = sqlite3.connect(
            f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self._database.execute(f"PRAGMA mmap_size = {1 << 40}")
        self._codec = _codec()
        self._rules = {
            (register, name): rule
            for rule, register, name in self._database.execute("SELECT rule, register, id FROM rule")
        }
        self._registers = {each.id: each for each in self._read_registers()}
        self._readers = {
            name: tuple(_READ_AS.get(kind) for _, kind in each.columns) for name, each in self._registers.items()
        }

    def close(self) -> None:
        """Gives the file back."""
        self._database.close()

    def register(self, register: str) -> IndexedRegister | None:
        """What the index says of the register; None where it has none of it."""
        return self._registers.get(register)

    def places(self, register: str, rule: str, key: int) -> list[int]:
        """The places of the nodes that hold the key under the rule, in order."""
        if (number := self._rules.get((register, rule))) is None:
            return []
        for packed, places in self._database.execute(_PAGE_OF, (number, key)):
            held = np.frombuffer(places, PLACE)[np.frombuffer(packed, KEY) == key]
            return held.tolist()  # type: ignore[no-any-return]
        return []

    def nodes(self, register: str, places: Iterable[int]) -> dict[int, Node]:
        """The nodes at these places."""
        wanted: dict[int, list[int]] = {}
        for place in places:
            wanted.setdefault(place // NODES, []).append(place)
        found: dict[int, Node] = {}
        for page, here in wanted.items():
            lines = self._lines(register, page)
            for place in here:
                found[place] = self._node(register, lines[place % NODES])
        return found

    def entity_nodes(self, register: str, place: int) -> list[Node]:
        """All nodes of the entity that the node at this place belongs to: they lie side by side."""
        page, at = divmod(place, NODES)
        lines = self._lines(register, page)
        head = lines[at].partition(b",")[0]
        found = [line for line in lines if line.startswith(head)]
        if lines[0].startswith(head) and page > 0:
            found = self._continued(register, page, head, step=-1) + found
        if lines[-1].startswith(head):
            found += self._continued(register, page, head, step=1)
        return [self._node(register, line) for line in found]

    def _continued(self, register: str, page: int, head: bytes, *, step: int) -> list[bytes]:
        """The entity's lines on the pages before or after this one."""
        last = (self._registers[register].nodes - 1) // NODES
        found: list[bytes] = []
        while 0 <= (page := page + step) <= last:
            lines = self._lines(register, page)
            here = [line for line in lines if line.startswith(head)]
            found = here + found if step < 0 else found + here
            if len(here) < len(lines):
                break
        return found

    def _lines(self, register: str, page: int) -> list[bytes]:
        ((size, content),) = self._database.execute(_NODE_PAGE, (register, page))
        return self._codec.decompress(content, size, asbytes=True).split(b"\n")  # type: ignore[no-any-return]

    def _node(self, register: str, line: bytes) -> Node:
        entity, record, *values = json.loads(line)
        readers = self._readers[register]
        read = (
            value if reader is None or value is None else reader(value)
            for reader, value in zip(readers, values, strict=True)
        )
        return Node(entity, record, tuple(read))

    def _read_registers(self) -> Iterator[IndexedRegister]:
        for name, nodes, weights, columns, busy in self._database.execute("SELECT * FROM register"):
            contexts = {context: frozenset(entities) for context, entities in json.loads(busy).items()}
            yield IndexedRegister(
                name, nodes, weights, tuple((one, kind) for one, kind in json.loads(columns)), contexts
            )


def read_weights_text(file: Path, register: str) -> str | None:
    """The weights that the register's records were linked with, as an artefact; None where it was not linked."""
    with closing(MatchFile(file)) as opened:
        found = opened.register(register)
        return found.weights if found is not None else None


def _codec() -> Any:
    return pa.Codec("zstd", compression_level=1)


def _pages(rule: int, pairs: pa.Table) -> Iterator[tuple[int, int, bytes, bytes]]:
    keys = pairs["key"].to_numpy().astype(KEY, copy=False)
    places = pairs["place"].to_numpy().astype(PLACE, copy=False)
    if len(keys) == 0:
        return
    starts = np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1])
    # A page begins where a key does: at the last beginning up to each multiple of the page's size.
    cuts = np.unique(starts[np.searchsorted(starts, np.arange(0, len(keys), PAGE), side="right") - 1])
    for start, end in pairwise([*cuts.tolist(), len(keys)]):
        yield rule, int(keys[start]), keys[start:end].tobytes(), places[start:end].tobytes()
