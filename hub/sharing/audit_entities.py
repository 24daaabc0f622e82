"""Whose data a record of the audit log is about: entity ids and nothing else, so that "who looked" has an answer.

Up to MOST_IN_LINE ids stand in the record. More stand sorted in a file of their own, named by its SHA-256, which the
record holds: the same set is kept once, however often it is read, and cannot be changed unseen.
"""

import gzip
import hashlib
from collections.abc import Iterable
from pathlib import Path

from hub.errors import AuditError
from hub.sharing.audit_files import LOCK, locked
from hub.sharing.entity_ids import ENTITY_ID, ids_in_table
from hub.sharing.request import Answer
from stores.durable import sync_folder, write_durably

MOST_IN_LINE = 64
SETS = "entities"


def entities_of(answer: Answer | None, named: Iterable[str]) -> list[str]:
    """Ids among what was named, those that the reading gave, and those in any column of the answer, sorted."""
    found = {each for each in named if ENTITY_ID.fullmatch(each)}
    if answer is not None:
        found |= {*answer.entities, *ids_in_table(answer.table)}
    return sorted(found)


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
