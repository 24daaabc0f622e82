"""Reads Parquet: every value as text, nested values as JSON text; a type that text would alter is refused."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingestion.errors import RefusedDeliveryError
from ingestion.formats.header import check_header
from ingestion.formats.limits import MIB, PACKING_RATIO, PARQUET_ROWS, PARQUET_TEXT_BYTES, VALUE_BYTES
from ingestion.formats.rows_sql import empty_rows_sql, kept_columns, parquet_sql
from ingestion.identifiers import identifier_columns
from schemas.readers.contracts import FeedContract
from stores.errors import WarehouseError
from stores.quoting import quote_name, quote_text
from stores.warehouse import Warehouse

_AS_TEXT = re.compile(
    r'VARCHAR|JSON|UUID|BOOLEAN|DATE|TIME|TIMESTAMP(_S|_MS|_NS)?|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|"NULL"'
    r"|DECIMAL\(.*\)|ENUM\(.*\)"
)
_NESTED = re.compile(r".*\]|(STRUCT|MAP)\(.*\)", re.DOTALL)
_ALTERED = re.compile(r"BLOB|TIME ZONE|INTERVAL|UNION|VARIANT")
_LONG = re.compile(rf"VARCHAR|JSON|{_NESTED.pattern}", re.DOTALL)
# Up to here every whole number has a float of its own.
_WHOLE_BELOW = {"FLOAT": "1e7", "DOUBLE": "1e15"}


def read_parquet_rows(path: Path, contract: FeedContract, warehouse: Warehouse, *, file: str) -> tuple[str, ...]:
    """Fills `delivery_row` and returns the columns that the contract does not know.

    Raises RefusedDeliveryError where the file is not Parquet, its columns are wrong or of types that are not taken.
    """
    warehouse.execute(empty_rows_sql(contract))
    try:
        source = f"read_parquet({quote_text(str(path))})"
        described = warehouse.rows(f"DESCRIBE SELECT * FROM {source}")
        names = list(_top_names(path, warehouse))
        unknown = check_header(names, contract, file=file)
        columns = {name: (str(row[0]), str(row[1])) for name, row in zip(names, described, strict=True)}
        kept = {name: columns[name][1] for name in kept_columns(contract)}
        _refuse_types(kept, file)
        _refuse_too_much(path, [columns[name] for name in kept], warehouse, file)
        warehouse.execute(parquet_sql(path, _texts(columns, contract)))
    except WarehouseError as error:
        raise RefusedDeliveryError(
            f"{file}: cannot be read as Parquet ({_without_place(error, path, file)}): export it anew and hand it in "
            "again"
        ) from error
    return unknown


def _without_place(error: WarehouseError, path: Path, file: str) -> str:
    """What the engine says, about the file as the department knows it."""
    return str(error).splitlines()[0].replace(str(path), file)


def _top_names(path: Path, warehouse: Warehouse) -> Iterator[str]:
    """The column names as the file has them, doubled ones included; those inside nested columns are passed over."""
    rows = warehouse.rows(f"SELECT name, coalesce(num_children, 0) FROM parquet_schema({quote_text(str(path))})")
    inside = 0
    for name, children in rows[1:]:
        if inside == 0:
            yield str(name)
        inside = max(0, inside - 1) + children


def _refuse_too_much(path: Path, columns: Sequence[tuple[str, str]], warehouse: Warehouse, file: str) -> None:
    """A few bytes may repeat a few values until they fill memory and disk."""
    rows = warehouse.rows(f"SELECT num_rows FROM parquet_file_metadata({quote_text(str(path))})")[0][0]
    if rows > PARQUET_ROWS:
        raise RefusedDeliveryError(
            f"{file}: {rows:,} rows are more than the {PARQUET_ROWS:,} of one file: hand it in in parts, as deltas"
        )
    long = [_text_sql(*column, as_it_is=True) for column in columns if _LONG.fullmatch(column[1])]
    lengths = " + ".join(f"coalesce(sum(strlen({text})), 0)" for text in long) or "0"
    [(length,)] = warehouse.rows(f"SELECT {lengths} FROM read_parquet({quote_text(str(path))})")
    size = rows * len(columns) * VALUE_BYTES + int(length)
    if size > max(PARQUET_TEXT_BYTES, PACKING_RATIO * path.stat().st_size):
        raise RefusedDeliveryError(
            f"{file}: its values unpack to {size // MIB:,} MiB, more than {PACKING_RATIO} times its size: export it "
            "anew and hand it in again"
        )


def _refuse_types(types: dict[str, str], file: str) -> None:
    wrong = [f"{name} is {kind}" for name, kind in types.items() if not _is_taken(kind)]
    if wrong:
        raise RefusedDeliveryError(
            f"{file}: columns of types that cannot become text without loss: {', '.join(wrong)}: write them as text, "
            "times in local time without a zone"
        )


def _is_taken(kind: str) -> bool:
    if kind in _WHOLE_BELOW or _AS_TEXT.fullmatch(kind):
        return True
    return _NESTED.fullmatch(kind) is not None and _ALTERED.search(kind) is None


def _texts(columns: dict[str, tuple[str, str]], contract: FeedContract) -> Sequence[str]:
    as_it_is = set(identifier_columns(contract))
    return [_text_sql(*columns[name], as_it_is=name in as_it_is) for name in kept_columns(contract)]


def _text_sql(name: str, kind: str, *, as_it_is: bool) -> str:
    """A whole number that became a float loses its `.0`, as in Excel; not an identifier: its digits may be lost."""
    column = quote_name(name)
    if _NESTED.fullmatch(kind):
        return f"to_json({column})::VARCHAR"
    if kind not in _WHOLE_BELOW:
        return f"{column}::VARCHAR"
    whole = f"{column} = trunc({column}) AND abs({column}) < {_WHOLE_BELOW[kind]}"
    number = (
        f"{column}::VARCHAR"
        if as_it_is
        else f"CASE WHEN {whole} THEN {column}::BIGINT::VARCHAR ELSE {column}::VARCHAR END"
    )
    return f"CASE WHEN NOT isnan({column}) THEN {number} END"
