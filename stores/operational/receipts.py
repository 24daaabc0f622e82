"""Receipts of what was handed in over the network: what came when, what became of it, and which rows were set aside.

A small file of its own beside the operational database, as proofs of identity have: it is written while a run is.
"""

import json
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from stores.errors import StoreError
from stores.home import Home
from stores.operational.deliveries import DeliveryName

MAKE = """
CREATE TABLE IF NOT EXISTS receipt (
  number INTEGER PRIMARY KEY AUTOINCREMENT, receipt TEXT NOT NULL UNIQUE, reference TEXT NOT NULL,
  feed TEXT NOT NULL, mode TEXT NOT NULL, date TEXT NOT NULL, sequence INTEGER NOT NULL,
  sha256 TEXT NOT NULL, size INTEGER NOT NULL, received_at TEXT NOT NULL,
  state TEXT NOT NULL, came_before INTEGER, delivery_id INTEGER, report TEXT NOT NULL, lines BLOB
)"""
FIND = "CREATE INDEX IF NOT EXISTS of_feed ON receipt (feed, number)"
COLUMNS = (
    "number, receipt, feed, mode, date, sequence, sha256, size, received_at, state, came_before, delivery_id, report"
)
GIVEN = "receipt, reference, feed, mode, date, sequence, sha256, size, received_at, state, report"
PATIENCE = 30.0
REFERENCE_LASTS = timedelta(hours=24)


class ReceiptState(StrEnum):
    """How far a delivery got that was handed in."""

    RECEIVED = "received"
    TAKEN_IN = "taken_in"
    WAITING = "waiting_for_a_person"
    REFUSED = "refused"


@dataclass(frozen=True)
class NewReceipt:
    """What was handed in; `reference` is the same for every try to hand it in with one key (`idempotency.Attempt`)."""

    receipt: str
    reference: str
    name: DeliveryName
    sha256: str
    size: int


@dataclass(frozen=True)
class Receipt:
    """A receipt; `number` counts in the order of arrival, `report` is what `hub.receipts` wrote of it.

    `came_before` says whether the very same delivery had come before, None while nobody has looked; `delivery_id` is
    its number in the ledger once it is there.
    """

    number: int
    receipt: str
    name: DeliveryName
    sha256: str
    size: int
    received_at: datetime
    state: ReceiptState
    came_before: bool | None
    delivery_id: int | None
    report: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a delivery; `lines` are the rows that were set aside or doubted, without any value of theirs."""

    state: ReceiptState
    delivery_id: int | None
    report: Mapping[str, Any]
    lines: Sequence[Sequence[Any]] = ()


@dataclass(frozen=True)
class Receipts:
    """The receipts of a home; for many processes at once."""

    file: Path

    def add(self, new: NewReceipt, now: datetime) -> Receipt:
        """Keeps a receipt; it is on disk when this returns."""
        name = new.name
        values = [new.receipt, new.reference, name.feed, name.mode, name.date.isoformat(), name.sequence]
        values += [new.sha256, new.size, now.astimezone(UTC).isoformat(timespec="seconds"), ReceiptState.RECEIVED, "{}"]
        with self._opened() as connection:
            connection.execute(f"INSERT INTO receipt ({GIVEN}) VALUES ({', '.join('?' * len(values))})", values)
        found = self.find(new.receipt)
        assert found is not None
        return found

    def find(self, receipt: str) -> Receipt | None:
        """The receipt of this name."""
        found = self._select("receipt = ?", [receipt])
        return found[0] if found else None

    def find_reference(self, reference: str, now: datetime) -> Receipt | None:
        """What a try of the last day with this reference kept before it was cut off."""
        since = (now.astimezone(UTC) - REFERENCE_LASTS).isoformat(timespec="seconds")
        found = self._select("reference = ? AND received_at > ?", [reference, since], "number DESC LIMIT 1")
        return found[0] if found else None

    def of_feed(self, feed: str, *, before: int | None, most: int) -> list[Receipt]:
        """The receipts of a feed, newest first; only those that came before the one of this number."""
        where, values = ("feed = ?", [feed]) if before is None else ("feed = ? AND number < ?", [feed, before])
        return self._select(where, values, f"number DESC LIMIT {most:d}")

    def all(self) -> list[Receipt]:
        """Every receipt, in the order of arrival."""
        return self._select("true", []) if self.file.exists() else []

    def lines(self, receipt: str) -> list[list[Any]]:
        """The rows that were set aside or doubted, as they were written."""
        with self._opened() as connection:
            found = connection.execute("SELECT lines FROM receipt WHERE receipt = ?", [receipt]).fetchone()
        return [] if found is None or found[0] is None else list(json.loads(zlib.decompress(found[0])))

    def note_before(self, known: Mapping[int, bool]) -> None:
        """Notes of these receipts, by number, whether the same had come before; what is noted already stays."""
        statement = "UPDATE receipt SET came_before = ? WHERE number = ? AND came_before IS NULL"
        with self._opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(statement, [(is_known, number) for number, is_known in known.items()])
            connection.execute("COMMIT")

    def settle(self, number: int, outcome: Outcome) -> None:
        """Writes what became of a delivery."""
        report = json.dumps(outcome.report, ensure_ascii=False)
        lines = zlib.compress(json.dumps(list(outcome.lines), ensure_ascii=False).encode()) if outcome.lines else None
        with self._opened() as connection:
            connection.execute(
                "UPDATE receipt SET state = ?, delivery_id = ?, report = ?, lines = ? WHERE number = ?",
                [outcome.state, outcome.delivery_id, report, lines, number],
            )

    def forget(self, before: datetime) -> None:
        """Forgets what was handed in before this time and is settled."""
        limit = before.astimezone(UTC).isoformat(timespec="seconds")
        with self._opened() as connection:
            connection.execute(
                "DELETE FROM receipt WHERE received_at < ? AND state <> ?", [limit, ReceiptState.RECEIVED]
            )

    def _select(self, where: str, values: Sequence[Any], order: str = "number") -> list[Receipt]:
        with self._opened() as connection:
            rows = connection.execute(f"SELECT {COLUMNS} FROM receipt WHERE {where} ORDER BY {order}", values)
            return [_receipt(row) for row in rows]

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            if not self.file.exists():
                os.close(os.open(self.file, os.O_CREAT | os.O_WRONLY, 0o600))
            with closing(sqlite3.connect(self.file, timeout=PATIENCE, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous=EXTRA")
                connection.execute(MAKE)
                connection.execute(FIND)
                yield connection
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"{self.file} cannot be used ({error}): nothing is handed in or taken in from the inbox until it can. "
                "Give it room; where it is damaged restore it from a backup, and have what came since handed in again"
            ) from error


def open_receipts(home: Home) -> Receipts:
    """The receipts of a home."""
    return Receipts(home.operational.with_name("receipts.sqlite"))


def _receipt(row: Sequence[Any]) -> Receipt:
    number, receipt, feed, mode, day, sequence, sha256, size, at, state, came_before, delivery_id, report = row
    return Receipt(
        number,
        receipt,
        DeliveryName(feed, mode, date.fromisoformat(day), sequence),
        sha256,
        size,
        datetime.fromisoformat(at),
        ReceiptState(state),
        None if came_before is None else bool(came_before),
        delivery_id,
        json.loads(report),
    )
