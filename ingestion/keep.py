"""Brings a sealed delivery from the spool to archive, ledger and warehouse; each step may be cut off and repeated."""

import json
from dataclasses import replace
from pathlib import Path

from ingestion.apply import apply_delivery, read_volumes
from ingestion.context import IngestContext
from ingestion.errors import FeedError
from ingestion.formats.rows_sql import archive_copy_sql
from ingestion.reading import read_archived, read_delivery
from ingestion.report import DeliveryReport, report_of
from stores.archive import SealedDelivery
from stores.durable import sync_file
from stores.operational.deliveries import Delivery, DeliveryState


def keep_sealed(delivery: Delivery, sealed: SealedDelivery, context: IngestContext) -> Delivery:
    """Reads the sealed file and archives it less its dropped columns; the spool is emptied once that is durable.

    The rows stay in `delivery_row`. A file that cannot be read is marked refused, its copy is removed, and the
    FeedError that says why is raised.
    """
    contract = context.contract(delivery.name.feed)
    archive, ledger = context.archive, context.operational.ledger
    try:
        unknown = read_delivery(sealed.path, contract, context.warehouse, file=delivery.file)
    except FeedError as error:
        ledger.mark(delivery.delivery_id, DeliveryState.REFUSED, note=str(error))
        archive.unseal(delivery.name)
        raise
    _archive(delivery, context)
    outcome = {"unknown_columns": list(unknown)}
    ledger.mark(delivery.delivery_id, DeliveryState.ARCHIVED, outcome=outcome)
    archive.unseal(delivery.name)
    return ledger.get(delivery.delivery_id)


def apply_archived(
    delivery: Delivery, context: IngestContext, *, approve: bool, loaded: bool = False
) -> DeliveryReport:
    """Applies a delivery that is in the archive; `loaded` says that its rows are in `delivery_row` already.

    A full dump that is shorter than its contract expects waits, unless approved.
    """
    contract = context.contract(delivery.name.feed)
    ledger = context.operational.ledger
    if not loaded:
        with context.archive.opened(delivery) as plain:
            read_archived(plain, contract, context.warehouse)
    if delivery.name.mode == "full" and not approve:
        volumes = read_volumes(contract, context.warehouse)
        if volumes.is_too_short(contract):
            note = (
                f"{volumes.rows} rows where {volumes.current} are current: shorter than "
                f"{contract.min_share_of_previous:.0%} of them; approve it if that is right"
            )
            ledger.mark(delivery.delivery_id, DeliveryState.WAITING, note=note)
            return replace(report_of(ledger.get(delivery.delivery_id)), rows=volumes.rows)
    unknown = delivery.outcome.get("unknown_columns", [])
    apply_delivery(delivery, contract, context.warehouse, unknown_columns=unknown)
    return mark_applied(delivery, context)


def mark_applied(delivery: Delivery, context: IngestContext) -> DeliveryReport:
    """Writes into the ledger what the warehouse's own mark says about the delivery."""
    sql = "SELECT number, outcome FROM raw.applied_delivery WHERE delivery_id = ?"
    [(number, outcome)] = context.warehouse.rows(sql, [delivery.delivery_id])
    unknown = delivery.outcome.get("unknown_columns", [])
    kept = {**json.loads(outcome), "unknown_columns": unknown, "number": number}
    ledger = context.operational.ledger
    ledger.mark(delivery.delivery_id, DeliveryState.APPLIED, outcome=kept)
    return report_of(ledger.get(delivery.delivery_id))


def _archive(delivery: Delivery, context: IngestContext) -> None:
    archive = context.archive
    plain: Path = archive.plain_path(delivery)
    context.warehouse.execute(archive_copy_sql(plain))
    try:
        sync_file(plain)
        archive.keep(delivery, plain)
    finally:
        plain.unlink(missing_ok=True)
