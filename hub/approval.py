"""What `--approve` stands before: files and folders to bring in, and deliveries that wait for a person's word."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.errors import UsageError
from hub.receipts import settle_receipts
from hub.site import Site
from ingestion.context import IngestContext
from ingestion.errors import NotWaitingError
from ingestion.ingest import approve_waiting
from ingestion.report import DeliveryReport


@dataclass(frozen=True)
class Named:
    """What was typed: paths to bring in, and names of waiting deliveries (their number, or their file's name)."""

    paths: Sequence[Path]
    waiting: Sequence[str]


def read_named(typed: Sequence[Path], *, approve: bool) -> Named:
    """Tells paths from waiting deliveries; raises UsageError for a path that does not exist.

    Without `--approve` everything is a path. With it a bare number is a delivery, and so is what names no file.
    """
    waiting = [str(each) for each in typed if approve and (_is_number(each) or not each.exists())]
    paths = [each for each in typed if str(each) not in waiting]
    missing = [str(each) for each in paths if not each.exists()]
    if missing:
        raise UsageError(f"{', '.join(missing)}: no such file or folder: check the path")
    return Named(paths, waiting)


def let_through(named: Named, site: Site) -> list[DeliveryReport]:
    """Applies the waiting deliveries that are named, or all that wait where nothing at all was named.

    Raises UsageError for a name that no waiting delivery has.
    """
    if named.paths and not named.waiting:
        return []
    context = IngestContext(site.home, site.warehouse, site.operational, site.declarations, site.progress)
    try:
        reports = approve_waiting(named.waiting, context)
    except NotWaitingError as error:
        raise UsageError(str(error)) from error
    settle_receipts(context)
    return reports


def _is_number(path: Path) -> bool:
    return str(path).isascii() and str(path).isdigit()
