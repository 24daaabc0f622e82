"""The audit log: who read what, for which purpose and about whom, on disk before anything leaves (docs/audit.md).

A record names entities by their ids and counts rows; it never says what the rows said.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hub.errors import AuditError
from hub.sharing.audit_entities import told
from hub.sharing.audit_files import ACTIVE
from hub.sharing.audit_note import Checkpoint
from hub.sharing.audit_verify import Verified, verify
from hub.sharing.audit_writer import Writer
from stores.home import Home

__all__ = ["LOG_NAME", "PROBE_NAME", "AuditEntry", "Verified", "append", "cover", "cover_all", "probe", "verify"]

LOG_NAME, PROBE_NAME = ACTIVE, "probe"
_WRITERS: dict[tuple[Path, int], Writer] = {}


@dataclass(frozen=True)
class AuditEntry:
    """One reading or refusal as it is written down; `entities` are the ids of those whom it is about."""

    caller: str
    department: str | None
    purpose: str
    verb: str
    what: str
    parameters: Mapping[str, str]
    snapshot: str
    outcome: str
    rule: str
    rows: int
    entities: Sequence[str] = ()


def append(home: Home, entry: AuditEntry) -> int:
    """Writes the entry, waits until it is on disk and returns its number; raises AuditError where it cannot.

    Any number of threads and processes may append at once: they share what waiting for the disk there is.
    """
    try:
        return _writer(home).append(vars(entry) | {"entities": told(home.audit, entry.entities)})
    except OSError as error:
        raise AuditError(
            f"cannot write the audit log {error.filename or home.audit}: {error.strerror or error}. Nothing was handed "
            "out; make the folder writable and give it space, then ask again"
        ) from error


def cover(home: Home) -> Checkpoint:
    """The checkpoint of every record of the log, signed now where the newest does not cover all of them."""
    try:
        return _writer(home).cover()
    except OSError as error:
        raise AuditError(
            f"cannot write a checkpoint of the audit log {home.audit}: {error.strerror or error}"
        ) from error


def cover_all() -> None:
    """Brings a checkpoint over what this process wrote, as far as that can be done; called as a command ends."""
    while _WRITERS:
        _, writer = _WRITERS.popitem()
        with suppress(AuditError, OSError):
            writer.cover()


def _writer(home: Home) -> Writer:
    # A forked process begins anew: its threads are not those that the writer waits for.
    place = home.root, os.getpid()
    writer = _WRITERS.get(place)
    return _WRITERS.setdefault(place, Writer(home)) if writer is None else writer


def probe(folder: Path) -> None:
    """Whether a line could be written now: writes and syncs a file beside the log; raises AuditError where not."""
    try:
        with (folder / PROBE_NAME).open("wb") as file:
            file.write(b"written to see whether the audit log can be written\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise AuditError(f"cannot write beside the audit log in {folder}: {error.strerror or error}") from error
