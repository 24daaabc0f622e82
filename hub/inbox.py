"""Takes in what departments handed in over the network: inbox → ordinary files with their sidecars → ingest → receipts.

Cut off anywhere, it is called again: what the ledger has already is not taken in twice, what it lacks still lies in the
inbox.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.receipts import settle_receipts
from hub.refusals import LOST, OTHER_CONTENT, Refusal, refusal_of
from ingestion.context import IngestContext
from ingestion.ingest import ingest
from ingestion.report import DeliveryReport
from stores.archive import spool_name
from stores.errors import ArchiveError
from stores.inbox import Envelope, Inbox
from stores.operational.deliveries import DeliveryState
from stores.operational.receipts import Receipt, Receipts, ReceiptState, open_receipts
from stores.space import assert_room

FOLDER = "inbox-"


def take_inbox_in(context: IngestContext) -> list[DeliveryReport]:
    """Takes in all that waits, one report each as from `ingest`; of two that say to be the same the first counts.

    One that is refused does not hold up the others; what its contract is gone for goes on waiting.
    """
    for left in sorted(context.home.temp.glob(f"{FOLDER}*")):
        shutil.rmtree(left)
    receipts = open_receipts(context.home)
    waiting = [
        each
        for each in receipts.all()
        if each.state is ReceiptState.RECEIVED and each.name.feed in context.declarations.contracts
    ]
    if not waiting:
        return []
    _note_before(waiting, receipts, context)
    assert_room(context.home.root, sum(each.size for each in waiting), "opening what was handed in")
    with TemporaryDirectory(dir=context.home.temp, prefix=FOLDER) as folder:
        files, lost = _opened(waiting, context, Path(folder))
        reports = ingest(files, context)
    settle_receipts(context, {**lost, **_refused(files, reports, context)})
    return reports + [_told_lost(each) for each in waiting if each.receipt in lost]


def _note_before(waiting: Sequence[Receipt], receipts: Receipts, context: IngestContext) -> None:
    """Notes which came before, ahead of anything else: afterwards the ledger has all of them."""
    before: dict[int, bool] = {}
    seen = {
        (each.name, each.sha256) for each in context.operational.ledger.all() if each.state is not DeliveryState.REFUSED
    }
    for each in waiting:
        before[each.number] = (each.name, each.sha256) in seen
        seen.add((each.name, each.sha256))
    receipts.note_before(before)


def _opened(
    waiting: Sequence[Receipt], context: IngestContext, folder: Path
) -> tuple[dict[Path, Receipt], dict[str, Refusal]]:
    """Each as a file that says which delivery it is; and the receipts of those that cannot be opened."""
    files, lost, inbox = dict[Path, Receipt](), dict[str, Refusal](), Inbox(context.home)
    for each in waiting:
        kind = context.contract(each.name.feed).delivery.format
        # The number keeps those of one name apart and in the order of their arrival.
        path = folder / f"{spool_name(each.name)}.no{each.number:09d}.{kind}"
        try:
            inbox.open(Envelope(each.receipt, each.name), path)
        except (ArchiveError, FileNotFoundError):
            path.unlink(missing_ok=True)
            lost[each.receipt] = Refusal(LOST)
            continue
        name = each.name
        stated = {"feed": name.feed, "mode": name.mode, "date": name.date.isoformat(), "sequence": name.sequence}
        path.with_name(f"{path.name}.json").write_text(json.dumps(stated), encoding="utf-8")
        files[path] = each
    return files, lost


def _refused(
    files: Mapping[Path, Receipt], reports: Sequence[DeliveryReport], context: IngestContext
) -> dict[str, Refusal]:
    """Why each was refused that was read just now; a later one of the same name takes its place in the ledger."""
    of_file = {path.name: receipt for path, receipt in files.items()}
    found = {
        of_file[each.file].receipt: refusal_of(each.note, context.contract(each.feed))
        for each in reports
        if each.state == DeliveryState.REFUSED and each.file in of_file
    }
    # That report names the file which came before: who came second is told apart by the ledger.
    return {receipt: refusal for receipt, refusal in found.items() if refusal.code != OTHER_CONTENT}


def _told_lost(receipt: Receipt) -> DeliveryReport:
    name = receipt.name
    note = "its copy in the inbox is gone or altered: have it handed in again"
    return DeliveryReport(
        name.feed, f"receipt {receipt.receipt}", name.mode, DeliveryState.REFUSED, name.date.isoformat(), note=note
    )
