"""Moves the operational database of a home from its file to a server: copied, compared, then switched in one step."""

import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from stores.durable import remove_durably, write_durably
from stores.errors import SettingsError, StoreError
from stores.home import Home
from stores.operational.file import is_filed, open_file
from stores.operational.sealed import SealedFile
from stores.operational.server import prepare, prepared, writing_engine
from stores.operational.server_settings import ServerSettings, read_server_settings
from stores.operational.tables import metadata

ROWS_AT_ONCE = 5000


def move_to_server(home: Home, verb: str) -> ServerSettings:
    """Moves it to the server that the settings name, for whoever holds the home; the file is removed.

    Cut off before the switch, the file counts and the same command does all of it again; after it, the server counts.
    Raises SettingsError where there is no such server or no file, StoreError where the copy differs.
    """
    settings = read_server_settings(home)
    if settings is None:
        raise SettingsError(
            "name the server first: url and password_file under [operational] of home.toml, or HUB_OPERATIONAL_URL and "
            "HUB_OPERATIONAL_PASSWORD_FILE (docs/operational-database.md)"
        )
    if not is_filed(home):
        raise SettingsError(
            f"{home.root} has no operational database in a file: `hub init` makes one on {settings.place}, and "
            "pg_dump with pg_restore moves one from server to server"
        )
    if not home.elsewhere.exists():
        _copy(home, settings, verb)
        write_durably(home.elsewhere, f"{settings.place}\n".encode())
    sealed = SealedFile(home.operational)
    for path in (sealed.file, sealed.copy, sealed.seal):
        remove_durably(path)
    return settings


def _copy(home: Home, settings: ServerSettings, verb: str) -> None:
    source, target = open_file(home, lambda _: None), writing_engine(home, settings, verb)

    def work(writing: sa.Connection) -> None:
        prepare(writing, home, settings, may_archive=True)
        with source.connect() as reading:
            for table in reversed(metadata.sorted_tables):
                writing.execute(table.delete())
            for table in metadata.sorted_tables:
                _copy_table(reading, writing, table)

    try:
        prepared(target, settings, work)
    finally:
        source.dispose()
        target.dispose()


def _copy_table(reading: sa.Connection, writing: sa.Connection, table: sa.Table) -> None:
    rows = [dict(row) for row in reading.execute(sa.select(table)).mappings()]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        writing.execute(table.insert(), rows[start : start + ROWS_AT_ONCE])
    counted = next((each for each in table.primary_key if each.autoincrement is True), None)
    if counted is not None:
        newest = sa.select(sa.func.coalesce(sa.func.max(counted), 0) + 1)
        sequence = sa.func.pg_get_serial_sequence(table.name, counted.name)
        writing.execute(sa.select(sa.func.setval(sequence, newest.scalar_subquery(), False)))
    if _sum(reading, table) != _sum(writing, table):
        raise StoreError(f"{table.name} is not the same after it was copied: nothing was moved")


def _sum(connection: sa.Connection, table: sa.Table) -> str:
    ordered = sa.select(table).order_by(*table.primary_key)
    rows: list[Sequence[Any]] = sorted((tuple(row) for row in connection.execute(ordered)), key=repr)
    return hashlib.sha256(repr(rows).encode()).hexdigest()
