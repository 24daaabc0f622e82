"""Holds each feed as if its deliveries had come in the order of their dates and sequences, however they come."""

from dataclasses import replace

from ingestion.apply import holds_any_of
from ingestion.context import IngestContext
from ingestion.keep import apply_archived, load_archived
from ingestion.report import DeliveryReport, report_of
from ingestion.versions_sql import forget_feed_sql, make_shared_sql
from stores.operational.deliveries import Delivery, DeliveryState

KEPT = (DeliveryState.ARCHIVED, DeliveryState.WAITING, DeliveryState.APPLIED)


def apply_in_order(delivery: Delivery, context: IngestContext, *, loaded: bool = False) -> list[DeliveryReport]:
    """Applies an archived delivery at its place; `loaded` says that its rows are in `delivery_row` already.

    Where deliveries that count after it are there already and it cannot be woven in below them, the feed is read
    again. The first report is of the delivery itself, the others are of those that wait or no longer wait now.
    """
    held = context.operational.ledger.in_state(DeliveryState.WAITING, DeliveryState.APPLIED, feed=delivery.name.feed)
    later = [each for each in held if each.name.place > delivery.name.place]
    if not later:
        return [apply_archived(delivery, context, loaded=loaded)]
    if not loaded:
        load_archived(delivery, context)
    if _can_be_woven_in(delivery, later, context):
        return [apply_archived(delivery, context, loaded=True)]
    others = read_again(delivery.name.feed, context)
    own = report_of(context.operational.ledger.get(delivery.delivery_id))
    note = f"it came after {len(later)} that count after it: the feed's deliveries were read again in their order"
    noted = replace(own, note=". ".join(part for part in (own.note, note) if part))
    return [noted, *(report_of(each) for each in others if each.delivery_id != delivery.delivery_id)]


def read_again(feed: str, context: IngestContext) -> list[Delivery]:
    """Makes what is held of the feed anew from the archive; returns the deliveries that got another state by it.

    A full dump that is too short at its place waits, unless it was approved. Cut off, it is finished by `settle`.
    """
    ledger, keys = context.operational.ledger, context.operational.archive_keys
    kept = [each for each in ledger.in_state(*KEPT, feed=feed) if keys.exists(each.delivery_id)]
    kept.sort(key=lambda each: each.name.place)
    ledger.reopen([each.delivery_id for each in kept])
    context.warehouse.execute(make_shared_sql())
    with context.warehouse.transaction():
        context.warehouse.execute(forget_feed_sql(feed))
        forget_built(feed, context)
    for number, each in enumerate(kept):
        context.progress.step("read again", f"{feed} · {each.file}", number, len(kept))
        apply_archived(ledger.get(each.delivery_id), context)
    context.progress.step("read again", feed, len(kept), len(kept))
    now = [ledger.get(each.delivery_id) for each in kept]
    return [new for old, new in zip(kept, now, strict=True) if new.state is not old.state]


def forget_built(feed: str, context: IngestContext) -> None:
    """Has the standard records of the feed built anew as a whole, whatever they were built from before."""
    made = "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'standard' AND table_name = 'built'"
    if context.warehouse.rows(made)[0][0]:
        context.warehouse.execute("DELETE FROM standard.built WHERE part = ?", [feed])


def _can_be_woven_in(delivery: Delivery, later: list[Delivery], context: IngestContext) -> bool:
    """Whether the order does not matter: versioned changes, none of them held, and no full dump to judge them by."""
    contract = context.contract(delivery.name.feed)
    if contract.version_column is None or any(each.name.mode == "full" for each in (delivery, *later)):
        return False
    return not holds_any_of(delivery, contract, context.warehouse)
