"""Takes files and folders in: recognise → seal → read → archive → check → apply → standardise."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ingestion.context import IngestContext
from ingestion.errors import FeedError, NotWaitingError, UnrecognisedFileError, printable
from ingestion.gaps import told_with_gaps
from ingestion.identity_doubts_sql import ID_SHARED, KEY_REUSED
from ingestion.keep import archive_facts, keep_sealed
from ingestion.order import apply_in_order
from ingestion.recognise import DeliveryFile, FoundFiles, delivery_order, find_files, recognise
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
        reports += _take_in(file, context, approve=approve)
    context.progress.step("ingest", "", len(files), len(files))
    build_standard(context)
    return told_with_gaps(_with_doubts(reports, context), context) + unrecognised


def approve_waiting(chosen: Sequence[str], context: IngestContext) -> list[DeliveryReport]:
    """Applies full dumps that wait because they are shorter than expected: those named, or all where none is.

    What a later full dump has overtaken is approved only by name, which is the delivery's number or its file's name.
    Raises NotWaitingError, with nothing applied, for a name that no waiting delivery has.
    """
    reports = settle(context)
    for delivery in _waiting(chosen, context):
        reports += _approve(delivery, context)
    build_standard(context)
    return told_with_gaps(_with_doubts(reports, context), context)


def _with_doubts(reports: Sequence[DeliveryReport], context: IngestContext) -> list[DeliveryReport]:
    """The reports with what was found only as the rows were standardised: keys and ID numbers of two persons."""
    found = context.warehouse.rows(
        "SELECT delivery_id, rule, count(*), min(line) FROM quarantine.issue WHERE rule IN (?, ?) "
        "GROUP BY delivery_id, rule ORDER BY delivery_id, rule",
        [KEY_REUSED, ID_SHARED],
    )
    doubts, lines = defaultdict[int | None, dict[str, int]](dict), defaultdict[int | None, dict[str, int]](dict)
    for delivery_id, rule, count, line in found:
        doubts[delivery_id][rule], lines[delivery_id][rule] = count, line
    return [
        replace(
            each,
            issues={**each.issues, **doubts[each.delivery_id]},
            first_lines={**each.first_lines, **lines[each.delivery_id]},
        )
        if each.state == DeliveryState.APPLIED
        else each
        for each in reports
    ]


def _waiting(chosen: Sequence[str], context: IngestContext) -> list[Delivery]:
    ledger = context.operational.ledger
    waiting = [
        each
        for each in (ledger.in_state(DeliveryState.WAITING) if chosen else ledger.undecided())
        if each.name.feed in context.declarations.contracts
    ]
    unknown = [name for name in chosen if not any(_is_called(each, name) for each in waiting)]
    if unknown:
        listed = ", ".join(f"{each.delivery_id} ({each.file})" for each in waiting) or "none"
        raise NotWaitingError(f"no delivery waits as {', '.join(unknown)}: nothing was approved. Waiting: {listed}")
    found = [each for each in waiting if not chosen or any(_is_called(each, name) for name in chosen)]
    return sorted(found, key=lambda each: (each.name.feed, each.name.place))


def _is_called(delivery: Delivery, name: str) -> bool:
    return name in (str(delivery.delivery_id), delivery.file)


def _approve(delivery: Delivery, context: IngestContext) -> list[DeliveryReport]:
    """Notes the approval before anything else, so that it counts whenever the feed is read again."""
    ledger = context.operational.ledger
    approved = {**archive_facts(delivery), "approved": True}
    ledger.mark(delivery.delivery_id, DeliveryState.ARCHIVED, outcome=approved)
    return apply_in_order(ledger.get(delivery.delivery_id), context)


def _recognise_all(found: FoundFiles, context: IngestContext) -> tuple[list[DeliveryFile], list[DeliveryReport]]:
    files: list[DeliveryFile] = []
    unrecognised = [_unrecognised(path, f"{path} {problem}") for path, problem in found.strays.items()]
    for path in found.files:
        try:
            files.append(recognise(path, context.declarations.contracts))
        except UnrecognisedFileError as error:
            unrecognised.append(_unrecognised(path, str(error)))
    return sorted(files, key=delivery_order), unrecognised


def _unrecognised(path: Path, problem: str) -> DeliveryReport:
    return DeliveryReport(feed="", file=printable(path.name), mode="", state="unrecognised", note=printable(problem))


def _take_in(file: DeliveryFile, context: IngestContext, *, approve: bool) -> list[DeliveryReport]:
    ledger = context.operational.ledger
    sealed = context.archive.seal(file.path, file.name)
    known = ledger.find(file.name)
    if known is not None and known.state is not DeliveryState.REFUSED:
        return _take_in_again(known, sealed, context, approve=approve)
    delivery = ledger.receive(file.name, file=file.path.name, sha256=sealed.sha256)
    try:
        kept = keep_sealed(delivery, sealed, context)
    except FeedError:
        return [report_of(ledger.get(delivery.delivery_id))]
    reports = apply_in_order(kept, context, loaded=True)
    return _approve(ledger.get(kept.delivery_id), context) if approve and _waits(reports[0]) else reports


def _take_in_again(
    known: Delivery, sealed: SealedDelivery, context: IngestContext, *, approve: bool
) -> list[DeliveryReport]:
    context.archive.unseal(sealed.name)
    if known.sha256 != sealed.sha256:
        note = f"{known.name} came before with other content ({known.file}): hand corrections in under a new sequence"
        return [
            replace(
                report_of(known, state="refused", note=note),
                rows=0,
                ended=0,
                counts={},
                quarantine={},
                issues={},
                first_lines={},
            )
        ]
    if known.state is DeliveryState.WAITING:
        return _approve(known, context) if approve else [report_of(known)]
    note = f"the same delivery came before as no. {known.delivery_id}: nothing changed"
    return [report_of(known, state="repeated", note=note)]


def _waits(report: DeliveryReport) -> bool:
    return report.state == DeliveryState.WAITING
