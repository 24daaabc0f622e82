"""A feed that is a table in a department's own PostgreSQL instead of files."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from schemas.readers.odcs import PostgresServer, SchemaObject


@dataclass(frozen=True)
class DatabaseTable:
    """A table or view, where it is and how it is read; it holds no secret.

    `columns` maps each column of the contract to its name in the table. `time_zone` is the one in which points in time
    are read and in which the date of a pull is taken.
    """

    host: str
    port: int
    database: str
    schema: str
    table: str
    columns: Mapping[str, str]
    ssl_mode: str
    time_zone: str
    connect_timeout_seconds: int
    statement_timeout_seconds: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}/{self.database} {self.schema}.{self.table}"


def database_table(server: PostgresServer, rows: SchemaObject) -> DatabaseTable:
    """The table that the contract's rows are in; the table's and the columns' names there are their physical names."""
    terms = server.custom_properties
    return DatabaseTable(
        host=server.host,
        port=server.port,
        database=server.database,
        schema=server.schema_,
        table=rows.physical_name or rows.name,
        columns=MappingProxyType({each.name: each.physical_name or each.name for each in rows.properties}),
        ssl_mode=terms.ssl_mode,
        time_zone=terms.time_zone,
        connect_timeout_seconds=terms.connect_timeout_seconds,
        statement_timeout_seconds=terms.statement_timeout_seconds,
    )


def pulled_file_pattern(feed: str) -> str:
    """What a delivery that was read from a database is called."""
    return rf"{feed}_(?P<mode>full|delta)_(?P<date>\d{{8}})_(?P<sequence>\d{{4,9}})\.parquet"


def pulled_file_name(feed: str, *, mode: str, day: date, sequence: int) -> str:
    """A name that `pulled_file_pattern` reads back."""
    return f"{feed}_{mode}_{day:%Y%m%d}_{sequence:04d}.parquet"
