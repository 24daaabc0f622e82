"""Logs for tests of the audit log: entries, small files, and what may be read back."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from hub.sharing import audit_writer
from hub.sharing.audit import LOG_NAME, AuditEntry, append
from stores.home import Home

ENTRY = AuditEntry("wang", "housing", "training", "ask", "old_people_alone", {}, "2026-06-30-aa", "disclosed", "r", 3)
FIRST_FORM = (
    "caller",
    "department",
    "purpose",
    "verb",
    "what",
    "parameters",
    "snapshot",
    "outcome",
    "rule",
    "rows",
)


def person(number: int) -> str:
    """The id of a person."""
    return f"P{number:016}"


def about(*numbers: int, caller: str = "wang") -> AuditEntry:
    """A reading about these persons."""
    return replace(ENTRY, caller=caller, entities=[person(each) for each in numbers])


def fill(home: Home, records: int) -> None:
    """Writes so many records, each about a person of its own."""
    for number in range(records):
        append(home, about(number))


def small_files(monkeypatch: pytest.MonkeyPatch, *, records: int = 20, between: int = 7) -> None:
    """Makes files of the log full, and checkpoints due, after a few records."""
    monkeypatch.setattr(audit_writer, "RECORDS_PER_FILE", records)
    monkeypatch.setattr(audit_writer, "RECORDS_BETWEEN", between)


def lines(folder: Path) -> list[dict[str, object]]:
    """Every record of the log, the oldest first."""
    files = [*sorted(folder.glob("audit-*.jsonl")), folder / LOG_NAME]
    return [json.loads(line) for file in files if file.is_file() for line in file.read_text().splitlines()]


def write_first_form(folder: Path, records: int) -> None:
    """A log as earlier versions of the hub left it: one file, each line chained to the one before."""
    previous, written = "0" * 64, []
    for number in range(1, records + 1):
        line: dict[str, object] = {name: getattr(ENTRY, name) for name in FIRST_FORM}
        line |= {"sequence": number, "at": "2026-06-30T12:00:00.000+00:00", "previous": previous}
        text = json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        previous = hashlib.sha256(text.encode()).hexdigest()
        written.append(json.dumps(line | {"hash": previous}, ensure_ascii=False, sort_keys=True) + "\n")
    (folder / LOG_NAME).write_text("".join(written))
