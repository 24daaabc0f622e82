"""How far the growing file of the audit log is on disk: one fsync serves everybody who wrote before it began.

Whoever has written a line takes the lock of this file. Where another's fsync has reached that line meanwhile,
nothing is left to do; otherwise one fsync takes along all that others have written and are waiting here for.
"""

import os
import struct
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

from hub.errors import AuditError
from hub.sharing.audit_files import locked

LAYOUT = struct.Struct("<QQQ?")


@dataclass(frozen=True)
class Mark:
    """A place in the growing file: how many records stand in the full files before it, and bytes.

    `cuts` counts how often lines were taken back because they could not be brought to the disk; `failed` says that
    the lines after this place are still to be taken back.
    """

    base: int = 0
    offset: int = 0
    cuts: int = 0
    failed: bool = False

    def has(self, other: "Mark") -> bool:
        """Whether what is on disk up to this place has all that stands up to the other."""
        return self.cuts == other.cuts and (self.base, self.offset) >= (other.base, other.offset)


def told(synced: str, file: int, base: int) -> Mark | None:
    """How far this file is on disk, None where that is not known: of another file, or of more bytes than there are.

    Needs no lock, so that whoever writes never waits for the disk.
    """
    mark = _said(synced)
    return mark if mark.base == base and mark.offset <= os.fstat(file).st_size else None


def start(synced: str, file: int, base: int) -> Mark:
    """Syncs the file, which ends with a whole line, and says so; only for whoever holds the lock of the log.

    Called where a process meets the file for the first time, for the power may have failed since the mark was written.
    Takes back the lines that a failed fsync left.
    """
    with locked(synced) as descriptor:
        mark = told(synced, file, base)
        if mark is not None and mark.failed:
            os.ftruncate(file, mark.offset)
        os.fsync(file)
        mark = Mark(base, os.fstat(file).st_size, _read(descriptor).cuts)
        _write(descriptor, mark)
        os.fsync(descriptor)
        return mark


def wait(synced: str, file: int, mark: Mark) -> None:
    """Returns when everything up to the mark is on disk; raises AuditError or OSError where it is not."""
    with ExitStack() as held:
        # Whoever has just had the lock would get it again before the others wake: first one has to be next in turn.
        with locked(f"{synced}.turn"):
            descriptor = held.enter_context(locked(synced))
        reached = _read(descriptor)
        if reached.cuts != mark.cuts:
            raise AuditError("the disk of the audit log failed while another record was written, and this one with it")
        if reached.has(mark):
            return
        try:
            size = os.fstat(file).st_size
            os.fsync(file)
        except OSError:
            # After a failed fsync nobody knows what is on disk: all lines after the last good one are taken back.
            _write(descriptor, replace(reached, cuts=reached.cuts + 1, failed=True))
            with suppress(OSError):
                os.fsync(descriptor)
            raise
        _write(descriptor, Mark(mark.base, size, mark.cuts))


class Threads:
    """The threads of one process that wait for the disk: one of them waits for all, beside the other processes."""

    def __init__(self, synced: str) -> None:
        self._synced = synced
        self._changed = threading.Condition()
        self._is_one_waiting = False

    def wait(self, file: int, mark: Mark) -> None:
        """Returns when everything up to the mark is on disk; raises AuditError or OSError where it is not."""
        with self._changed:
            while self._is_one_waiting:
                self._changed.wait()
                # What one process remembers may have been taken back by another: the file alone is right.
                if _said(self._synced).has(mark):
                    return
            self._is_one_waiting = True
        try:
            wait(self._synced, file, mark)
        finally:
            with self._changed:
                self._is_one_waiting = False
                self._changed.notify_all()


def next_file(synced: str, base: int) -> None:
    """Says that all records up to this one are on disk, in full files."""
    with locked(synced) as descriptor:
        _write(descriptor, Mark(base, 0, _read(descriptor).cuts))


def _said(synced: str) -> Mark:
    try:
        descriptor = os.open(synced, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return Mark()
    try:
        return _read(descriptor)
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> Mark:
    content = os.pread(descriptor, LAYOUT.size, 0)
    return Mark(*LAYOUT.unpack(content)) if len(content) == LAYOUT.size else Mark()


def _write(descriptor: int, mark: Mark) -> None:
    os.pwrite(descriptor, LAYOUT.pack(mark.base, mark.offset, mark.cuts, mark.failed), 0)
