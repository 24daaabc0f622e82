"""The files of the audit log: one that grows, those that are full and never change again, and the log's first form.

One record a line. The log's first form was a single file whose lines were chained by hashes: it stays, byte for byte,
as the first full file, and its lines are leaves of the tree like all others.
"""

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hub.errors import AuditError

ACTIVE, LOCK, SYNCED, TREE, CHECKPOINT, KEY = "audit.jsonl", "lock", "synced", "tree.json", "checkpoint", "audit.vkey"
FULL = re.compile(r"audit-(?P<first>\d{12})-(?P<last>\d{12})\.jsonl")
FIRST_LINK = "0" * 64
BLOCK = 1 << 20


@dataclass(frozen=True)
class Segment:
    """A file of records and the numbers of its first and last one; `last` None for the one that grows."""

    path: Path
    first: int
    last: int | None = None


def full_name(first: int, last: int) -> str:
    """The name of a file that is full."""
    return f"audit-{first:012}-{last:012}.jsonl"


def segments(folder: Path) -> list[Segment]:
    """Every file of the log in order, the growing one last; raises AuditError where one is missing between them."""
    found, after = [], 0
    for path in sorted(folder.glob("audit-*.jsonl")):
        named = FULL.fullmatch(path.name)
        first, last = (int(named["first"]), int(named["last"])) if named else (0, 0)
        if first != after + 1 or last < first:
            raise AuditError(f"{path}: the file with record {after + 1} should stand in its place")
        found.append(Segment(path, first, last))
        after = last
    return [*found, Segment(folder / ACTIVE, after + 1)]


@contextmanager
def locked(path: Path | str) -> Iterator[int]:
    """Holds the file against every other thread and process; the descriptor is for what it holds.

    Opened anew each time: a descriptor that threads or a forked process share would keep nobody out.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def lines_of(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The whole lines within the first `size` bytes, without their ends; a line cut off at the end is left out."""
    rest = b""
    while size > 0 and (block := file.read(min(BLOCK, size))):
        size -= len(block)
        *lines, rest = (rest + block).split(b"\n")
        yield from lines


def encode(line: Mapping[str, object]) -> bytes:
    """A record as it stands in the log, without the end of the line."""
    return json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def decode(line: bytes, place: str) -> dict[str, object]:
    """The record of a line; raises AuditError where it is none."""
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise AuditError(broken(place, "it is no record"))
    return found


def is_chained(line: bytes) -> bool:
    """Whether this is a line of the log's first form."""
    try:
        found = json.loads(line)
    except ValueError:
        return False
    return isinstance(found, dict) and "hash" in found


def chained(lines: Iterable[bytes], place: str) -> Iterator[bytes]:
    """The same lines; raises AuditError at the first that does not follow the one before by its hash."""
    previous = FIRST_LINK
    for number, text in enumerate(lines, start=1):
        line = decode(text, f"{place}, line {number}")
        if line.get("previous") != previous or line.get("hash") != _link(line) or line.get("sequence") != number:
            raise AuditError(broken(f"{place}, line {number}", "it does not follow the line before"))
        previous = str(line["hash"])
        yield text


def _link(line: Mapping[str, object]) -> str:
    return hashlib.sha256(encode({key: value for key, value in line.items() if key != "hash"})).hexdigest()


def broken(place: str, why: str) -> str:
    """What is said of a log that was changed."""
    return f"the audit log does not hold together at {place}: {why}. It was changed after it was written"
