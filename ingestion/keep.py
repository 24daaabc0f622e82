"""Brings a sealed delivery from the spool to archive, ledger and warehouse; each step may be cut off and repeated."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingestion.apply import Volumes, apply_delivery, read_volumes
from ingestion.context import IngestContext
from ingestion.errors import FeedError
from ingestion.formats.rows_sql import archive_copy_sql, kept_columns
from ingestion.reading import read_archived, read_delivery
from ingestion.report import DeliveryReport, report_of
from schemas.readers.contracts import FeedContract
from stores.archive import SealedDelivery
from stores.durable import sync_file
from stores.operational.deliveries import Delivery, DeliveryState

# What the ledger notes of a delivery as it is archived, and keeps whatever becomes of it.
ARCHIVE_FACTS = ("contract", "key", "columns", "unknown_columns", "approved")


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
    _write_plain(delivery, context, archive.keep)
    outcome = {
        "contract": contract.version,
        "key": list(contract.key),
        "columns": list(kept_columns(contract)),
        "unknown_columns": list(unknown),
    }
    ledger.mark(delivery.delivery_id, DeliveryState.ARCHIVED, outcome=outcome)
    archive.unseal(delivery.name)
    return ledger.get(delivery.delivery_id)


def load_archived(delivery: Delivery, context: IngestContext) -> None:
    """Fills `delivery_row` from the archive."""
    with context.archive.opened(delivery) as plain:
        read_archived(plain, context.contract(delivery.name.feed), context.warehouse)


def narrow_archived(delivery: Delivery, context: IngestContext) -> None:
    """Takes the columns that the contract drops now out of the archive copy."""
    contract = context.contract(delivery.name.feed)
    load_archived(delivery, context)
    _write_plain(delivery, context, context.archive.exchange)
    left = [name for name in delivery.outcome["columns"] if name not in contract.dropped]
    outcome = {**delivery.outcome, "columns": left}
    context.operational.ledger.mark(delivery.delivery_id, delivery.state, note=delivery.note, outcome=outcome)


def apply_archived(
    delivery: Delivery, context: IngestContext, *, approve: bool = False, loaded: bool = False
) -> DeliveryReport:
    """Applies a delivery that is in the archive; `loaded` says that its rows are in `delivery_row` already.

    A full dump that is shorter than its contract expects waits, unless approved now or before.
    """
    contract = context.contract(delivery.name.feed)
    if not loaded:
        load_archived(delivery, context)
    if delivery.name.mode == "full" and not (approve or delivery.outcome.get("approved")):
        volumes = read_volumes(contract, context.warehouse)
        if volumes.is_too_short(contract):
            return _wait(delivery, contract, volumes, context)
    apply_delivery(delivery, contract, context.warehouse)
    return mark_applied(delivery, context)


def mark_applied(delivery: Delivery, context: IngestContext) -> DeliveryReport:
    """Writes into the ledger what the warehouse's own mark says about the delivery."""
    sql = "SELECT number, outcome FROM raw.applied_delivery WHERE delivery_id = ?"
    [(number, outcome)] = context.warehouse.rows(sql, [delivery.delivery_id])
    kept = {**json.loads(outcome), **archive_facts(delivery), "number": number}
    ledger = context.operational.ledger
    ledger.mark(delivery.delivery_id, DeliveryState.APPLIED, outcome=kept)
    return report_of(ledger.get(delivery.delivery_id))


def archive_facts(delivery: Delivery) -> dict[str, Any]:
    """What the ledger noted as the delivery was archived."""
    return {name: delivery.outcome[name] for name in ARCHIVE_FACTS if name in delivery.outcome}


def _wait(delivery: Delivery, contract: FeedContract, volumes: Volumes, context: IngestContext) -> DeliveryReport:
    ledger, expected = context.operational.ledger, volumes.expected(contract)
    note = (
        f"{volumes.rows:,} rows came, {volumes.current:,} are held and at least {expected:,} were expected: ask "
        f"{contract.owner} whether the dump is whole. If it is, `hub ingest --approve {delivery.delivery_id}` lets it "
        "through; if not, have it handed in again under a new sequence"
    )
    numbers = {"rows": volumes.rows, "current": volumes.current, "expected": expected}
    outcome = {**archive_facts(delivery), **numbers}
    ledger.mark(delivery.delivery_id, DeliveryState.WAITING, note=note, outcome=outcome)
    return replace(report_of(ledger.get(delivery.delivery_id)), rows=volumes.rows)


def _write_plain(delivery: Delivery, context: IngestContext, put: Callable[[Delivery, Path], None]) -> None:
    """Writes `delivery_row` as an archive copy and has it put into the archive."""
    plain: Path = context.archive.plain_path(delivery)
    context.warehouse.execute(archive_copy_sql(plain))
    try:
        sync_file(plain)
        put(delivery, plain)
    finally:
        plain.unlink(missing_ok=True)
