"""`hub pull`: deliveries from departments' own databases into the warehouse."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb
from hub.deliveries import tell_deliveries
from hub.errors import UsageError
from hub.exits import DEPARTMENT
from ingestion.context import IngestContext
from ingestion.sources.pull import PullOrder, pull_tables
from schemas.readers.contracts import FeedContract


@dataclass(frozen=True)
class PullOptions:
    """Options of `hub pull`."""

    feeds: Annotated[
        list[str] | None, typer.Argument(metavar="FEED…", help="Feeds; none for every feed that has a database.")
    ] = None
    delta: Annotated[
        bool,
        typer.Option(
            "--delta", help="Only rows whose version is the last one seen or later; only a full pull ends rows."
        ),
    ] = False
    date: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Date of the deliveries, instead of the server's today.")
    ] = None


@verb(PullOptions)
def pull(desk: Desk, options: PullOptions) -> None:
    """Read the tables of departments that have a database of their own, then bring in as `hub ingest` does. 拉取"""
    feeds = _feeds(options.feeds or [], desk.declarations.contracts)
    order = PullOrder(feeds, "delta" if options.delta else "full", _day(options.date))
    with desk.site() as site:
        context = IngestContext(site.home, site.warehouse, site.operational, site.declarations, site.progress)
        reports = pull_tables(order, context, os.environ)
    tell_deliveries(reports, desk.declarations, desk.console)
    if not all(each.is_accepted for each in reports):
        raise typer.Exit(DEPARTMENT)


def _feeds(named: Sequence[str], contracts: Mapping[str, FeedContract]) -> list[str]:
    with_database = sorted(feed for feed, contract in contracts.items() if contract.database is not None)
    strange = [feed for feed in named if feed not in with_database]
    if strange:
        known = ", ".join(with_database) or "none"
        raise UsageError(f"{', '.join(strange)}: no contract names a database for it; feeds with a database: {known}")
    if not with_database:
        raise UsageError("no contract names a database: give the feed a server of type postgres in its contract")
    return list(dict.fromkeys(named)) or with_database


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--date is {text}, expected a date such as 2026-06-30") from error
