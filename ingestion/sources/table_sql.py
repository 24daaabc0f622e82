"""SQL that a department's PostgreSQL is asked: every value as text in ISO form, nothing that the contract drops."""

import re
from collections.abc import Mapping, Sequence

from ingestion.errors import SourceError
from schemas.readers.contracts import FeedContract
from schemas.readers.databases import DatabaseTable
from stores.quoting import quote_name, quote_text

TIMES = ("timestamp without time zone", "timestamp with time zone", "date")
NUMBERS = ("smallint", "integer", "bigint")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def session_sql(table: DatabaseTable) -> Sequence[str]:
    """Statements that begin the one transaction in which everything is read."""
    return (
        f"SET TimeZone = {quote_text(table.time_zone)}",
        "SET DateStyle = 'ISO, YMD'",
        "SET IntervalStyle = 'iso_8601'",
        "SET extra_float_digits = 3",
        f"SET statement_timeout = '{table.statement_timeout_seconds}s'",
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    )


def columns_sql(table: DatabaseTable) -> str:
    """Selects name, type (that of the domain, where it is one) and whether it is nested, of each column there is."""
    return f"""SELECT a.attname::text, pg_catalog.format_type(coalesce(base.oid, t.oid), NULL)::text,
  coalesce(base.typtype, t.typtype) = 'c' OR coalesce(base.typelem, t.typelem) <> 0
    AND coalesce(base.typlen, t.typlen) = -1
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid LEFT JOIN pg_catalog.pg_type base ON base.oid = t.typbasetype
WHERE n.nspname = {quote_text(table.schema)} AND c.relname = {quote_text(table.table)}
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY a.attnum"""


def rows_sql(contract: FeedContract, table: DatabaseTable, kinds: Mapping[str, str], since: str | None) -> str:
    """Selects the contract's columns, in an order that depends on nothing but the values.

    Columns that are dropped, or that only the table knows, are named without a value: they are never read.
    """
    wanted = [(name, column) for name, column in table.columns.items() if name not in contract.dropped]
    read = [f'{_text_sql(column, kinds[column])} COLLATE "C" AS {quote_name(name)}' for name, column in wanted]
    unread = list(contract.dropped)
    unread += [name for name in kinds if name not in {*table.columns.values(), *table.columns}]
    empty = [f"NULL::text AS {quote_name(name)}" for name in unread]
    places = {name: place for place, (name, _) in enumerate(wanted, start=1)}
    order = [places[name] for name in contract.key]
    order += [place for place in places.values() if place not in order]
    listed = ",\n  ".join([*read, *empty])
    return f"SELECT {listed}\n{from_sql(table, since)}\nORDER BY {', '.join(map(str, order))}"


def count_sql(table: DatabaseTable, since: str | None) -> str:
    """Counts the rows that `rows_sql` selects."""
    return f"SELECT count(*) {from_sql(table, since)}"


def from_sql(table: DatabaseTable, since: str | None) -> str:
    """The table, and which of its rows."""
    return f"FROM {quote_name(table.schema)}.{quote_name(table.table)}" + (f" WHERE {since}" if since else "")


def since_sql(column: str, kind: str, version: str) -> str:
    """The rows whose version is this one or a later one; the hub writes versions as text.

    Raises SourceError where versions of this type cannot be compared.
    """
    if kind == "date" and ISO_DAY.match(version):
        return f"{quote_name(column)} >= {quote_text(version[:10])}::date"
    if kind in TIMES and ISO_DAY.match(version):
        return f"{quote_name(column)} >= {quote_text(version)}::timestamp"
    if kind in NUMBERS and version.isdigit():
        return f"{quote_name(column)} >= {int(version)}"
    raise SourceError(
        f"the version column {column} is of type {kind}, the last version seen is {version}: "
        f"a delta needs a column of type {', '.join((*TIMES, *NUMBERS))}; pull the feed in full"
    )


def _text_sql(column: str, kind: str) -> str:
    name = quote_name(column)
    if kind.startswith("nested "):
        return f"to_json({name})::text"
    if kind == "timestamp with time zone":
        return f"{name}::timestamp::text"
    return f"{name}::text"
