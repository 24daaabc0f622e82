"""The table of exit codes: which error means whose turn it is, and how it is told."""

import errno
from collections.abc import Mapping
from concurrent.futures import BrokenExecutor

from rich.console import Console

from hub.errors import AccessDenied, AuditError, CredentialsRefused, HubError, UsageError
from ingestion.errors import ConservationError, FeedError
from resolution.errors import QueryError, ResolutionError, UnknownRecordError
from resolution.evaluate_truth import TruthError
from schemas.errors import DeclarationError
from stores.errors import HomeBusyError, MachineError, SettingsError, StoreError
from stores.faults import is_no_room
from stores.operational.accounts import AccountError
from stores.operational.disputes import DisputeError
from stores.operational.reviews import ReviewError
from stores.snapshots import SnapshotError

DEPARTMENT, CALLER, REFUSED, STORE = 1, 2, 3, 4

# Looked up in this order: the first entry that an error is an instance of counts.
EXIT_CODES: Mapping[type[Exception], tuple[int, str]] = {
    AccessDenied: (REFUSED, "Refused"),
    CredentialsRefused: (REFUSED, "Refused"),
    UsageError: (CALLER, "Cannot do that"),
    SettingsError: (CALLER, "Cannot do that"),
    TruthError: (CALLER, "The truth folder cannot be used"),
    DeclarationError: (CALLER, "The declarations have mistakes"),
    AccountError: (CALLER, "That account cannot be used"),
    ReviewError: (CALLER, "That cannot be decided"),
    DisputeError: (CALLER, "That cannot be disputed or decided"),
    UnknownRecordError: (CALLER, "No such record"),
    QueryError: (CALLER, "Cannot look that up"),
    ConservationError: (STORE, "Rows do not add up"),
    FeedError: (DEPARTMENT, "A delivery cannot be used"),
    ResolutionError: (STORE, "The records cannot be resolved"),
    AuditError: (STORE, "The audit log does not work"),
    SnapshotError: (STORE, "No usable snapshot"),
    HomeBusyError: (STORE, "The home is in use"),
    MachineError: (STORE, "The machine stopped the work"),
    StoreError: (STORE, "A store does not work"),
    HubError: (STORE, "The run failed"),
    OSError: (STORE, "The machine does not let the hub work"),
    MemoryError: (STORE, "There is not enough memory"),
    BrokenExecutor: (STORE, "A process of the hub was ended from outside"),
}
POOL_IS_FULL = "buffer pool is full"
AGAIN = "give the same command again: it goes on from where it was"
REMEDIES: Mapping[int | None, str] = {
    errno.ENOSPC: f"Free some space on that disk, then {AGAIN}",
    errno.EDQUOT: f"Ask for more room for whoever runs the hub, then {AGAIN}",
    errno.EROFS: f"Make the disk writable, then {AGAIN}",
    errno.EACCES: f"Give whoever runs the hub the right to it, then {AGAIN}",
    errno.EIO: f"Look after the disk: it does not read or write. Then {AGAIN}",
}


def report(error: Exception, console: Console) -> int:
    """Tells the error to a person and returns the exit code."""
    code, title = next(found for kind, found in EXIT_CODES.items() if isinstance(error, kind))
    console.print(f"[bold red]{title}.[/]")
    for line in _told(error).splitlines() or [type(error).__name__]:
        console.print(f"  {line}", markup=False, soft_wrap=True)
    return code


def _told(error: Exception) -> str:
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}\n{REMEDIES.get(error.errno, f'Put that right, then {AGAIN}')}"
    if isinstance(error, MemoryError | BrokenExecutor):
        why = str(error) or "The system gave no more."
        return (
            f"{why}\nLower HUB_MEMORY_LIMIT, HUB_THREADS or HUB_GRAPH_BUFFER_POOL (or [settings] of home.toml) to what "
            f"the machine has, or give it more memory, then {AGAIN}"
        )
    if POOL_IS_FULL in str(error):
        return (
            f"{error}\nAllow the graph more memory with HUB_GRAPH_BUFFER_POOL (or graph_buffer_pool in [settings] of "
            f"home.toml), then {AGAIN}"
        )
    if is_no_room(str(error)) and not isinstance(error, MachineError):
        return f"{error}\n{REMEDIES[errno.ENOSPC]}"
    return str(error)
