"""Writes that were asked for over the network, by the key that their asker drew: none is done twice.

A small file of its own beside the operational database, as proofs of identity have: it is written while a run is.
"""

import fcntl
import hashlib
import os
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from stores.errors import StoreError

MAKE = (
    "CREATE TABLE IF NOT EXISTS attempt (reference TEXT PRIMARY KEY, request TEXT NOT NULL, until REAL NOT NULL, "
    "status INTEGER, media_type TEXT, body BLOB) WITHOUT ROWID"
)
PATIENCE = 10.0
KEPT_SECONDS = 24 * 3600


class Known(StrEnum):
    """What is known of a key when a request comes with it."""

    NEW = "new"
    CUT_OFF = "cut off"
    DONE = "done"
    UNDER_WAY = "under way"
    OF_ANOTHER = "of another request"


@dataclass(frozen=True)
class Kept:
    """An answer as it was given."""

    status: int
    media_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Attempt:
    """One try to do a write.

    `reference` is the same for every try with one key: a write that keeps it with what it writes can find that again
    where the try before was cut off (`known` is CUT_OFF), and so is done once even then.
    """

    reference: str
    known: Known
    kept: Kept | None = None


@dataclass(frozen=True)
class Idempotency:
    """The file of the writes that were asked for, with the answers given, for a day."""

    file: Path

    @contextmanager
    def attempt(self, caller: str, key: str, request: bytes, now: float) -> Iterator[Attempt]:
        """What to do about this request; as long as it lasts, and its process, others with the key are under way.

        Raises StoreError where the file cannot be written: nothing is done then.
        """
        reference = hashlib.sha256(f"{len(caller)} {caller} {key}".encode()).hexdigest()
        digest = hashlib.sha256(request).hexdigest()
        with self._alone(reference) as alone:
            if not alone:
                yield Attempt(reference, Known.UNDER_WAY)
                return
            yield self._begin(reference, digest, now)

    def finish(self, attempt: Attempt, kept: Kept) -> None:
        """Puts the answer on disk; after this, and only then, the write is acknowledged."""
        with self._opened() as connection:
            statement = "UPDATE attempt SET status = ?, media_type = ?, body = ? WHERE reference = ?"
            connection.execute(statement, [kept.status, kept.media_type, kept.body, attempt.reference])

    def give_up(self, attempt: Attempt) -> None:
        """Forgets a try that wrote nothing, so that the same key may be used for it again."""
        with self._opened() as connection:
            connection.execute("DELETE FROM attempt WHERE reference = ? AND status IS NULL", [attempt.reference])

    def forget(self, now: float) -> None:
        """Forgets what is older than a day."""
        with self._opened() as connection:
            connection.execute("DELETE FROM attempt WHERE until <= ?", [now])

    def _begin(self, reference: str, digest: str, now: float) -> Attempt:
        with self._opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM attempt WHERE reference = ? AND until <= ?", [reference, now])
            found = connection.execute(
                "SELECT request, status, media_type, body FROM attempt WHERE reference = ?", [reference]
            ).fetchone()
            if found is None:
                values = [reference, digest, now + KEPT_SECONDS]
                connection.execute("INSERT INTO attempt (reference, request, until) VALUES (?, ?, ?)", values)
            connection.execute("COMMIT")
        if found is None:
            return Attempt(reference, Known.NEW)
        request, status, media_type, body = found
        if request != digest:
            return Attempt(reference, Known.OF_ANOTHER)
        if status is None:
            return Attempt(reference, Known.CUT_OFF)
        return Attempt(reference, Known.DONE, Kept(status, media_type, body))

    @contextmanager
    def _alone(self, reference: str) -> Iterator[bool]:
        """Whether nobody else is at it; the system itself lets go of it with the process."""
        try:
            descriptor = os.open(self.file.with_suffix(".busy"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            yield _lock(descriptor, int(reference[:15], 16))
        finally:
            os.close(descriptor)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            if not self.file.exists():
                os.close(os.open(self.file, os.O_CREAT | os.O_WRONLY, 0o600))
            with closing(sqlite3.connect(self.file, timeout=PATIENCE, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous=EXTRA")
                connection.execute(MAKE)
                yield connection
        except (sqlite3.Error, OSError) as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: Exception) -> StoreError:
        return StoreError(
            f"{self.file} cannot be written ({error}): nothing is accepted until it can. Give it room; where it is "
            "damaged remove it, once nobody repeats a write of the last day"
        )


def _lock(descriptor: int, place: int) -> bool:
    # Of the open file, not of the process: so that it also holds among threads.
    with suppress(BlockingIOError):
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, place, 1, 0))
        return True
    return False
