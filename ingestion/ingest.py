"""Takes files and folders in: recognise → seal → read → archive → check → apply → standardise."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ingestion.context import IngestContext
from ingestion.errors import FeedError, UnrecognisedFileError
from ingestion.keep import apply_archived, keep_sealed
from ingestion.recognise import DeliveryFile, delivery_order, find_files, recognise
from ingestion.recovery import settle
from ingestion.report import DeliveryReport, report_of
from ingestion.standard_tables import build_standard
from stores.archive import SealedDelivery
from stores.operational.deliveries import Delivery, DeliveryState


def ingest(paths: Iterable[Path], context: IngestContext, *, approve: bool = False) -> list[DeliveryReport]:
    """Takes in every delivery among the files and folders, ordered by feed, date and sequence; one report each.

    What an earlier, interrupted call left is finished first. A file that is refused does not hold up the others.
    `approve` applies full dumps that are shorter than expected, also ones that were left waiting before.
    """
    reports = settle(context)
    files, unrecognised = _recognise_all(find_files(paths), context)
    for number, file in enumerate(files):
        context.progress.step("ingest", file.path.name, number, len(files))
        reports.append(_take_in(file, context, approve=approve))
    context.progress.step("ingest", "", len(files), len(files))
    build_standard(context)
    return reports + unrecognised


def approve_delivery(delivery_id: int, context: IngestContext) -> DeliveryReport:
    """Applies a full dump that waits because it is shorter than expected; raises FeedError where it does not wait."""
    settle(context)
    delivery = context.operational.ledger.get(delivery_id)
    if delivery.state is not DeliveryState.WAITING:
        raise FeedError(
            f"delivery {delivery_id} ({delivery.name}) is {delivery.state}, not waiting: nothing to approve"
        )
    report = apply_archived(delivery, context, approve=True)
    build_standard(context)
    return report


def _recognise_all(paths: Iterable[Path], context: IngestContext) -> tuple[list[DeliveryFile], list[DeliveryReport]]:
    files: list[DeliveryFile] = []
    unrecognised: list[DeliveryReport] = []
    for path in paths:
        try:
            files.append(recognise(path, context.declarations.contracts))
        except UnrecognisedFileError as error:
            unrecognised.append(DeliveryReport(feed="", file=path.name, mode="", state="unrecognised", note=str(error)))
    return sorted(files, key=delivery_order), unrecognised


def _take_in(file: DeliveryFile, context: IngestContext, *, approve: bool) -> DeliveryReport:
    sealed = context.archive.seal(file.path, file.name)
    known = context.operational.ledger.find(file.name)
    if known is not None and known.state is not DeliveryState.REFUSED:
        return _take_in_again(known, sealed, context, approve=approve)
    delivery = context.operational.ledger.receive(file.name, file=file.path.name, sha256=sealed.sha256)
    try:
        kept = keep_sealed(delivery, sealed, context)
    except FeedError:
        return report_of(context.operational.ledger.get(delivery.delivery_id))
    return apply_archived(kept, context, approve=approve, loaded=True)


def _take_in_again(known: Delivery, sealed: SealedDelivery, context: IngestContext, *, approve: bool) -> DeliveryReport:
    context.archive.unseal(sealed.name)
    if known.sha256 != sealed.sha256:
        note = f"{known.name} came before with other content ({known.file}): hand corrections in under a new sequence"
        return replace(
            report_of(known, state="refused", note=note), rows=0, ended=0, counts={}, quarantine={}, issues={}
        )
    if known.state is DeliveryState.WAITING:
        return apply_archived(known, context, approve=True) if approve else report_of(known)
    note = f"the same delivery came before as no. {known.delivery_id}: nothing changed"
    return report_of(known, state="repeated", note=note)
