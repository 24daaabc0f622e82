"""Reads a PostgreSQL table over ADBC: one read-only transaction, Arrow batches, errors without data and secrets."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

import adbc_driver_manager
import pyarrow as pa
from adbc_driver_manager.dbapi import Connection, Cursor
from adbc_driver_postgresql import dbapi

from ingestion.errors import SourceError
from ingestion.sources.credentials import Credentials
from ingestion.sources.table_sql import columns_sql, session_sql
from schemas.readers.databases import DatabaseTable

PAUSES_SECONDS = (1.0, 3.0)
# What libpq itself says where nobody answered; a server that answered with a refusal is not asked again.
UNANSWERED = (
    "Connection refused",
    "timeout expired",
    "Connection timed out",
    "Connection reset",
    "server closed the connection",
    "No route to host",
    "Network is unreachable",
    "could not translate host name",
)
# By SQLSTATE, or its class, which are the same in every language of a server: what it means and what to do.
ANSWERS = MappingProxyType(
    {
        "42501": "the hub's user may not read it: the department grants SELECT on the columns of the contract",
        "42P01": "the table is gone: ask the department",
        "42703": "a column is gone: ask the department",
        "57014": "it took longer than the contract's statementTimeoutSeconds, or the department cancelled it",
        "22023": "the server does not know the contract's timeZone",
        "08": "the connection was lost: pull again",
        "57": "the server is going down or ended the connection: pull again",
        "53": "the server is out of connections, memory or disk: the department must act",
    }
)


@dataclass(frozen=True)
class OpenTable:
    """A table at one moment: every question is answered from the same snapshot of the department's database."""

    table: DatabaseTable
    cursor: Cursor

    def kinds(self) -> dict[str, str]:
        """The type of each column of the table, in its order; empty where there is no such table."""
        rows = self._rows(columns_sql(self.table))
        return {str(name): f"nested {kind}" if nested else str(kind) for name, kind, nested in rows}

    def today(self) -> date:
        """The server's date in the contract's time zone."""
        return date.fromisoformat(self._rows("SELECT current_date::text")[0][0])

    def number(self, sql: str) -> int:
        """The one number that the question has for an answer."""
        [(number,)] = self._rows(sql)
        return int(number)

    def stream(self, sql: str) -> pa.RecordBatchReader:
        """The rows of the answer; read them by `batches`, which tells what goes wrong on the way."""
        with _told(self.table):
            self.cursor.execute(sql)
            return self.cursor.fetch_record_batch()

    def batches(self, stream: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        """The rows of the stream, some at a time."""
        while True:
            try:
                batch = stream.read_next_batch()
            except StopIteration:
                return
            except (OSError, pa.ArrowException):
                # Its words are the server's, which may quote rows.
                raise SourceError(
                    f"{self.table}: the reading broke off: the server ended the connection, or cancelled the reading, "
                    f"as after {self.table.statement_timeout_seconds} s (statementTimeoutSeconds of the contract), or "
                    "holds bytes of no encoding (SQL_ASCII) that are not UTF-8; nothing of it was taken in, pull again"
                ) from None
            yield batch

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        with _told(self.table):
            self.cursor.execute(sql)
            return list(self.cursor.fetchall())


@contextmanager
def open_table(table: DatabaseTable, credentials: Credentials) -> Iterator[OpenTable]:
    """Connects and begins the transaction; it ends with the block.

    Raises SourceError where nobody answers after three tries, or the server refuses, at once.
    """
    with _connected(table, credentials) as connection, connection.cursor() as cursor:
        opened = OpenTable(table, cursor)
        with _told(table):
            for statement in session_sql(table):
                cursor.execute(statement)
        yield opened


def _connected(table: DatabaseTable, credentials: Credentials) -> Connection:
    for pause in (*PAUSES_SECONDS, None):
        try:
            connection: Connection = dbapi.connect(_connection_string(table, credentials), autocommit=True)
            return connection
        except adbc_driver_manager.Error as error:
            told = str(error).removeprefix("IO: [libpq] Failed to connect: ")
        is_answered = not any(each in told for each in UNANSWERED)
        if pause is None or is_answered:
            break
        time.sleep(pause)
    reason = credentials.hidden_in(" ".join(told.split()))
    if is_answered:
        raise SourceError(f"{table}: the server lets nobody in with the credentials of {credentials.origin}: {reason}")
    raise SourceError(f"{table}: nobody answers: ask whether the server runs and the way to it is open: {reason}")


def _connection_string(table: DatabaseTable, credentials: Credentials) -> str:
    parameters = {
        **credentials.parameters,
        "host": table.host,
        "port": str(table.port),
        "dbname": table.database,
        "sslmode": table.ssl_mode,
        "connect_timeout": str(table.connect_timeout_seconds),
        "application_name": "district-hub",
        "client_encoding": "UTF8",
        "keepalives_idle": "30",
        "keepalives_interval": "10",
        "keepalives_count": "3",
    }
    escaped = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in parameters.items()}
    return " ".join(f"{name}='{value}'" for name, value in escaped.items())


@contextmanager
def _told(table: DatabaseTable) -> Iterator[None]:
    try:
        yield
    except adbc_driver_manager.Error as error:
        raise SourceError(f"{table}: {_answer(error)}; nothing of it was taken in") from None


def _answer(error: adbc_driver_manager.Error) -> str:
    # The server's own words may quote rows, so only its code is told.
    state = error.sqlstate
    if not state:
        return ANSWERS["08"]
    known = ANSWERS.get(state) or ANSWERS.get(state[:2]) or "the department finds more in the log of its server"
    return f"the server answered with error {state}: {known}"
