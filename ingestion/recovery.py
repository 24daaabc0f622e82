"""Makes ledger, archive and warehouse agree again: after a kill, a warehouse that lost its tail, or its loss."""

from ingestion.context import IngestContext
from ingestion.errors import FeedError
from ingestion.keep import apply_archived, keep_sealed, mark_applied
from ingestion.report import DeliveryReport, report_of
from ingestion.versions_sql import make_shared_sql, reading_digest
from stores.operational.deliveries import Delivery, DeliveryState


def settle(context: IngestContext) -> list[DeliveryReport]:
    """Finishes what was cut off and re-applies what the warehouse lost; the reports of deliveries brought further.

    To be called before anything relies on the warehouse; it changes nothing where all is well.
    """
    context.warehouse.execute(make_shared_sql())
    _check_marks(context)
    reports = [
        _finish(delivery, context)
        for delivery in context.operational.ledger.in_state(DeliveryState.RECEIVED, DeliveryState.ARCHIVED)
    ]
    context.archive.sweep(set())
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
    for number, delivery in enumerate(deliveries):
        context.progress.step("rebuild", delivery.file, number, len(deliveries))
        apply_archived(delivery, context, approve=True)
    return len(deliveries)


def _check_marks(context: IngestContext) -> None:
    marked = {int(row[0]) for row in context.warehouse.rows("SELECT delivery_id FROM raw.applied_delivery")}
    ledger = context.operational.ledger
    for delivery in ledger.in_state(DeliveryState.RECEIVED, DeliveryState.ARCHIVED, DeliveryState.WAITING):
        if delivery.delivery_id in marked:
            mark_applied(delivery, context)
    expected = _in_applied_order(context)
    missing = [delivery for delivery in expected if delivery.delivery_id not in marked]
    known = {delivery.delivery_id for delivery in ledger.in_state(DeliveryState.APPLIED)}
    is_tail = missing == expected[len(expected) - len(missing) :]
    if marked - known or not is_tail or not _is_read_as_declared(context):
        rebuild(context)
        return
    for delivery in missing:
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


def _is_read_as_declared(context: IngestContext) -> bool:
    """Whether every applied delivery was read by its contract as it stands today."""
    contracts = context.declarations.contracts
    rows = context.warehouse.rows("SELECT DISTINCT feed, reading FROM raw.applied_delivery ORDER BY ALL")
    return all(reading_digest(contracts[feed]) == reading for feed, reading in rows if feed in contracts)


def _tables(context: IngestContext) -> list[tuple[str, str]]:
    rows = context.warehouse.rows(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE schema_name IN ('raw', 'quarantine') ORDER BY ALL"
    )
    return [(str(schema), str(table)) for schema, table in rows]


def _finish(delivery: Delivery, context: IngestContext) -> DeliveryReport:
    ledger = context.operational.ledger
    if delivery.state is DeliveryState.ARCHIVED:
        return apply_archived(delivery, context, approve=False)
    sealed = context.archive.sealed(delivery)
    if sealed is None:
        note = f"{delivery.file}: its copy in the spool is gone or damaged: hand it in again"
        ledger.mark(delivery.delivery_id, DeliveryState.REFUSED, note=note)
        return report_of(ledger.get(delivery.delivery_id))
    try:
        kept = keep_sealed(delivery, sealed, context)
    except FeedError:
        return report_of(ledger.get(delivery.delivery_id))
    return apply_archived(kept, context, approve=False, loaded=True)
