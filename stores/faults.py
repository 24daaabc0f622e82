"""Tells faults of the machine apart from mistakes in statements: what an engine raises, in the words of the stores."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import sqlalchemy as sa

from stores.errors import DamageError, MachineError, MemoryLimitError, NoRoomError, StoreError, WarehouseError

NO_ROOM = ("No space left on device", "disk is full", "disk quota exceeded")
NO_MEMORY = "not enough memory"
DAMAGE = (
    "Corrupt database file",
    "Corrupt WAL file",
    "is not a valid DuckDB database",
    "replaying WAL",
    "with version number",
)
# A file of a department may end too early as well; the warehouse is told by its name.
CUT_OFF = ("Could not read enough bytes from file", '.duckdb"')
UNUSABLE = ("Input/output error", "database has been invalidated")


def told(error: Exception, *, sql: str = "") -> StoreError:
    """The error of an engine as one of ours: a fault of the machine where it is one, else a WarehouseError."""
    text = str(error)
    if is_no_room(text):
        return NoRoomError(f"the disk is full: free some space, then give the same command again. ({text})")
    if isinstance(error, duckdb.OutOfMemoryException) or NO_MEMORY in text:
        return MemoryLimitError(
            "the memory limit was reached: allow more with HUB_MEMORY_LIMIT (or memory_limit in [settings] of "
            "home.toml), fewer threads with HUB_THREADS, or give the temporary folder (HUB_TEMP_DIRECTORY) more room; "
            f"then give the same command again. ({text})"
        )
    if is_damage(error):
        return DamageError(
            f"the warehouse is damaged: give the same command again, it is then made anew from the archive. ({text})"
        )
    if isinstance(error, duckdb.FatalException) or any(part in text for part in UNUSABLE):
        return MachineError(f"the warehouse must be closed and opened again: give the same command again. ({text})")
    return WarehouseError(f"{text}\nin: {sql[:2000]}" if sql else text)


def told_at_opening(error: duckdb.Error, *, place: str) -> StoreError:
    """The same for an error that came while a file was being opened, when no statement can be to blame for it."""
    if isinstance(error, duckdb.SerializationException | duckdb.InternalException) or is_damage(error):
        return DamageError(f"{place} is damaged or of another version: it is made anew from the archive. ({error})")
    found = told(error)
    return WarehouseError(f"cannot open {place}: {error}") if isinstance(found, WarehouseError) else found


def is_no_room(text: str) -> bool:
    """Whether an error says that the disk is full."""
    return any(part.lower() in text.lower() for part in NO_ROOM)


def is_damage(error: Exception) -> bool:
    """Whether the engine found a file of its own to be not what it wrote."""
    text = str(error)
    return any(part in text for part in DAMAGE) or all(part in text for part in CUT_OFF)


@contextmanager
def engine_errors_told() -> Iterator[None]:
    """Turns whatever the engines of the stores raise inside the block into errors of the stores."""
    try:
        yield
    except (duckdb.Error, sqlite3.Error) as error:
        raise told(error) from error
    except sa.exc.SQLAlchemyError as error:
        raise (
            told(error) if is_no_room(str(error)) else StoreError(f"the operational database does not work: {error}")
        ) from error
