"""Takes in what departments hold in databases of their own: read → write an ordinary delivery file → ingest."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from ingestion.context import IngestContext
from ingestion.errors import FeedError, SourceError
from ingestion.ingest import ingest
from ingestion.recovery import settle
from ingestion.report import DeliveryReport
from ingestion.sources.credentials import read_credentials
from ingestion.sources.last_seen import last_version, next_sequence
from ingestion.sources.postgresql import open_table
from ingestion.sources.rows import RowsWanted, check_columns, write_rows
from ingestion.sources.table_sql import since_sql
from schemas.readers.databases import pulled_file_name

FOLDER = "pull-"
UNREAD = "unread"


@dataclass(frozen=True)
class PullOrder:
    """Which feeds to pull, `full` or `delta`, and the date to give the deliveries instead of the server's."""

    feeds: Sequence[str]
    mode: str
    day: date | None = None


def pull_tables(order: PullOrder, context: IngestContext, environment: Mapping[str, str]) -> list[DeliveryReport]:
    """Pulls each feed into a delivery of its own and takes them all in; one report each, as from `ingest`.

    A database that cannot be read does not hold up the others: its report has the state `unread`.
    """
    reports = settle(context)
    # What a killed pull left is no delivery: nobody has acknowledged it.
    for left in sorted(context.home.temp.glob(f"{FOLDER}*")):
        shutil.rmtree(left)
    files: list[Path] = []
    unread: list[DeliveryReport] = []
    with TemporaryDirectory(dir=context.home.temp, prefix=FOLDER) as folder:
        for feed in order.feeds:
            try:
                files.append(_pull_one(feed, order, context, environment, Path(folder)))
            except FeedError as error:
                table = context.contract(feed).database
                place = f"{table.schema}.{table.table}" if table else ""
                unread.append(DeliveryReport(feed, place, order.mode, state=UNREAD, note=str(error)))
        return reports + ingest(files, context) + unread


def _pull_one(
    feed: str, order: PullOrder, context: IngestContext, environment: Mapping[str, str], folder: Path
) -> Path:
    contract = context.contract(feed)
    table = contract.database
    if table is None:
        raise SourceError(f"{feed} comes in files: its contract names no server of type postgres")
    last = last_version(contract, context) if order.mode == "delta" else None
    with open_table(table, read_credentials(feed, environment)) as opened:
        kinds = opened.kinds()
        check_columns(kinds, contract, table)
        since = None
        if last is not None and contract.version_column is not None:
            column = table.columns[contract.version_column]
            since = since_sql(column, kinds[column], last)
        day = order.day or opened.today()
        sequence = next_sequence(contract, day, context)
        path = folder / pulled_file_name(feed, mode=order.mode, day=day, sequence=sequence)
        write_rows(opened, RowsWanted(contract, kinds, since), path, context.progress)
    return path
