"""The audit log: chained, on disk, and honest about what was done to it."""

import json
from pathlib import Path

import pytest

from hub.errors import AuditError
from hub.sharing.audit import LOG_NAME, AuditEntry, append, verify

ENTRY = AuditEntry("wang", "housing", "training", "ask", "old_people_alone", {}, "2026-06-30-aa", "disclosed", "r", 3)


def test_lines_are_numbered_and_chained(tmp_path: Path) -> None:
    assert [append(tmp_path, ENTRY) for _ in range(3)] == [1, 2, 3]
    assert verify(tmp_path) == 3


@pytest.mark.parametrize("damage", ["edit", "delete", "reorder", "tear", "replace"])
def test_a_changed_log_is_noticed(tmp_path: Path, damage: str) -> None:
    for _ in range(3):
        append(tmp_path, ENTRY)
    log = tmp_path / LOG_NAME
    lines = log.read_text().splitlines(keepends=True)
    changed = {
        "edit": [lines[0].replace('"rows": 3', '"rows": 2'), *lines[1:]],
        "delete": [lines[0], lines[2]],
        "reorder": [lines[1], lines[0], lines[2]],
        "tear": [lines[0], lines[1][:40] + "\n", lines[2]],
        "replace": [lines[0], "[]\n", lines[2]],
    }[damage]
    log.write_text("".join(changed))
    with pytest.raises(AuditError, match="does not hold together"):
        verify(tmp_path)


def test_a_line_cut_off_by_a_crash_is_taken_back(tmp_path: Path) -> None:
    append(tmp_path, ENTRY)
    with (tmp_path / LOG_NAME).open("a") as log:
        log.write('{"sequence": 2, "caller": "wa')
    assert append(tmp_path, ENTRY) == 2
    assert verify(tmp_path) == 2


def test_an_edited_last_line_stops_the_log(tmp_path: Path) -> None:
    append(tmp_path, ENTRY)
    log = tmp_path / LOG_NAME
    log.write_text(json.dumps(json.loads(log.read_text()) | {"rows": 0}) + "\n")
    with pytest.raises(AuditError, match="changed after it was written"):
        append(tmp_path, ENTRY)
