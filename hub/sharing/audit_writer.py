"""Writes the audit log: a record is on disk before its answer leaves, and within a minute under a signed checkpoint.

Any number of threads and processes write at once. They take turns for a moment to add their line, then wait together
for the disk. Nothing but the files is shared, so that a process may end anywhere, also by SIGKILL.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hub.errors import AuditError
from hub.sharing import audit_synced
from hub.sharing.audit_files import (
    ACTIVE,
    CHECKPOINT,
    LOCK,
    SYNCED,
    TREE,
    Segment,
    broken,
    chained,
    encode,
    full_name,
    is_chained,
    lines_of,
    locked,
    segments,
)
from hub.sharing.audit_note import Checkpoint
from hub.sharing.audit_signer import Signer
from hub.sharing.audit_tree import Tree
from stores.durable import sync_folder, write_durably
from stores.home import Home

RECORDS_BETWEEN, SECONDS_BETWEEN = 1000, 60
"""A checkpoint is due after so many records, or after so long where there are any."""
RECORDS_PER_FILE = 10_000


@dataclass
class Log:
    """What a process knows of the log: the tree over the first `offset` bytes of the growing file and all before."""

    base: int
    tree: Tree
    offset: int
    inode: int
    checkpoint: Checkpoint
    signed_at: int
    cuts: int = 0

    def take(self, line: bytes) -> None:
        """Adds a line of the growing file."""
        self.tree.add(line)
        self.offset += len(line) + 1

    def is_due(self) -> bool:
        """Whether records have waited for a checkpoint long enough; a clock that was set back counts as well."""
        waiting, age = self.tree.size - self.checkpoint.size, abs(time.time() - self.signed_at / 1e9)
        return waiting >= RECORDS_BETWEEN or (waiting > 0 and age >= SECONDS_BETWEEN)

    def is_full(self) -> bool:
        """Whether the growing file has grown enough."""
        return self.tree.size - self.base >= RECORDS_PER_FILE


class Writer:
    """The audit log of one home, for writing by the threads of one process."""

    def __init__(self, home: Home) -> None:
        self._folder = home.audit
        # Texts, because a record is written often and a path is slow to put together.
        self._active, self._lock, self._synced = (str(home.audit / name) for name in (ACTIVE, LOCK, SYNCED))
        self._signer = Signer(home)
        self._threads = audit_synced.Threads(self._synced)
        self._log: Log | None = None

    def append(self, fields: Mapping[str, object]) -> int:
        """The number of the record, once it is on disk; raises AuditError or OSError where it is not.

        Where records have waited for a checkpoint as long as they may, and none can be signed or handed to the second
        party, no further record is taken.
        """
        if self._log is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self._lock):
            sequence, mark, file = self._add(fields)
        try:
            self._threads.wait(file, mark)
        finally:
            os.close(file)
        return sequence

    def cover(self) -> Checkpoint:
        """A checkpoint of every record there is, signed now unless there is one already."""
        with locked(self._lock), self._opened() as file:
            log = self._caught_up(file)
            self._sign(log, file)
            return log.checkpoint

    def _add(self, fields: Mapping[str, object]) -> tuple[int, audit_synced.Mark, int]:
        """Writes the record, not yet to the disk: its number, the place to wait for, and a descriptor of its file."""
        with self._opened() as file:
            log = self._caught_up(file)
            if log.is_due() or log.is_full():
                self._sign(log, file)
            if not log.is_full():
                sequence, at = log.tree.size + 1, datetime.now(UTC).isoformat(timespec="milliseconds")
                self._write(log, file, encode({"sequence": sequence, "at": at, **fields}))
                mark = audit_synced.Mark(log.base, log.offset, log.cuts)
                if log.is_due():
                    # What fails here is tried again, and told, before the next record is taken.
                    with suppress(AuditError, OSError):
                        self._sign(log, file)
                return sequence, mark, os.dup(file)
        self._begin_next_file(log)
        return self._add(fields)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        if self._log is None:
            self._begin()
        flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
        try:
            file = os.open(self._active, flags)
        except FileNotFoundError:
            file = os.open(self._active, flags | os.O_CREAT, 0o600)
            sync_folder(self._folder)
        try:
            yield file
        finally:
            os.close(file)

    def _write(self, log: Log, file: int, line: bytes) -> None:
        rest = memoryview(line + b"\n")
        try:
            while rest:
                rest = rest[os.write(file, rest) :]
        except OSError:
            with suppress(OSError):
                os.ftruncate(file, log.offset)
            raise
        log.take(line)

    def _caught_up(self, file: int) -> Log:
        """The log with everything that others have written since; only for whoever holds its lock."""
        log, self._log = self._log, None  # whatever goes wrong from here on, the files are read anew
        if log is None or not self._is_of(file, log):
            log = self._met(file)
        else:
            self._look_at_checkpoint(log)
            if _read_on(log, file):
                audit_synced.start(self._synced, file, log.base)
        self._log = log
        return log

    def _is_of(self, file: int, log: Log) -> bool:
        """Whether the file still is what was read before, with something added or nothing."""
        found, mark = os.fstat(file), audit_synced.told(self._synced, file, log.base)
        is_same = found.st_ino == log.inode and found.st_size >= log.offset
        return is_same and mark is not None and mark.cuts == log.cuts and not mark.failed

    def _met(self, file: int) -> Log:
        log = self._loaded(file)
        mark = audit_synced.start(self._synced, file, log.base)
        if mark.offset < log.offset:
            log = self._loaded(file)
        log.cuts = mark.cuts
        return log

    def _loaded(self, file: int) -> Log:
        """Reads the growing file, and those before it where no tree of them was kept; holds it to the checkpoint."""
        files = segments(self._folder)
        checkpoint, signed_at = self._signer.latest()
        base = files[-1].first - 1
        tree = self._kept_tree(base) if checkpoint.size >= base else None
        is_kept = tree is not None
        log = Log(base, tree or Tree(), 0, os.fstat(file).st_ino, checkpoint, signed_at)
        _hold_to(log)
        if not is_kept:
            for each in files[:-1]:
                _replay(log, each)
            self._keep_tree(log.tree)
        log.offset = 0
        _read_on(log, file)
        if log.tree.size < checkpoint.size:
            raise AuditError(
                broken(str(self._folder), f"it has {log.tree.size:,} records, {checkpoint.size:,} were signed")
            )
        return log

    def _look_at_checkpoint(self, log: Log) -> None:
        """Takes over the checkpoint that another process has signed."""
        if self._signer.signed_at() != log.signed_at:
            before = log.checkpoint
            log.checkpoint, log.signed_at = self._signer.latest()
            if log.checkpoint.size < before.size:
                raise AuditError(broken(str(self._folder / CHECKPOINT), "it is an earlier one"))

    def _sign(self, log: Log, file: int) -> None:
        if log.checkpoint.size < log.tree.size:
            audit_synced.wait(self._synced, file, audit_synced.Mark(log.base, log.offset, log.cuts))
            log.checkpoint, log.signed_at = self._signer.sign(log.tree)

    def _begin_next_file(self, log: Log) -> None:
        (self._folder / ACTIVE).rename(self._folder / full_name(log.base + 1, log.tree.size))
        sync_folder(self._folder)
        self._keep_tree(log.tree)
        audit_synced.next_file(self._synced, log.tree.size)
        self._log = None

    def _begin(self) -> None:
        """Signs the first checkpoint of a log, and makes a log of the first form the first full file of this one."""
        path, tree = self._folder / ACTIVE, Tree()
        has_lines = path.is_file() and path.stat().st_size > 0
        is_old = has_lines and _is_first_form(path)
        if is_old:
            with path.open("rb") as file:
                for line in chained(lines_of(file, path.stat().st_size), str(path)):
                    tree.add(line)
        if not (self._folder / CHECKPOINT).exists():
            if (has_lines and not is_old) or len(segments(self._folder)) > 1:
                raise AuditError(broken(str(self._folder), f"its {CHECKPOINT} is missing"))
            self._signer.begin(tree)
        if is_old:
            _cut_torn_line(path)
            path.rename(path.with_name(full_name(1, tree.size)))
            sync_folder(self._folder)

    def _kept_tree(self, size: int) -> Tree | None:
        try:
            kept = json.loads((self._folder / TREE).read_text())
            tree = Tree(int(kept["size"]), [bytes.fromhex(each) for each in kept["nodes"]])
        except (OSError, ValueError, KeyError, TypeError):
            return Tree() if size == 0 else None
        return tree if tree.size == size else None

    def _keep_tree(self, tree: Tree) -> None:
        content = json.dumps({"size": tree.size, "nodes": [each.hex() for each in tree.nodes]})
        write_durably(self._folder / TREE, content.encode())


def _read_on(log: Log, file: int) -> bool:
    """Takes what was written behind the place that is known; whether it cut off a line that was never finished."""
    end = os.fstat(file).st_size
    if end == log.offset:
        return False
    with os.fdopen(os.dup(file), "rb") as reading:
        reading.seek(log.offset)
        for line in lines_of(reading, end - log.offset):
            log.take(line)
            _hold_to(log)
    if log.offset == end:
        return False
    os.ftruncate(file, log.offset)
    return True


def _replay(log: Log, segment: Segment) -> None:
    with segment.path.open("rb") as file:
        for line in lines_of(file, segment.path.stat().st_size):
            log.take(line)
            _hold_to(log)
    if log.tree.size != segment.last:
        raise AuditError(broken(str(segment.path), f"it ends with record {log.tree.size}"))


def _hold_to(log: Log) -> None:
    if log.tree.size == log.checkpoint.size and log.tree.root() != log.checkpoint.root:
        raise AuditError(
            broken(f"record {log.checkpoint.size:,} or before", "the signed checkpoint is of other records")
        )


def _is_first_form(path: Path) -> bool:
    with path.open("rb") as file:
        return is_chained(file.readline())


def _cut_torn_line(path: Path) -> None:
    """A line of the first form that was cut off while it was written was never on disk, and nothing had left for it."""
    with path.open("r+b") as file:
        whole = sum(len(line) + 1 for line in lines_of(file, path.stat().st_size))
        file.truncate(whole)
        os.fsync(file.fileno())
