"""The match index of a snapshot: an SQLite file from blocking keys to record ids, for looking up one record at once."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pyarrow as pa

BATCH = 100_000
# Built once in a folder that nobody reads yet: durability comes from the sync before it goes on the shelf.
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE rule (rule INTEGER PRIMARY KEY, register TEXT NOT NULL, id TEXT NOT NULL);
CREATE TABLE block (
    rule INTEGER NOT NULL, key INTEGER NOT NULL, record_id INTEGER NOT NULL, PRIMARY KEY (rule, key, record_id)
) WITHOUT ROWID;
"""


def write_match_file(file: Path, rules: Iterable[tuple[str, str, pa.Table]]) -> int:
    """Writes the index: (register, rule id, table of key and record_id, sorted) per rule; returns their number."""
    written = 0
    with closing(sqlite3.connect(file)) as database:
        database.executescript(_TABLES)
        with database:
            for place, (register, rule, keys) in enumerate(rules):
                database.execute("INSERT INTO rule VALUES (?, ?, ?)", (place, register, rule))
                database.executemany("INSERT INTO block VALUES (?, ?, ?)", _rows(place, keys))
                written += keys.num_rows
    return written


def _rows(place: int, keys: pa.Table) -> Iterator[tuple[int, int, int]]:
    for batch in keys.to_batches(max_chunksize=BATCH):
        yield from (
            (place, key, record)
            for key, record in zip(batch["key"].to_pylist(), batch["record_id"].to_pylist(), strict=True)
        )


def find_records(file: Path, register: str, keys: Sequence[int]) -> list[int]:
    """Ids of the register's records that hold one of these keys under any rule, sorted."""
    marks = ", ".join("?" for _ in keys)
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        found = database.execute(
            "SELECT DISTINCT record_id FROM block JOIN rule USING (rule) "
            f"WHERE register = ? AND key IN ({marks}) ORDER BY record_id",
            (register, *keys),
        )
        return [int(record) for (record,) in found]
