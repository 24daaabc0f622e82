"""Whose data a record of the audit log is about: entity ids and nothing else, so that "who looked" has an answer.

Up to MOST_IN_LINE ids stand in the record. More stand sorted in a file of their own, named by its SHA-256, which the
record holds: the same set is kept once, however often it is read, and cannot be changed unseen.
"""

import gzip
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from hub.errors import AuditError
from hub.sharing.audit_files import LOCK, locked
from hub.sharing.request import Answer
from stores.durable import sync_folder, write_durably

MOST_IN_LINE = 64
ENTITY_ID = "[PHU][0-9A-HJKMNP-TV-Z]{16}"
SETS = "entities"


def entities_of(answer: Answer | None, parameters: Mapping[str, str]) -> list[str]:
    """Ids that were asked for, that the reading gave, and that stand in any column of the answer, sorted."""
    found = {each for each in parameters.values() if re.fullmatch(ENTITY_ID, each)}
    if answer is not None:
        found.update(answer.entities)
        for column in answer.table.columns:
            found.update(_in_column(column))
    return sorted(found)


def _in_column(column: pa.ChunkedArray) -> list[str]:
    if pa.types.is_list(column.type):
        column = pc.list_flatten(column)
    if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
        return []
    values = column.unique()
    ids: list[str] = values.filter(pc.match_substring_regex(values, f"^{ENTITY_ID}$")).to_pylist()
    return ids


def told(folder: Path, entities: Iterable[str]) -> object:
    """What the record says: the ids, or how many and the name of their file, which then lasts."""
    ids = sorted(set(entities))
    if len(ids) <= MOST_IN_LINE:
        return ids
    # mtime 0 and no name: the same ids are the same bytes.
    content = gzip.compress("\n".join(ids).encode(), compresslevel=1, mtime=0)
    name = hashlib.sha256(content).hexdigest()
    file = folder / SETS / name
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(file.parent / LOCK):
        if not (file.is_file() and is_whole(file)):
            sync_folder(folder)
            write_durably(file, content)
    return {"count": len(ids), "sha256": name}


def is_whole(file: Path) -> bool:
    """Whether a file of ids is what its name says."""
    return hashlib.sha256(file.read_bytes()).hexdigest() == file.name


def ids_in(folder: Path, entities: object) -> frozenset[str]:
    """The ids that a record names, in it or in their file; raises AuditError where that is gone or changed."""
    if not isinstance(entities, dict):
        return frozenset(entities) if isinstance(entities, list) else frozenset()
    file = folder / SETS / str(entities["sha256"])
    if not (file.is_file() and is_whole(file)):
        raise AuditError(f"{file} is missing or was changed: restore it from a backup of the audit log")
    return frozenset(gzip.decompress(file.read_bytes()).decode().split("\n"))
