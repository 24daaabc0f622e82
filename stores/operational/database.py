"""Opens the operational database, brings its tables up to date and gives its parts out."""

import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from stores.errors import StoreError
from stores.home import Home
from stores.operational.decisions import Decision, Decisions
from stores.operational.deliveries import Ledger
from stores.operational.identity import Identity
from stores.operational.keys import ArchiveKeys
from stores.operational.runs import Runs
from stores.operational.sealed import SealedFile, SealingConnection

MIGRATIONS = Path(__file__).parent / "migrations"
# Alembic hands the connection to the migrations in variables of its modules.
_MIGRATING = threading.Lock()


class Operational:
    """The open operational database: ledger, archive keys, runs, decisions and entity ids."""

    def __init__(self, engine: sa.Engine, home: Home) -> None:
        self._engine = engine
        self.ledger = Ledger(engine)
        self.archive_keys = ArchiveKeys(engine, home.key("archive"))
        self.runs = Runs(engine)
        self.identity = Identity(engine, home.identity)
        self._decisions = Decisions(engine)

    def decide(self, decision: Decision) -> None:
        """Keeps a steward's decision; an earlier one about the same pair ends."""
        self._decisions.add(decision)

    def decisions(self, register: str) -> pa.Table:
        """Decisions in force: record_l < record_r, kind (must_link, cannot_link), who, decided_at, why."""
        return self._decisions.in_force(register)

    def close(self) -> None:
        """Gives the database free."""
        self._engine.dispose()

    def __enter__(self) -> "Operational":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_operational(home: Home, *, tell: Callable[[str], None] = lambda _: None) -> Operational:
    """The operational database of the home for its one writer, made where nothing came yet, with the newest tables.

    What was cut off or damaged is put back from its copy, and told. Raises StoreError where neither is whole, or
    where a newer version of the hub wrote it.
    """
    sealed = SealedFile(home.operational)
    content = _migrated(_content(sealed, home), home)
    if sealed.restore():
        tell(f"{home.operational} was cut off or damaged: put back from {sealed.copy.name}, nothing is lost")
    if content != sealed.content():
        home.operational.parent.mkdir(mode=0o700, exist_ok=True)
        sealed.put(content)
    engine = sa.create_engine(f"sqlite:///{home.operational}", connect_args={"factory": SealingConnection})
    sa.event.listen(engine, "connect", partial(_set_up_sqlite, sealed))
    return Operational(engine, home)


def read_operational(home: Home) -> Operational:
    """The operational database as of its newest commit, held in memory: needs no lock and never disturbs the writer."""
    connection = _in_memory(_migrated(_content(SealedFile(home.operational), home), home))
    return Operational(sa.create_engine("sqlite://", creator=lambda: connection, poolclass=sa.StaticPool), home)


def _content(sealed: SealedFile, home: Home) -> bytes | None:
    content = sealed.content()
    if content is None and next(home.archive.glob("*/*.enc"), None) is not None:
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
        _migrate(engine)
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


def _migrate(engine: sa.Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with _MIGRATING, engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
