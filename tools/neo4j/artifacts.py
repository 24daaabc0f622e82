"""Fetches the server's published artifacts with Maven and holds each of them to its pinned SHA-256."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.neo4j.errors import ServerToolError

FOLDER = Path(__file__).parent
CACHE = Path(os.environ.get("HUB_NEO4J_CACHE") or Path.home() / ".cache" / "district-hub" / "neo4j")
INSTALL = "apt-get install --no-install-recommends openjdk-17-jre-headless maven"


@dataclass(frozen=True)
class Release:
    """One version of the server: the class that starts it and the Java that it needs."""

    version: str
    main_class: str
    least_java: int
    java_options: tuple[str, ...] = ()

    @property
    def pins(self) -> Path:
        """The list of its files with their SHA-256."""
        return FOLDER / f"artifacts-{self.version}.sha256"

    @property
    def library(self) -> Path:
        """Where its files lie once fetched."""
        return CACHE / self.version


LONG_TERM = Release("5.26.28", "org.neo4j.server.CommunityEntryPoint", 17)
NEWEST = Release("2026.09.0", "org.neo4j.server.Neo4jCommunity", 21, ("--enable-native-access=ALL-UNNAMED",))
RELEASES: Mapping[str, Release] = {each.version: each for each in (LONG_TERM, NEWEST)}


def fetch(release: Release) -> Path:
    """The folder with exactly the pinned files; asks Maven only where it is not there yet.

    Raises ServerToolError where a file is not the one that was pinned: nothing is then left to be started.
    """
    if not release.library.is_dir():
        release.library.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=release.library.parent) as folder:
            found = _from_maven(release, Path(folder) / "library")
            _check(release, found)
            found.rename(release.library)
    _check(release, release.library)
    return release.library


def pin(release: Release) -> int:
    """Writes the list of files from what Maven gives now; for whoever raises a version. Returns how many there are."""
    with tempfile.TemporaryDirectory() as folder:
        hashes = hashes_of(_from_maven(release, Path(folder) / "library"))
    release.pins.write_text("".join(f"{digest}  {name}\n" for name, digest in hashes.items()), encoding="ascii")
    return len(hashes)


def hashes_of(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of a folder by its name, sorted."""
    found = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _from_maven(release: Release, folder: Path) -> Path:
    if shutil.which("mvn") is None:
        raise ServerToolError(f"Maven is not installed: {INSTALL}")
    # A copy of its own: Maven looks for settings beside the file, and must not write into the source tree.
    shutil.copy(FOLDER / "pom.xml", folder.parent / "pom.xml")
    command = ["mvn", "-q", "-B", "-f", str(folder.parent / "pom.xml"), f"-Dneo4j.version={release.version}"]
    command += ["dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        told = "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])
        raise ServerToolError(f"Maven could not fetch neo4j {release.version}:\n{told}")
    return folder


def _check(release: Release, folder: Path) -> None:
    lines = release.pins.read_text(encoding="ascii").splitlines()
    pinned = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    found = hashes_of(folder)
    wrong = sorted(name for name in pinned.keys() | found.keys() if pinned.get(name) != found.get(name))
    if wrong:
        shown = ", ".join(wrong[:5]) + (" …" if len(wrong) > 5 else "")
        raise ServerToolError(
            f"{folder}: {len(wrong)} files are not those of {release.pins.name} ({shown}). Remove the folder and fetch "
            "again; if they still differ, do not run them"
        )
