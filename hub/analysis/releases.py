"""Releases of the analysts' copy in a home: one folder each, with what it holds, for what, and until when."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hub.analysis.errors import ReleaseError
from stores.durable import file_hash, sync_file, sync_folder

FOLDER, MANIFEST, GRAPH = "releases", "manifest.json", "graph.lbug"


@dataclass(frozen=True)
class Release:
    """What a release is. `server` is where its graph stands, None where it is the file beside the manifest.

    `figures` say how many rows there are, what was made coarser or left out, and how many persons are unique.
    """

    id: str
    snapshot: str
    as_of: date
    study: str
    purpose: str
    by: str
    audit: int
    made: date
    expires: date
    k: int
    max_unique_share: float
    engine: str
    server: str | None
    files: Mapping[str, str]
    figures: Mapping[str, Any]

    def is_expired(self, today: date) -> bool:
        """Whether nobody may read it any more; on the day that it names it is over."""
        return today >= self.expires

    def to_json(self) -> str:
        """The manifest as it lies in the release's folder, sealed by a hash of itself."""
        content = asdict(self) | {name: getattr(self, name).isoformat() for name in ("as_of", "made", "expires")}
        return json.dumps({**content, "seal": _seal(content)}, indent=2, ensure_ascii=False) + "\n"


def read_release(folder: Path) -> Release:
    """The release in this folder, expired or not; raises ReleaseError where its manifest is missing or changed."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if content.pop("seal") != _seal(content):
            raise ValueError("it was changed after it was written")
        content |= {name: date.fromisoformat(content[name]) for name in ("as_of", "made", "expires")}
        return Release(**content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReleaseError(f"{folder / MANIFEST} cannot be read ({error}): ask for a new release") from error


def readable_file(folder: Path, today: date) -> tuple[Release, Path]:
    """A release and its graph file; raises ReleaseError where it is expired, on a server, or not what was written."""
    release = read_release(folder)
    if release.is_expired(today):
        raise ReleaseError(f"release {release.id} expired on {release.expires}: remove it and ask for a new one")
    if release.server is not None:
        raise ReleaseError(f"release {release.id} stands on {release.server}: read it there (docs/analysis/README.md)")
    for name, expected in release.files.items():
        if not (folder / name).is_file() or file_hash(folder / name) != expected:
            raise ReleaseError(f"{folder / name} is not what was written: ask for a new release")
    return release, folder / GRAPH


def releases_of(root: Path) -> list[tuple[Path, Release]]:
    """Folders and releases of a home, oldest first; raises ReleaseError where one cannot be read."""
    folders = [path for path in (root / FOLDER).glob("*") if path.is_dir() and not path.name.startswith(".")]
    found = [(folder, read_release(folder)) for folder in folders]
    return sorted(found, key=lambda each: (each[1].made, each[1].id))


def begin(root: Path, release_id: str) -> Path:
    """An empty folder to build a release in; what killed builds have left goes."""
    shelf = root / FOLDER
    shelf.mkdir(mode=0o700, exist_ok=True)
    for leftover in shelf.glob(".*"):
        shutil.rmtree(leftover)
    building = shelf / f".{release_id}"
    building.mkdir(mode=0o700)
    return building


def finish(building: Path, release: Release) -> Path:
    """Writes the manifest and puts the folder in its place, durably."""
    (building / MANIFEST).write_text(release.to_json(), encoding="utf-8")
    for path in sorted(building.iterdir()):
        sync_file(path)
    sync_folder(building)
    place = building.with_name(release.id)
    building.rename(place)
    sync_folder(place.parent)
    return place


def remove(folder: Path) -> None:
    """Removes a release's folder, with its graph where that lies in it."""
    gone = folder.with_name(f".{folder.name}.gone")
    folder.rename(gone)
    shutil.rmtree(gone)
    sync_folder(folder.parent)


def expired(root: Path, today: date) -> Sequence[tuple[Path, Release]]:
    """Releases of a home that nobody may read any more."""
    return [(folder, each) for folder, each in releases_of(root) if each.is_expired(today)]


def _seal(content: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
