"""Makes ledger, archive and warehouse agree again: after a kill, a lost warehouse, or a changed contract."""

from ingestion.changed_contract import changed_feeds, drop_from_archive, read_under_new_contract, refuse_changed_keys
from ingestion.context import IngestContext
from ingestion.errors import FeedError
from ingestion.keep import apply_archived, keep_sealed, mark_applied
from ingestion.order import apply_in_order, forget_built
from ingestion.report import DeliveryReport, report_of
from ingestion.versions_sql import make_shared_sql
from stores.archive import spool_name
from stores.operational.deliveries import Delivery, DeliveryState

CUT_OFF = (DeliveryState.RECEIVED, DeliveryState.ARCHIVED)


def settle(context: IngestContext) -> list[DeliveryReport]:
    """Finishes what was cut off, re-applies what the warehouse lost, and reads feeds again whose contract changed.

    Returns the reports of what it brought further. To be called before anything relies on the warehouse; it changes
    nothing where all is well. Raises DeclarationError where a contract has another key than its deliveries came with.
    """
    context.warehouse.execute(make_shared_sql())
    refuse_changed_keys(context)
    changed = changed_feeds(context)
    _check_marks(context, changed)
    reports = [report for feed in changed for report in read_under_new_contract(feed, context)]
    drop_from_archive(context)
    for delivery in _cut_off(context):
        reports += _finish(delivery, context)
    left = context.operational.ledger.in_state(DeliveryState.RECEIVED)
    context.archive.sweep({spool_name(each.name) for each in left})
    return reports


def rebuild(context: IngestContext) -> int:
    """Makes the raw and quarantine tables anew from archive and ledger; returns how many deliveries were applied.

    Deliveries whose key was destroyed are left out: they are gone for good.
    """
    warehouse = context.warehouse
    for schema, table in _tables(context):
        warehouse.execute(f'DROP TABLE {schema}."{table}"')
    warehouse.execute(make_shared_sql())
    deliveries = _in_applied_order(context)
    for feed in sorted({each.name.feed for each in deliveries}):
        forget_built(feed, context)
    for number, delivery in enumerate(deliveries):
        context.progress.step("rebuild", delivery.file, number, len(deliveries))
        apply_archived(delivery, context, approve=True)
    return len(deliveries)


def _check_marks(context: IngestContext, changed: list[str]) -> None:
    marked = {int(row[0]) for row in context.warehouse.rows("SELECT delivery_id FROM raw.applied_delivery")}
    ledger = context.operational.ledger
    for delivery in ledger.in_state(DeliveryState.RECEIVED, DeliveryState.ARCHIVED, DeliveryState.WAITING):
        if delivery.delivery_id in marked:
            mark_applied(delivery, context)
    expected = _in_applied_order(context)
    missing = [delivery for delivery in expected if delivery.delivery_id not in marked]
    known = {delivery.delivery_id for delivery in ledger.in_state(DeliveryState.APPLIED)}
    if marked - known or missing != expected[len(expected) - len(missing) :]:
        rebuild(context)
        return
    for delivery in missing:
        if delivery.name.feed not in changed:
            apply_archived(delivery, context, approve=True)


def _in_applied_order(context: IngestContext) -> list[Delivery]:
    operational = context.operational
    deliveries = [
        delivery
        for delivery in operational.ledger.in_state(DeliveryState.APPLIED)
        if operational.archive_keys.exists(delivery.delivery_id)
        and delivery.name.feed in context.declarations.contracts
    ]
    return sorted(deliveries, key=lambda delivery: (delivery.outcome["number"], delivery.delivery_id))


def _cut_off(context: IngestContext) -> list[Delivery]:
    """Deliveries that did not get to their end, of feeds whose contract is in force, in the order they count."""
    found = context.operational.ledger.in_state(*CUT_OFF)
    in_force = [each for each in found if each.name.feed in context.declarations.contracts]
    return sorted(in_force, key=lambda each: (each.name.feed, each.name.place))


def _tables(context: IngestContext) -> list[tuple[str, str]]:
    rows = context.warehouse.rows(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE schema_name IN ('raw', 'quarantine') ORDER BY ALL"
    )
    return [(str(schema), str(table)) for schema, table in rows]


def _finish(delivery: Delivery, context: IngestContext) -> list[DeliveryReport]:
    ledger = context.operational.ledger
    delivery = ledger.get(delivery.delivery_id)
    if delivery.state not in CUT_OFF:
        return []  # finished and told with another delivery of its feed
    if delivery.state is DeliveryState.ARCHIVED:
        return apply_in_order(delivery, context)
    sealed = context.archive.sealed(delivery)
    if sealed is None:
        note = f"{delivery.file}: its copy in the spool is gone or damaged: hand it in again"
        ledger.mark(delivery.delivery_id, DeliveryState.REFUSED, note=note)
        return [report_of(ledger.get(delivery.delivery_id))]
    try:
        kept = keep_sealed(delivery, sealed, context)
    except FeedError:
        return [report_of(ledger.get(delivery.delivery_id))]
    return apply_in_order(kept, context, loaded=True)
