"""Where a pull goes on: the version of the feed seen last, and the number of its next delivery."""

from datetime import date

from ingestion.apply import make_tables
from ingestion.context import IngestContext
from ingestion.errors import SourceError
from ingestion.versions_sql import raw_table
from schemas.readers.contracts import FeedContract
from stores.operational.deliveries import DeliveryState


def last_version(contract: FeedContract, context: IngestContext) -> str:
    """The newest version held, as the hub writes it; a time is never later than the day of the newest delivery.

    So a version that runs ahead hides nothing, and what was committed late is read within the day. Raises SourceError
    where there is no version yet.
    """
    if contract.version_column is None:
        raise SourceError(f"{contract.id} has no version column to pull a delta by: pull it in full")
    make_tables(contract, context.warehouse)
    [(newest,)] = context.warehouse.rows(f"SELECT max(version) FROM {raw_table(contract.id)}")
    if newest is None:
        raise SourceError(f"nothing of {contract.id} is held yet to pull a delta to: pull it in full first")
    version = str(newest)
    applied = context.operational.ledger.in_state(DeliveryState.APPLIED)
    days = [each.name.date.isoformat() for each in applied if each.name.feed == contract.id]
    return version if version.isdigit() else min(version, max(days, default=version))


def next_sequence(contract: FeedContract, day: date, context: IngestContext) -> int:
    """One more than the highest number of that day, or of the feed where its numbers run on over the days."""
    named = [each.name for each in context.operational.ledger.all() if each.name.feed == contract.id]
    return max((name.sequence for name in named if contract.numbers_run_on or name.date == day), default=0) + 1
