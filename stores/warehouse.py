"""The warehouse: one DuckDB database with one writer, made again from archive and operational database at any time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from stores.errors import StoreError
from stores.faults import told, told_at_opening
from stores.quoting import quote_text

SCHEMAS = ("raw", "standard", "quarantine", "resolved", "graph")
Parameters = Sequence[Any] | Mapping[str, Any]


@dataclass(frozen=True)
class WarehouseSettings:
    """How much of the machine the warehouse may use; None leaves it to DuckDB."""

    memory_limit: str | None = None
    threads: int | None = None
    temp_directory: Path | None = None


class Warehouse:
    """An open warehouse."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The raw connection, for Splink only."""
        return self._connection

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Runs statements whose result nobody reads; a parameter list goes with a single statement."""
        self.rows(sql, parameters)

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[tuple[Any, ...]]:
        """All rows of the answer."""
        with _told(sql):
            return self._run(sql, parameters).fetchall()

    def arrow(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        """The answer of a SELECT as an Arrow table."""
        with _told(sql):
            return self._connection.sql(sql, params=parameters).to_arrow_table()

    def register_arrow(self, name: str, table: pa.Table) -> None:
        """Makes an Arrow table readable under this name until `unregister`."""
        self._connection.register(name, table)

    def unregister(self, name: str) -> None:
        """Forgets a table that was registered."""
        self._connection.unregister(name)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements inside take effect together, or none of them."""
        self.execute("BEGIN TRANSACTION")
        try:
            yield
        except BaseException:
            self._roll_back()
            raise
        self.execute("COMMIT")

    @contextmanager
    def attached(self, file: Path, name: str, *, read_only: bool = False) -> Iterator[None]:
        """The tables of another database file as <name>.main.<table>; made where it is not there.

        Others may read the file meanwhile where it is `read_only`.
        """
        self.execute(f"ATTACH {quote_text(str(file))} AS {name}{' (READ_ONLY)' if read_only else ''}")
        try:
            yield
        finally:
            self.execute(f"DETACH {name}")

    def checkpoint(self) -> None:
        """Folds the write-ahead log into the database file."""
        self.execute("CHECKPOINT")

    def beside(self) -> "Warehouse":
        """A second connection to the same open database, for use in another thread; temporary tables are not shared."""
        return Warehouse(self._connection.cursor())

    def limit_memory(self, size: int) -> None:
        """Uses at most so many bytes from now on; what it held beyond that is let go."""
        self.execute(f"SET memory_limit = '{size >> 10}KiB'")

    def close(self) -> None:
        """Closes the database; the file may then be opened elsewhere."""
        self._connection.close()

    def __enter__(self) -> "Warehouse":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, sql: str, parameters: Parameters | None) -> duckdb.DuckDBPyConnection:
        return self._connection.execute(sql) if parameters is None else self._connection.execute(sql, parameters)

    def _roll_back(self) -> None:
        try:
            self.execute("ROLLBACK")
        except StoreError:
            # A failed COMMIT has ended the transaction by itself; the first error is the one to tell.
            return


@contextmanager
def _told(sql: str) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise told(error, sql=sql) from error


def open_warehouse(path: Path | None, *, settings: WarehouseSettings | None = None) -> Warehouse:
    """The warehouse in this file, made where it is missing; None keeps it in memory.

    Raises DamageError where the file is damaged, WarehouseError where another process has it open.
    """
    warehouse = _connect(path, settings or WarehouseSettings(), read_only=False)
    try:
        for schema in SCHEMAS:
            warehouse.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    except StoreError:
        warehouse.close()
        raise
    return warehouse


def open_read_only(path: Path, *, settings: WarehouseSettings | None = None) -> Warehouse:
    """A finished database file that nobody changes, such as `entities.duckdb` of a snapshot."""
    return _connect(path, settings or WarehouseSettings(), read_only=True)


def _connect(path: Path | None, settings: WarehouseSettings, *, read_only: bool) -> Warehouse:
    # Extensions are never fetched: the hub works without a network, and the same everywhere.
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if settings.memory_limit is not None:
        config["memory_limit"] = settings.memory_limit
    if settings.threads is not None:
        config["threads"] = settings.threads
    if settings.temp_directory is not None:
        config["temp_directory"] = str(settings.temp_directory)
    try:
        connection = duckdb.connect(str(path) if path else ":memory:", read_only=read_only, config=config)
    except duckdb.Error as error:
        raise told_at_opening(error, place=str(path)) from error
    warehouse = Warehouse(connection)
    # Started without a script, DuckDB draws a bar of a slow query into the standard output, in the middle of results.
    warehouse.execute("SET enable_progress_bar = false")
    return warehouse
