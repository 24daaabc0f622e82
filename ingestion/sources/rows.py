"""Writes the rows of a department's table into a delivery file: Parquet, every value as text."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.errors import SourceError
from ingestion.sources.postgresql import OpenTable
from ingestion.sources.table_sql import count_sql, rows_sql
from schemas.readers.contracts import FeedContract
from schemas.readers.databases import DatabaseTable
from stores.errors import MachineError
from stores.progress import Progress


@dataclass(frozen=True)
class RowsWanted:
    """The contract's columns (`kinds`: the types that they have there), of all rows or those that `since` selects."""

    contract: FeedContract
    kinds: Mapping[str, str]
    since: str | None


def check_columns(kinds: Mapping[str, str], contract: FeedContract, table: DatabaseTable) -> None:
    """Raises SourceError where the table, or a column that the contract does not drop, is not there."""
    if not kinds:
        raise SourceError(
            f"{table}: there is no such table or view: ask the department, or correct server and physicalName in "
            f"contract {contract.id}"
        )
    wanted = [column for name, column in table.columns.items() if name not in contract.dropped]
    missing = [column for column in wanted if column not in kinds]
    unknown = [column for column in kinds if column not in table.columns.values()]
    if missing:
        raise SourceError(
            f"{table}: columns missing: {', '.join(missing)}"
            + (f"; columns that contract {contract.id} does not know: {', '.join(unknown)}" if unknown else "")
            + ": ask the department, or write into the contract what they are called now (physicalName)"
        )


def write_rows(opened: OpenTable, wanted: RowsWanted, path: Path, progress: Progress) -> None:
    """Writes what is wanted; raises SourceError unless every row that the server counts has come."""
    expected = opened.number(count_sql(opened.table, wanted.since))
    stream = opened.stream(rows_sql(wanted.contract, opened.table, wanted.kinds, wanted.since))
    written = 0
    try:
        with (
            os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
            pq.ParquetWriter(file, stream.schema, compression="zstd") as writer,
        ):
            for batch in _told(opened.batches(stream), wanted.contract.id, expected, progress):
                writer.write_batch(batch)
                written += batch.num_rows
    except OSError as error:
        raise MachineError(
            f"cannot write {path}: {error}: see that the folder can be written and has room, then pull again"
        ) from error
    if written != expected:
        raise SourceError(f"{opened.table}: counts {expected} rows, of which {written} came: pull again")


def _told(batches: Iterable[pa.RecordBatch], feed: str, expected: int, progress: Progress) -> Iterable[pa.RecordBatch]:
    rows = 0
    for batch in batches:
        progress.step("pull", f"{feed} · rows", rows, expected)
        rows += batch.num_rows
        yield batch
    progress.step("pull", f"{feed} · rows", rows, expected)
