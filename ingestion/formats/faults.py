"""What can be wrong with a row before any rule of its contract is asked: each fault with its reason for people."""

from collections.abc import Iterable, Mapping

from ingestion.errors import RefusedDeliveryError
from ingestion.formats.limits import FIELD_BYTES, MIB
from ingestion.formats.rows_sql import DOUBLED_KEY, FAULT, LINE, TORN_LINE, kept_columns
from schemas.readers.contracts import FeedContract
from stores.quoting import quote_name, quote_text
from stores.warehouse import Warehouse

LONG_VALUE = "value_too_long"
NUL_CHARACTER = "nul_character"
TITLE_ROW = "title_row"
TOTALS_ROW = "totals_row"
REPEATED_HEADER = "repeated_header"
FORMULA = "formula_without_value"
CELL_ERROR = "error_in_cell"
MERGED = "merged_cells"
KEY_AS_NUMBER = "key_as_number"

FAULTS: Mapping[str, str] = {
    TORN_LINE: "the line cannot be split into the columns of the header",
    LONG_VALUE: f"a line or value is longer than {FIELD_BYTES // MIB} MiB",
    NUL_CHARACTER: "a value holds a NUL character",
    DOUBLED_KEY: "the object has a key twice",
    TITLE_ROW: "stands above the header; take it out",
    TOTALS_ROW: "sums up other rows; take it out",
    REPEATED_HEADER: "is the header once more; take it out",
    FORMULA: "a cell has a formula without its result; save the workbook in Excel, or paste values",
    CELL_ERROR: "a cell holds an error such as #N/A; correct it",
    KEY_AS_NUMBER: "the key came as a number, which loses digits; it must come as text",
    MERGED: "cells are merged over several rows; unmerge them and fill each",
}

MANY_TORN = 10
NO_RECORD = (TITLE_ROW, TOTALS_ROW, REPEATED_HEADER)

_NUMBER_AS_KEY = r"^\d\.\d+[eE]\+\d+$"
_TOTALS = r"^\s*[合总共小]\s*[计数][\s::]*(\d.*)?$"


def fault_reason_sql() -> str:
    """The reason of the row's fault."""
    cases = " ".join(f"WHEN {quote_text(fault)} THEN {quote_text(reason)}" for fault, reason in FAULTS.items())
    return f"CASE {FAULT} {cases} END"


def hides_its_key_sql() -> str:
    """Whether a row stands for a record of the feed, and nobody can say which."""
    listed = ", ".join(quote_text(fault) for fault in NO_RECORD)
    return f'{FAULT} NOT IN ({listed}) AND ("#row_key" IS NULL OR {FAULT} = {quote_text(KEY_AS_NUMBER)})'


def refuse_mostly_torn(torn: int, rows: int, first: int | None, *, file: str) -> None:
    """Raises RefusedDeliveryError where most rows are torn, the first in line `first`: the file is not what it says."""
    if torn and (torn == rows or (torn >= MANY_TORN and torn * 2 > rows)):
        raise RefusedDeliveryError(
            f"{file}: {torn} of {rows} rows cannot be read, the first in line {first}: export it anew and hand it in "
            "again"
        )


def mark_rows(lines: Iterable[int], fault: str, contract: FeedContract, warehouse: Warehouse) -> int:
    """Gives the rows of these lines the fault, and no values; returns how many there are."""
    listed = ", ".join(str(line) for line in sorted(lines))
    if not listed:
        return 0
    emptied = ", ".join(f"{quote_name(name)} = NULL" for name in kept_columns(contract))
    where = f"WHERE {LINE} IN ({listed})"
    warehouse.execute(f"UPDATE delivery_row SET {FAULT} = {quote_text(fault)}, {emptied} {where}")
    return int(warehouse.rows(f"SELECT count(*) FROM delivery_row {where}")[0][0])


def mark_doubtful_rows(contract: FeedContract, warehouse: Warehouse) -> None:
    """Marks rows of `delivery_row` with values that nobody can keep, and rows that are none: totals, headers again."""
    warehouse.execute(_unkeepable_sql(contract))
    warehouse.execute(_no_records_sql(contract))


def _unkeepable_sql(contract: FeedContract) -> str:
    """A value too long, or with NUL, is emptied, so that neither archive nor warehouse meet it."""
    names = [quote_name(name) for name in kept_columns(contract)]
    has_nul = " OR ".join(f"contains({name}, chr(0))" for name in names)
    is_long = " OR ".join(f"strlen({name}) > {FIELD_BYTES}" for name in names)
    emptied = ", ".join(
        f"{name} = CASE WHEN strlen({name}) > {FIELD_BYTES} OR contains({name}, chr(0)) THEN NULL ELSE {name} END"
        for name in names
    )
    fault = f"CASE WHEN {is_long} THEN {quote_text(LONG_VALUE)} ELSE {quote_text(NUL_CHARACTER)} END"
    return f"UPDATE delivery_row SET {FAULT} = {fault}, {emptied} WHERE {is_long} OR {has_nul}"


def _no_records_sql(contract: FeedContract) -> str:
    """A row of totals has such a word in its key or first in the row; a repeated header names its key columns."""
    keys = [quote_name(name) for name in contract.key]
    first = f"coalesce({', '.join(quote_name(name) for name in kept_columns(contract))})"
    is_number = " OR ".join(f"regexp_matches({key}, {quote_text(_NUMBER_AS_KEY)})" for key in keys)
    is_total = " OR ".join(f"regexp_matches({value}, {quote_text(_TOTALS)})" for value in [*keys, first])
    is_header = " AND ".join(f"trim({quote_name(name)}) = {quote_text(name)}" for name in contract.key)
    fault = (
        f"CASE WHEN {is_header} THEN {quote_text(REPEATED_HEADER)} WHEN {is_number} THEN {quote_text(KEY_AS_NUMBER)} "
        f"ELSE {quote_text(TOTALS_ROW)} END"
    )
    doubtful = f"{is_header} OR {is_number} OR {is_total}"
    return f"UPDATE delivery_row SET {FAULT} = {fault} WHERE {FAULT} IS NULL AND ({doubtful})"
