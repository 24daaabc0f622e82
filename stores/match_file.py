"""The match index of a snapshot: an SQLite file from blocking keys to record ids, for looking up one record at once.

A rule's pairs of key and record lie sorted in pages of two packed columns; all pairs of a key are in one page.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

PAGE = 512
PACKED = np.dtype("<i8")
# Built once in a folder that nobody reads yet: durability comes from the sync before it goes on the shelf.
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE rule (rule INTEGER PRIMARY KEY, register TEXT NOT NULL, id TEXT NOT NULL, UNIQUE (register, id));
CREATE TABLE page (
    rule INTEGER NOT NULL, first INTEGER NOT NULL, keys BLOB NOT NULL, records BLOB NOT NULL, UNIQUE (rule, first)
);
"""
_PAGE_OF = """
SELECT keys, records FROM page
WHERE rule = (SELECT rule FROM rule WHERE register = ? AND id = ?) AND first <= ? ORDER BY first DESC LIMIT 1
"""


def write_match_file(file: Path, rules: Iterable[tuple[str, str, pa.Table]]) -> int:
    """Writes the index: (register, rule id, table of key and record_id, sorted) per rule; returns their number."""
    written = 0
    with closing(sqlite3.connect(file)) as database:
        database.executescript(_TABLES)
        with database:
            for place, (register, rule, pairs) in enumerate(rules):
                database.execute("INSERT INTO rule VALUES (?, ?, ?)", (place, register, rule))
                database.executemany("INSERT INTO page VALUES (?, ?, ?, ?)", _pages(place, pairs))
                written += pairs.num_rows
    return written


def _pages(rule: int, pairs: pa.Table) -> Iterator[tuple[int, int, bytes, bytes]]:
    keys, records = (pairs[name].to_numpy().astype(PACKED, copy=False) for name in ("key", "record_id"))
    if len(keys) == 0:
        return
    starts = np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1])
    # A page begins where a key does: at the last beginning up to each multiple of the page's size.
    cuts = np.unique(starts[np.searchsorted(starts, np.arange(0, len(keys), PAGE), side="right") - 1])
    for start, end in pairwise([*cuts.tolist(), len(keys)]):
        yield rule, int(keys[start]), keys[start:end].tobytes(), records[start:end].tobytes()


def find_records(file: Path, register: str, keys: Sequence[tuple[str, int]]) -> list[int]:
    """Ids of the register's records that hold one of these keys, each with the id of its rule; sorted."""
    found: set[int] = set()
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        for rule, key in keys:
            for packed, records in database.execute(_PAGE_OF, (register, rule, key)):
                held = np.frombuffer(records, PACKED)[np.frombuffer(packed, PACKED) == key]
                found.update(held.tolist())
    return sorted(found)
