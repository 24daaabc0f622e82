"""The audit log: JSON lines, each chained to the one before by its hash, on disk before anything leaves.

A line says who read what, for which purpose and how many rows, never what the rows said.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from hub.errors import AuditError
from stores.durable import sync_folder

LOG_NAME, PROBE_NAME = "audit.jsonl", "probe"
FIRST_LINK = "0" * 64
TAIL_BYTES = 65_536


@dataclass(frozen=True)
class AuditEntry:
    """One reading or refusal as it is written down."""

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


def _link(line: Mapping[str, object]) -> str:
    body = {key: value for key, value in line.items() if key != "hash"}
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def append(folder: Path, entry: AuditEntry) -> int:
    """Writes the entry, waits until it is on disk and returns its number; raises AuditError where it cannot.

    Several processes may append at once: the file is locked while the chain is extended.
    """
    path = folder / LOG_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            sequence = _extend(file, entry)
        if is_new:
            sync_folder(folder)
    except OSError as error:
        raise AuditError(
            f"cannot write the audit log {path}: {error.strerror or error}. Nothing was handed out; "
            "make the folder writable and give it space, then ask again"
        ) from error
    return sequence


def _extend(file: BinaryIO, entry: AuditEntry) -> int:
    previous = _last_line(file)
    line: dict[str, object] = {
        "sequence": int(previous["sequence"]) + 1 if previous else 1,
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        **{name: getattr(entry, name) for name in AuditEntry.__dataclass_fields__},
        "previous": previous["hash"] if previous else FIRST_LINK,
    }
    line["hash"] = _link(line)
    file.write(json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())
    return int(str(line["sequence"]))


def _last_line(file: BinaryIO) -> dict[str, str] | None:
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return None
    file.seek(max(0, size - TAIL_BYTES))
    tail = file.read()
    if not tail.endswith(b"\n"):
        # A line that was cut off while it was written: it was never on disk, so nothing had left for it.
        kept = size - len(tail) + tail.rfind(b"\n") + 1
        file.truncate(kept)
        return _last_line(file)
    try:
        line: dict[str, str] = json.loads(tail.rstrip(b"\n").rpartition(b"\n")[2])
    except ValueError as error:
        raise AuditError(_broken(file.name, "its last line")) from error
    if line.get("hash") != _link(line):
        raise AuditError(_broken(file.name, "its last line"))
    return line


def _broken(name: str, where: str) -> str:
    return f"the audit log {name} does not hold together at {where}: it was changed after it was written"


def probe(folder: Path) -> None:
    """Whether a line could be written now: writes and syncs a file beside the log; raises AuditError where not."""
    try:
        with (folder / PROBE_NAME).open("wb") as file:
            file.write(b"written to see whether the audit log can be written\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise AuditError(f"cannot write beside the audit log in {folder}: {error.strerror or error}") from error


def verify(folder: Path) -> int:
    """Walks the whole chain and returns the number of lines; raises AuditError at the first that does not fit."""
    path = folder / LOG_NAME
    if not path.exists():
        return 0
    previous, sequence = FIRST_LINK, 0
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            line = json.loads(text)
            holds = line["previous"] == previous and line["hash"] == _link(line) and line["sequence"] == number
        except (ValueError, KeyError, TypeError, AttributeError):
            holds = False
        if not holds:
            raise AuditError(_broken(str(path), f"line {number}"))
        previous, sequence = line["hash"], number
    return sequence
