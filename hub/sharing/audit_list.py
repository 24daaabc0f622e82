"""Records of the audit log about an entity, by a caller, for a purpose or in a time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from hub.sharing.audit_entities import ids_in
from hub.sharing.audit_files import LOCK, lines_of, locked, segments

COLUMNS = {
    "sequence": pa.int64(),
    "at": pa.string(),
    "caller": pa.string(),
    "department": pa.string(),
    "purpose": pa.string(),
    "verb": pa.string(),
    "what": pa.string(),
    "outcome": pa.string(),
    "rule": pa.string(),
    "rows": pa.int64(),
    "snapshot": pa.string(),
    "parameters": pa.string(),
}


@dataclass(frozen=True)
class Wanted:
    """Which records; what is empty is not asked for. Days are those of UTC, the first and the last one included."""

    entities: tuple[str, ...] = ()
    caller: str = ""
    purpose: str = ""
    since: date | None = None
    until: date | None = None

    def parameters(self) -> dict[str, str]:
        """What the log says of this reading: an entity by its own name, so that asking after it is found as well."""
        named = {f"entity_{place}": each for place, each in enumerate(self.entities, start=1)}
        days = {"since": self.since, "until": self.until}
        texts = {"caller": self.caller, "purpose": self.purpose}
        return named | {name: str(each) for name, each in (texts | days).items() if each}


def find_records(folder: Path, wanted: Wanted) -> pa.Table:
    """The records that are wanted, in order, with the columns of COLUMNS; only to be used inside a reading."""
    rows = [
        {name: record.get(name) for name in COLUMNS} | {"parameters": json.dumps(record.get("parameters"))}
        for record in _records(folder, wanted)
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(COLUMNS))


def _records(folder: Path, wanted: Wanted) -> Iterator[dict[str, object]]:
    """The records that are wanted; a line is only taken apart where it can be one of them."""
    names = [each.encode() for each in wanted.entities]
    inside: dict[str, bool] = {}
    for line in _lines(folder):
        has_set = b'"sha256":' in line
        if names and not has_set and not any(name in line for name in names):
            continue
        record = json.loads(line)
        if _is_about(folder, record, wanted.entities, inside) and _is_asked(record, wanted):
            yield record


def _lines(folder: Path) -> Iterator[bytes]:
    if not folder.is_dir():
        return
    with locked(folder / LOCK):
        # A file that is full never changes; of the one that grows its size and descriptor are kept.
        *full, growing = segments(folder)
        file = growing.path.open("rb") if growing.path.is_file() else None
        size = growing.path.stat().st_size if file else 0
    for each in full:
        with each.path.open("rb") as reading:
            yield from lines_of(reading, each.path.stat().st_size)
    if file is not None:
        with file:
            yield from lines_of(file, size)


def _is_about(folder: Path, record: dict[str, object], entities: tuple[str, ...], inside: dict[str, bool]) -> bool:
    if not entities:
        return True
    named = record.get("entities", [])
    if isinstance(named, dict):
        name = str(named["sha256"])
        if name not in inside:
            inside[name] = not ids_in(folder, named).isdisjoint(entities)
        if inside[name]:
            return True
        named = []
    parameters = record.get("parameters", {})
    given = set(parameters.values()) if isinstance(parameters, dict) else set()
    return not (given | set(named if isinstance(named, list) else [])).isdisjoint(entities)


def _is_asked(record: dict[str, object], wanted: Wanted) -> bool:
    day = str(record.get("at"))[:10]
    return (
        wanted.caller in ("", record.get("caller"))
        and wanted.purpose in ("", record.get("purpose"))
        and (wanted.since is None or day >= wanted.since.isoformat())
        and (wanted.until is None or day <= wanted.until.isoformat())
    )
