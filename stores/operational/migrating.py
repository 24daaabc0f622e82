"""Brings the tables of an operational database up to date, by the migrations under `migrations/`."""

import threading
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parent / "migrations"
# Alembic hands the connection to the migrations in variables of its modules.
_MIGRATING = threading.Lock()


def migrate(connection: sa.Connection) -> None:
    """Makes what is missing, in the caller's transaction; raises CommandError where a newer hub wrote the tables."""
    config = _config()
    with _MIGRATING:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def newest_revision() -> str:
    """The revision that this hub's tables have."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config
