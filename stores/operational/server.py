"""The operational database on a PostgreSQL server: one session writes, and belongs to one home for good."""

from collections.abc import Callable
from typing import Any

import psycopg
import sqlalchemy as sa
from alembic.util import CommandError

from stores.durable import write_durably
from stores.errors import StoreError
from stores.home import Home
from stores.operational.migrating import migrate, newest_revision
from stores.operational.server_errors import tell_errors, told_at_connecting, told_at_work
from stores.operational.server_lock import session_name, take_lock
from stores.operational.server_settings import ServerSettings

MAKING = 0x6475685F6875625F
"""Lock of whoever makes tables in a database, whichever home it is for."""
MAKING_PATIENCE = "60s"
# A server that is gone without a word is noticed within a minute, on both sides; then the lock is free again.
KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
SESSION = ("SET tcp_keepalives_idle = 30", "SET tcp_keepalives_interval = 10", "SET tcp_keepalives_count = 3")
BELONGS = "CREATE TABLE home (number text PRIMARY KEY, single boolean NOT NULL UNIQUE DEFAULT true CHECK (single))"
Connection = psycopg.Connection[Any]


def open_server(home: Home, settings: ServerSettings, verb: str) -> sa.Engine:
    """The database for the home's one writer, with the newest tables; it belongs to this home from then on."""
    engine = writing_engine(home, settings, verb)
    prepared(engine, settings, lambda connection: prepare(connection, home, settings))
    write_durably(home.elsewhere, f"{settings.place}\n".encode())
    return engine


def writing_engine(home: Home, settings: ServerSettings, verb: str) -> sa.Engine:
    """An engine on one session, which holds the lock of the home; the lock is gone where the session is.

    Nothing connects a second time: a writer that has lost its lock must not write on.
    """
    connection = _connect(settings, session_name(verb))
    try:
        take_lock(connection, home)
        _assert_durable(connection, settings)
        for statement in SESSION:
            connection.execute(statement)
        connection.commit()
    except psycopg.Error as error:
        connection.close()
        raise told_at_work(error, settings, is_lost=connection.broken) from error
    except StoreError:
        connection.close()
        raise
    unused = [connection]

    def once() -> Connection:
        if not unused:
            raise told_at_work(None, settings, is_lost=True)
        return unused.pop()

    engine = sa.create_engine("postgresql+psycopg://", creator=once, pool_size=1, max_overflow=0, hide_parameters=True)
    tell_errors(engine, settings)
    return engine


def prepared(engine: sa.Engine, settings: ServerSettings, work: Callable[[sa.Connection], None]) -> None:
    """Does the work in one transaction that no other hub makes tables beside; the engine is closed where it fails."""
    try:
        with engine.begin() as connection:
            connection.execute(sa.text(f"SET LOCAL lock_timeout = '{MAKING_PATIENCE}'"))
            connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({MAKING})"))
            work(connection)
    except CommandError as error:
        engine.dispose()
        raise StoreError(f"{settings.place}: {error}\nIf a newer hub wrote it, use that one.") from error
    except BaseException:
        engine.dispose()
        raise


def prepare(connection: sa.Connection, home: Home, settings: ServerSettings, *, may_archive: bool = False) -> None:
    """Makes the database this home's own and its tables the newest; raises StoreError where it is another's.

    One that nobody owns yet must be empty, and so must the archive unless `may_archive`: its keys were in a database.
    """
    owner = _owner(connection)
    if owner is None:
        if sa.inspect(connection).get_table_names():
            raise StoreError(
                f"{settings.place} has tables already, but was not made for a home: give the hub an empty database"
            )
        if home.is_archiving and not may_archive:
            raise StoreError(
                f"{settings.place} is empty, and the archive of {home.root} cannot be read without the keys that were "
                "in its operational database: restore that one (pg_restore) first"
            )
        connection.execute(sa.text(BELONGS))
        connection.execute(sa.text("INSERT INTO home (number) VALUES (:number)"), {"number": home.number})
    else:
        _assert_own(owner, home, settings)
    migrate(connection)


def read_server(home: Home, settings: ServerSettings) -> sa.Engine:
    """The database as of now, in one transaction that reads: what is committed later is not seen."""
    connection = _connect(settings, session_name("reader"), kind=_Reading)
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    engine = sa.create_engine(
        "postgresql+psycopg://", creator=lambda: connection, poolclass=sa.StaticPool, hide_parameters=True
    )
    tell_errors(engine, settings)
    try:
        with engine.connect() as transaction:
            _assert_readable(transaction, home, settings)
    except StoreError:
        engine.dispose()
        raise
    return engine


def live_engine(home: Home, settings: ServerSettings) -> sa.Engine:
    """An engine whose every statement reads what is committed by then; a connection that was lost is made again."""
    pooled = {"pool_pre_ping": True, "isolation_level": "AUTOCOMMIT", "hide_parameters": True}

    def connect() -> Connection:
        connection = _connect(settings, session_name("accounts"))
        connection.execute("SET default_transaction_read_only = on")
        connection.commit()
        return connection

    engine = sa.create_engine("postgresql+psycopg://", creator=connect, **pooled)
    tell_errors(engine, settings)
    try:
        with engine.connect() as connection:
            _assert_readable(connection, home, settings)
    except StoreError:
        engine.dispose()
        raise
    return engine


class _Reading(psycopg.Connection[Any]):
    """A connection whose one transaction lasts until it is closed."""

    def commit(self) -> None:
        """Leaves the transaction open."""

    def rollback(self) -> None:
        """Leaves the transaction open."""


def _connect(settings: ServerSettings, name: str, *, kind: type[Connection] = psycopg.Connection) -> Connection:
    parameters: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "dbname": settings.database,
        "user": settings.user,
        "password": settings.password(),
        "connect_timeout": settings.connect_seconds,
        "application_name": name,
        "client_encoding": "utf8",
        "gssencmode": "disable",
        # Whoever answers never gets to see the password itself.
        "require_auth": "scram-sha-256",
        **KEEPALIVE,
        **settings.ssl,
    }
    try:
        return kind.connect(**parameters)
    except psycopg.Error as error:
        # Not chained: nothing of what the driver was given is to be shown.
        raise told_at_connecting(error, settings) from None


def _assert_durable(connection: Connection, settings: ServerSettings) -> None:
    row = connection.execute("SELECT current_setting('fsync'), current_setting('full_page_writes')").fetchone()
    if row != ("on", "on"):
        raise StoreError(
            f"{settings.place} would lose in a power cut what it has acknowledged: set fsync and full_page_writes to on"
        )
    # Whatever was set for the user or the database: this session waits until a commit is on disk.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )


def _owner(connection: sa.Connection) -> str | None:
    if connection.scalar(sa.text("SELECT to_regclass('home')")) is None:
        return None
    return str(connection.scalar(sa.text("SELECT number FROM home")))


def _assert_own(owner: str, home: Home, settings: ServerSettings) -> None:
    if owner != home.number:
        raise StoreError(
            f"{settings.place} belongs to another home than {home.root}: look at the url, and at keys/archive.key, by "
            "which a home is known"
        )


def _assert_readable(connection: sa.Connection, home: Home, settings: ServerSettings) -> None:
    owner = _owner(connection)
    if owner is None:
        raise StoreError(
            f"{settings.place} holds nothing of {home.root} yet: give `hub init` once more, which makes it"
        )
    _assert_own(owner, home, settings)
    found = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    if found != newest_revision():
        raise StoreError(
            f"{settings.place} has the tables of another version of the hub ({found}, here {newest_revision()}): give "
            "`hub init` once more, which brings them up to date; if a newer hub wrote it, use that one"
        )
