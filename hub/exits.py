"""The table of exit codes: which error means whose turn it is, and how it is told."""

from collections.abc import Mapping

from rich.console import Console

from hub.errors import AccessDenied, AuditError, HubError, UsageError
from ingestion.errors import ConservationError, FeedError
from resolution.errors import ResolutionError, UnknownRecordError
from resolution.evaluate_truth import TruthError
from schemas.errors import DeclarationError
from stores.errors import StoreError
from stores.snapshots import SnapshotError

DEPARTMENT, CALLER, REFUSED, STORE = 1, 2, 3, 4

# Looked up in this order: the first entry that an error is an instance of counts.
EXIT_CODES: Mapping[type[Exception], tuple[int, str]] = {
    AccessDenied: (REFUSED, "Refused"),
    UsageError: (CALLER, "Cannot do that"),
    TruthError: (CALLER, "The truth folder cannot be used"),
    DeclarationError: (CALLER, "The declarations have mistakes"),
    UnknownRecordError: (CALLER, "No such record"),
    ConservationError: (STORE, "Rows do not add up"),
    FeedError: (DEPARTMENT, "A delivery cannot be used"),
    ResolutionError: (STORE, "The records cannot be resolved"),
    AuditError: (STORE, "The audit log does not work"),
    SnapshotError: (STORE, "No usable snapshot"),
    StoreError: (STORE, "A store does not work"),
    HubError: (STORE, "The run failed"),
}


def report(error: Exception, console: Console) -> int:
    """Tells the error to a person and returns the exit code."""
    code, title = next(found for kind, found in EXIT_CODES.items() if isinstance(error, kind))
    console.print(f"[bold red]{title}.[/]")
    for line in str(error).splitlines() or [type(error).__name__]:
        console.print(f"  {line}", markup=False, soft_wrap=True)
    return code
