"""Proofs of identity that were used, until they expire: none counts a second time, whichever worker is handed it.

A small file of its own beside the operational database, which has one writer: proofs come while a run is writing there.
"""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from stores.errors import StoreError

MAKE = (
    "CREATE TABLE IF NOT EXISTS used (account TEXT, proof TEXT, until REAL NOT NULL, PRIMARY KEY (account, proof)) "
    "WITHOUT ROWID"
)
PATIENCE = 10.0


@dataclass(frozen=True)
class Replays:
    """The file of the proofs that were used."""

    file: Path

    def spend(self, account: str, proof: str, *, until: float, now: float) -> bool:
        """Whether the proof is used for the first time; it is on disk as used when this returns.

        Times are seconds since 1970. Raises StoreError where the file cannot be written: nobody is let in then.
        """
        try:
            self._make()
            with closing(sqlite3.connect(self.file, timeout=PATIENCE, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute(MAKE)
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("DELETE FROM used WHERE until <= ?", [now])
                found = connection.execute("INSERT OR IGNORE INTO used VALUES (?, ?, ?)", [account, proof, until])
                connection.execute("COMMIT")
                return found.rowcount == 1
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"{self.file} cannot be written ({error}): nobody is let in until it can. Give it room; where it is "
                "damaged remove it, once every assertion of before has expired (5 minutes)"
            ) from error

    def _make(self) -> None:
        if not self.file.exists():
            self.file.parent.mkdir(mode=0o700, exist_ok=True)
            os.close(os.open(self.file, os.O_CREAT | os.O_WRONLY, 0o600))
