"""Walks a whole audit log and holds it to the checkpoints that were signed of it, above all to those kept elsewhere."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hub.errors import AuditError
from hub.sharing.audit_entities import SETS, is_whole
from hub.sharing.audit_files import (
    ACTIVE,
    CHECKPOINT,
    KEY,
    LOCK,
    Segment,
    broken,
    chained,
    decode,
    is_chained,
    lines_of,
    locked,
    segments,
)
from hub.sharing.audit_note import Checkpoint, VerifierKey, parse_key, read_notes
from hub.sharing.audit_tree import Tree


@dataclass(frozen=True)
class Verified:
    """A log that holds together: its records, how many a checkpoint covers, and how many checkpoints it was held to.

    Records that no checkpoint covers are numbered rightly; that nobody changed them cannot be told yet.
    """

    records: int
    covered: int
    checkpoints: int
    root: bytes


@dataclass(frozen=True)
class Opened:
    """A file of the log as it was at one moment."""

    segment: Segment
    file: BinaryIO
    size: int


def verify(folder: Path, *, key: VerifierKey | None = None, kept: Sequence[Path] = ()) -> Verified:
    """Raises AuditError with everything that does not fit; `kept` are files of checkpoints, of one or of many.

    Without `kept` nothing tells that a log, its newest checkpoint and its key were all put back or made anew; without
    `key` the public key beside the log is believed. The log may be written to meanwhile.
    """
    with _opened(folder) as (files, newest):
        checkpoints = _checkpoints(folder, key, kept, newest)
        wanted: dict[int, list[Checkpoint]] = {}
        for each in checkpoints:
            wanted.setdefault(each.size, []).append(each)
        walk = _Walk(folder, wanted)
        for opened in files:
            walk.through(opened)
    walk.check_end()
    if walk.problems:
        raise AuditError("\n".join(walk.problems))
    return Verified(walk.tree.size, max(wanted, default=0), len(checkpoints), walk.tree.root())


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[list[Opened], str | None]]:
    """The files of the log and its newest checkpoint, all of one moment."""
    with ExitStack() as stack:
        files: list[Opened] = []
        newest = None
        if folder.is_dir():
            with locked(folder / LOCK):
                for each in segments(folder):
                    if each.path.is_file():
                        file = stack.enter_context(each.path.open("rb"))
                        files.append(Opened(each, file, each.path.stat().st_size))
                if (folder / CHECKPOINT).is_file():
                    newest = (folder / CHECKPOINT).read_text(encoding="utf-8", errors="replace")
        yield files, newest


def _checkpoints(folder: Path, key: VerifierKey | None, kept: Sequence[Path], newest: str | None) -> list[Checkpoint]:
    if key is None:
        if not (folder / KEY).is_file():
            if kept or newest is not None:
                raise AuditError(f"{folder / KEY} is missing: give the public key of the log")
            return []
        key = parse_key((folder / KEY).read_text(encoding="utf-8", errors="replace"))
    found = [] if newest is None else read_notes(newest, key, str(folder / CHECKPOINT))
    for path in kept:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise AuditError(f"{path} cannot be read: {error.strerror}") from error
        found += read_notes(text, key, str(path))
    return found


class _Walk:
    """From the first record to the last; problems are gathered."""

    def __init__(self, folder: Path, wanted: dict[int, list[Checkpoint]]) -> None:
        self.folder, self.wanted, self.tree = folder, wanted, Tree()
        self.problems: list[str] = []
        self._sets: set[str] = set()
        self._fits, self._is_told = 0, False
        self._hold()

    def through(self, opened: Opened) -> None:
        """Every record of one file."""
        place = str(opened.segment.path)
        is_old = opened.segment.first == 1 and is_chained(opened.file.readline())
        opened.file.seek(0)
        lines = lines_of(opened.file, opened.size)
        if opened.segment.path.name == ACTIVE and not is_old and CHECKPOINT not in self._beside():
            self.problems.append(broken(str(self.folder), f"its {CHECKPOINT} is missing"))
        try:
            for line in chained(lines, place) if is_old else lines:
                self._take(line, place)
        except AuditError as error:
            self.problems.append(str(error))
        if opened.segment.last not in (None, self.tree.size):
            self.problems.append(broken(place, f"it ends with record {self.tree.size}"))

    def check_end(self) -> None:
        """Holds the number of records to the checkpoints, and the sets of ids to their names."""
        for size in sorted(self.wanted):
            if size > self.tree.size:
                told = f"it has {self.tree.size:,} records, {size:,} were signed"
                self.problems.append(broken(str(self.folder), told))
                break
        for name in sorted(self._sets):
            file = self.folder / SETS / name
            if not (file.is_file() and is_whole(file)):
                self.problems.append(broken(str(file), "it is missing or not the set that a record names"))

    def _beside(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}

    def _take(self, line: bytes, place: str) -> None:
        record = decode(line, f"{place}, record {self.tree.size + 1}")
        self.tree.add(line)
        if record.get("sequence") != self.tree.size:
            raise AuditError(broken(f"{place}, record {self.tree.size}", f"it says it is {record.get('sequence')}"))
        entities = record.get("entities")
        if isinstance(entities, dict):
            self._sets.add(str(entities.get("sha256")))
        self._hold()

    def _hold(self) -> None:
        size = self.tree.size
        if size not in self.wanted:
            return
        if all(each.root == self.tree.root() for each in self.wanted[size]):
            self._fits = size
        elif not self._is_told:
            self._is_told = True
            where = f"records {self._fits + 1:,} to {size:,}"
            self.problems.append(broken(where, "the signed checkpoint is of other records"))
