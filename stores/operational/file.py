"""The operational database as a file of the home: SQLite, sealed at every commit, migrated in memory."""

import sqlite3
from collections.abc import Callable
from functools import partial

import sqlalchemy as sa
from alembic.util import CommandError

from stores.errors import StoreError
from stores.home import Home
from stores.operational.migrating import migrate
from stores.operational.sealed import SealedFile, SealingConnection


def is_filed(home: Home) -> bool:
    """Whether the home has an operational database of its own, or what is left of one."""
    sealed = SealedFile(home.operational)
    return any(path.exists() for path in (sealed.file, sealed.copy, sealed.seal))


def open_file(home: Home, tell: Callable[[str], None]) -> sa.Engine:
    """The file for its one writer, with the newest tables; what was damaged is put back from its copy, and told."""
    sealed = SealedFile(home.operational)
    content = _migrated(_content(sealed, home), home)
    if sealed.restore():
        tell(f"{home.operational} was cut off or damaged: put back from {sealed.copy.name}, nothing is lost")
    if content != sealed.content():
        home.operational.parent.mkdir(mode=0o700, exist_ok=True)
        sealed.put(content)
    engine = sa.create_engine(f"sqlite:///{home.operational}", connect_args={"factory": SealingConnection})
    sa.event.listen(engine, "connect", partial(_set_up_sqlite, sealed))
    return engine


def read_file(home: Home) -> sa.Engine:
    """The file as of its newest commit, held in memory."""
    connection = _in_memory(_migrated(_content(SealedFile(home.operational), home), home))
    return sa.create_engine("sqlite://", creator=lambda: connection, poolclass=sa.StaticPool)


def _content(sealed: SealedFile, home: Home) -> bytes | None:
    content = sealed.content()
    if content is None and home.is_archiving:
        raise StoreError(
            f"{sealed.file} is missing with its copy, and the archive cannot be read without the keys in it: put it "
            "back from a backup of the home"
        )
    return content


def _set_up_sqlite(sealed: SealedFile, connection: SealingConnection, _: object) -> None:
    connection.sealed = sealed
    cursor = connection.cursor()
    # FULL: what is acknowledged survives a power cut. secure_delete: a destroyed key leaves no bytes behind.
    # No write-ahead log: the file alone holds a commit, and is then sealed as it is.
    for pragma in (
        "journal_mode=DELETE",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "busy_timeout=10000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _migrated(content: bytes | None, home: Home) -> bytes:
    """The same with the newest tables: made in memory, so that a migration that is cut off leaves no trace."""
    connection = _in_memory(content)
    engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=sa.StaticPool)
    try:
        with engine.begin() as transaction:
            migrate(transaction)
        return connection.serialize()
    except (sa.exc.SQLAlchemyError, CommandError) as error:
        raise StoreError(
            f"cannot open {home.operational}: {error}\nIf a newer hub wrote it, use that one; else restore a backup."
        ) from error
    finally:
        engine.dispose()
        connection.close()


def _in_memory(content: bytes | None) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    if content is not None:
        connection.deserialize(content)
    return connection
