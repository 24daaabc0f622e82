"""One writer of a database on any machine: a lock of the session that writes, gone with it however it ends."""

import os
import socket
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from stores.home import Home
from stores.lock import PATIENCE, PAUSE, busy, is_gone

HOLDER = """
    SELECT application_name, backend_start FROM pg_stat_activity JOIN pg_locks USING (pid)
    WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid::bigint = %s AND objid::bigint = %s
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class _Holder:
    name: str
    since: datetime | None

    def is_killed(self) -> bool:
        """Whether the process is gone and the server has yet to notice."""
        match self.name.split():
            case ["hub", _, process, machine] if process.isdecimal():
                return is_gone(int(process), machine)
        return False

    def __str__(self) -> str:
        since = f", since {self.since.isoformat(timespec='seconds')}" if self.since else ""
        match self.name.split():
            case ["hub", verb, process, machine]:
                return f"`hub {verb}` (process {process} on {machine}{since})"
        return f"{self.name or 'another session'} of the operational database{since}"


def session_name(verb: str) -> str:
    """By what others know the session; the server keeps 63 bytes of it."""
    return f"hub {verb or 'command'} {os.getpid()} {socket.gethostname()}"[:63]


def take_lock(connection: Connection, home: Home) -> None:
    """Locks the home for this session; raises HomeBusyError where another one has it.

    A writer that was killed on this machine a moment ago is waited for.
    """
    number = int(home.number[:16], 16)
    key = number - (1 << 64) if number >> 63 else number
    end = time.monotonic() + PATIENCE
    while not _answer(connection, "SELECT pg_try_advisory_lock(%s::bigint)", key)[0]:
        found = _answer(connection, HOLDER, number >> 32, number & 0xFFFFFFFF)
        holder = _Holder(*found) if found else _Holder("", None)
        if time.monotonic() > end or not holder.is_killed():
            raise busy(home, str(holder))
        time.sleep(PAUSE)


def _answer(connection: Connection, sql: str, *values: object) -> tuple[Any, ...]:
    row = connection.execute(sql, values).fetchone()
    connection.commit()
    return row or ()
