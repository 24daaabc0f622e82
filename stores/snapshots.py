"""The shelf of snapshots: each one folder, built beside, made durable, then switched to by one pointer.

Readers open a snapshot of the shelf and nothing else; a folder whose name starts with a dot is not one.
"""

import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from stores.durable import file_hash, sync_file, sync_folder
from stores.errors import StoreError

ENTITIES, ENTITY_INDEX, GRAPH, MATCH, MANIFEST, POINTER = (
    "entities.duckdb",
    "entity.sqlite",
    "graph.lbug",
    "match.sqlite",
    "manifest.json",
    "current",
)


class SnapshotError(StoreError):
    """A snapshot that is missing, damaged or cannot be written; publish again to get a whole one."""


@dataclass(frozen=True)
class TableSummary:
    """How many rows a table has and a hash of them that does not depend on their order."""

    rows: int
    hash: str


@dataclass(frozen=True)
class Manifest:
    """What a snapshot holds. `sequence` counts publications of the home; `files` are SHA-256 by file name.

    `tables` are those of entities.duckdb, `graph` has the nodes of each label and relationships of each type.
    """

    id: str
    sequence: int
    as_of: date
    models: Mapping[str, str]
    declarations: str
    tables: Mapping[str, TableSummary]
    graph: Mapping[str, TableSummary]
    files: Mapping[str, str]
    engines: Mapping[str, str]

    def to_json(self) -> str:
        """The manifest as it lies in its folder, sealed by a hash of itself."""
        content = {**asdict(self), "as_of": self.as_of.isoformat()}
        return json.dumps({**content, "seal": _seal(content)}, indent=2, ensure_ascii=False) + "\n"


def _seal(content: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a snapshot folder; raises SnapshotError where it is missing or damaged."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if content.pop("seal") != _seal(content):
            raise ValueError("it is not what was published: its seal differs")
        tables, graph = (
            {name: TableSummary(**each) for name, each in content.pop(part).items()} for part in ("tables", "graph")
        )
        as_of = date.fromisoformat(content.pop("as_of"))
        return Manifest(as_of=as_of, tables=tables, graph=graph, **content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SnapshotError(
            f"{folder / MANIFEST} cannot be read ({error}): publish again with `hub publish`"
        ) from error


@dataclass(frozen=True)
class Snapshot:
    """One whole snapshot, open for reading; each file is checked against its hash when it is first asked for."""

    folder: Path
    manifest: Manifest
    checked: set[str] = field(default_factory=set, compare=False)

    @property
    def id(self) -> str:
        """Name of the snapshot, the same for the same content."""
        return self.manifest.id

    def file(self, name: str) -> Path:
        """The file, after its content was found to be what was published; raises SnapshotError where it is not."""
        path = self.folder / name
        expected = self.manifest.files.get(name)
        if not path.is_file() or expected is None:
            raise SnapshotError(f"{path} is missing: publish again with `hub publish`")
        if name not in self.checked and file_hash(path) != expected:
            raise SnapshotError(
                f"{path} is not what was published (its SHA-256 differs): it is damaged and will not be read. "
                "Publish again with `hub publish`"
            )
        self.checked.add(name)
        return path


class SnapshotShelf:
    """All snapshots of a home."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """Ids of the snapshots, oldest publication first."""
        return [manifest.id for manifest in self.manifests()]

    def manifests(self) -> list[Manifest]:
        """Manifests of the snapshots, oldest publication first; a folder whose manifest is damaged is left out."""
        if not self.folder.is_dir():
            return []
        found = []
        for path in self.folder.iterdir():
            if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
                with suppress(SnapshotError):
                    found.append(read_manifest(path))
        return sorted(found, key=lambda each: (each.sequence, each.id))

    def current_name(self) -> str | None:
        """Id of the snapshot that readers get, None before the first publication."""
        pointer = self.folder / POINTER
        return pointer.readlink().name if pointer.is_symlink() else None

    @contextmanager
    def reading(self, name: str | None = None) -> Iterator[Snapshot]:
        """The named or the current snapshot; while it is open no publication takes it off the shelf."""
        wanted = name or self.current_name()
        if wanted is None:
            raise SnapshotError(f"nothing is published in {self.folder.parent} yet: run `hub run PATH…` first")
        folder = self.folder / wanted
        try:
            lock = (folder / MANIFEST).open("rb")
        except OSError as error:
            raise SnapshotError(
                f"there is no snapshot {wanted} in {self.folder}; there are: {', '.join(self.names()) or 'none'}. "
                "Name one of them, or publish again with `hub publish`"
            ) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield Snapshot(folder, read_manifest(folder))

    def next_sequence(self) -> int:
        """Number of the publication to come."""
        return max((manifest.sequence for manifest in self.manifests()), default=0) + 1

    def is_whole(self, name: str) -> bool:
        """Whether a snapshot of this name is on the shelf with every file as published."""
        if not (self.folder / name / MANIFEST).is_file():
            return False
        try:
            snapshot = Snapshot(self.folder / name, read_manifest(self.folder / name))
            return all(snapshot.file(each).is_file() for each in snapshot.manifest.files)
        except SnapshotError:
            return False

    def begin(self, name: str) -> Path:
        """An empty folder beside the shelf's snapshots to build this one in; leftovers of killed builds go."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._clear()
        building = self.folder / f".{name}.building"
        building.mkdir()
        return building

    def finish(self, manifest: Manifest) -> None:
        """Makes the built folder durable, puts it on the shelf and lets `current` point at it."""
        building = self.folder / f".{manifest.id}.building"
        (building / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
        for path in sorted(building.iterdir()):
            sync_file(path)
        sync_folder(building)
        place = self.folder / manifest.id
        if place.exists():
            place.rename(place.with_name(f".{manifest.id}.gone"))
        building.rename(place)
        sync_folder(self.folder)
        self.switch(manifest.id)
        self._clear()

    def switch(self, name: str) -> None:
        """Lets `current` point at this snapshot, in one step that a reader sees whole or not at all."""
        fresh = self.folder / ".current.new"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(name)
        fresh.replace(self.folder / POINTER)
        sync_folder(self.folder)

    def prune(self, keep: int) -> list[str]:
        """Takes all but the newest `keep` off the shelf, never the current one nor one that is being read.

        A snapshot whose manifest is damaged goes as well: nobody can read it.
        """
        names = self.names()
        folders = [path for path in self.folder.iterdir() if path.is_dir() and not path.is_symlink()]
        damaged = sorted(path.name for path in folders if path.name not in names and path.name[0] != ".")
        old = [name for name in (*damaged, *names[: -max(keep, 1)]) if name != self.current_name()]
        return [name for name in old if self._remove(self.folder / name)]

    def _remove(self, folder: Path) -> bool:
        with (folder / MANIFEST).open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            folder.rename(folder.with_name(f".{folder.name}.gone"))
        self._clear()
        return True

    def _clear(self) -> None:
        # Renamed first: a builder that outlived its killed parent then finds no folder to write to.
        for leftover in self.folder.glob(".*.building"):
            leftover.rename(leftover.with_suffix(".gone"))
        for gone in self.folder.glob(".*.gone"):
            shutil.rmtree(gone, ignore_errors=True)
