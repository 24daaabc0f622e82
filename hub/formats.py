"""Writes a disclosed table as a person or a program wants it: table, csv, json or parquet."""

import csv
import io
import json
import sys
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
from rich.console import Console

from hub.errors import UsageError
from hub.sharing.request import Disclosure
from hub.terminal import table

ROWS_ON_SCREEN = 20
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def as_csv(rows: pa.Table, *, guard_formulas: bool = True) -> str:
    """CSV text; texts that a spreadsheet would run as a formula are led by an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows.column_names)
    for row in rows.to_pylist():
        writer.writerow([_cell(value, guard_formulas) for value in row.values()])
    return text.getvalue()


def _cell(value: Any, guard_formulas: bool) -> object:
    if value is None:
        return ""
    if isinstance(value, list):
        value = "; ".join(str(each) for each in value)
    if guard_formulas and isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def as_json(disclosure: Disclosure, about: Mapping[str, object]) -> str:
    """A JSON object: what was asked, the snapshot it was read from, redirects, disputes, and the rows as objects."""
    redirects, disputed = disclosure.answer.redirects, disclosure.answer.disputed
    content = {
        **about,
        **({"redirects": redirects} if redirects else {}),
        **({"disputed": {each: sorted(items) for each, items in disputed.items()}} if disputed else {}),
        "snapshot": disclosure.snapshot,
        "columns": disclosure.answer.table.column_names,
        "rows": disclosure.answer.table.to_pylist(),
    }
    return json.dumps(content, ensure_ascii=False, indent=2, default=json_value)


def json_value(value: object) -> object:
    """A date, a time or a decimal as JSON has it."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def write_parquet(disclosure: Disclosure, file: Path) -> None:
    """A Parquet file whose metadata names the snapshot."""
    file.write_bytes(parquet_bytes(disclosure.answer.table, disclosure.snapshot))


def parquet_bytes(table: pa.Table, snapshot: str) -> bytes:
    """A table as Parquet, whose metadata names the snapshot."""
    written = io.BytesIO()
    pyarrow.parquet.write_table(table.replace_schema_metadata({"snapshot": snapshot}), written)
    return written.getvalue()


def told_of_disputes(disclosure: Disclosure) -> list[str]:
    """What is disputed of the entities in the answer at this moment, a line each."""
    found = sorted(disclosure.answer.disputed.items())
    return [f"disputed now 有异议: {entity} ({', '.join(sorted(items))})" for entity, items in found]


def hand_out(
    disclosure: Disclosure, console: Console, *, format_: Format, output: Path | None, about: Mapping[str, object]
) -> None:
    """Writes the answer to the file, or to standard output where none is named.

    Redirects and disputes that the format has no place for go to standard error.
    """
    if format_ in (Format.CSV, Format.PARQUET) or (format_ is Format.TABLE and output is not None):
        for told in (*disclosure.answer.redirects, *told_of_disputes(disclosure)):
            sys.stderr.write(f"{told}\n")
    if format_ is Format.PARQUET:
        if output is None:
            raise UsageError("parquet is not for the screen: name a file with --output FILE")
        write_parquet(disclosure, output)
    elif format_ is Format.TABLE and output is None:
        show(disclosure, console)
    else:
        _write_text(_text(disclosure, format_, about), output)
    if output is not None:
        console.print(f"{disclosure.answer.table.num_rows:,} rows → {output}", soft_wrap=True)


def _text(disclosure: Disclosure, format_: Format, about: Mapping[str, object]) -> str:
    if format_ is Format.JSON:
        return as_json(disclosure, about) + "\n"
    return as_csv(disclosure.answer.table)


def _write_text(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8", newline="")


def show(disclosure: Disclosure, console: Console, *, rows: int = ROWS_ON_SCREEN) -> None:
    """The first rows as a table, the notes, and where the answer comes from."""
    answer = disclosure.answer
    numbers = {
        each.name for each in answer.table.schema if pa.types.is_integer(each.type) or pa.types.is_floating(each.type)
    }
    names = [f"#{name}" if name in numbers else name for name in answer.table.column_names]
    console.print(table(answer.title, names, [list(row.values()) for row in answer.table.slice(0, rows).to_pylist()]))
    if answer.table.num_rows > rows:
        console.print(f"  … {answer.table.num_rows - rows:,} more; --format csv --output FILE gives them all")
    for note in (*answer.redirects, *told_of_disputes(disclosure), *answer.remarks, *answer.notes):
        console.print(f"  {note}", markup=False)
    told = f"{answer.table.num_rows:,} rows · snapshot"
    console.print(f"  [dim]{told} {disclosure.snapshot} · audit line {disclosure.audit_sequence}[/]", soft_wrap=True)
