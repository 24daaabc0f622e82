"""Opens the operational database, brings its tables up to date and gives its parts out."""

from pathlib import Path
from typing import Any

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

MIGRATIONS = Path(__file__).parent / "migrations"


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


def open_operational(home: Home) -> Operational:
    """The operational database of the home, made where it is missing and migrated to the newest tables.

    Raises StoreError where it cannot be opened or was written by a newer version of the hub.
    """
    home.operational.parent.mkdir(mode=0o700, exist_ok=True)
    engine = sa.create_engine(f"sqlite:///{home.operational}")
    sa.event.listen(engine, "connect", _set_up_sqlite)
    try:
        _migrate(engine)
    except (sa.exc.SQLAlchemyError, CommandError) as error:
        engine.dispose()
        raise StoreError(
            f"cannot open {home.operational}: {error}\nIf a newer hub wrote it, use that one; else restore a backup."
        ) from error
    return Operational(engine, home)


def _set_up_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    # FULL: what is acknowledged survives a power cut. secure_delete: a destroyed key leaves no bytes behind.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _migrate(engine: sa.Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
