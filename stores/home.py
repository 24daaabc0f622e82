"""A home: the one folder that holds everything a hub keeps, of a kind fixed at its making."""

import hashlib
import os
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from stores.durable import write_durably
from stores.errors import HomeError

LAYOUT_VERSION = 1
FOLDERS = ("archive", "spool", "operational", "identity", "changes", "snapshots", "audit", "keys", "temp")


class HomeKind(StrEnum):
    """Whether the people in a home are made up; never changes."""

    SYNTHETIC = "synthetic"
    REAL = "real"


@dataclass(frozen=True)
class Home:
    """A home folder and where its parts are."""

    root: Path
    kind: HomeKind

    @property
    def archive(self) -> Path:
        """Folder of the encrypted deliveries."""
        return self.root / "archive"

    @property
    def spool(self) -> Path:
        """Folder where deliveries wait, sealed, until their archive copy is on disk."""
        return self.root / "spool"

    @property
    def inbox(self) -> Path:
        """Folder of what was handed in over the network, encrypted, until a run takes it in."""
        return self.spool / "inbox"

    @property
    def operational(self) -> Path:
        """File of the operational database."""
        return self.root / "operational" / "operational.sqlite"

    @property
    def elsewhere(self) -> Path:
        """File that names the server of the operational database, there only where it is not a file of the home."""
        return self.root / "operational" / "elsewhere"

    @property
    def disputes(self) -> Path:
        """Folder of the disputes that wait for the next writer."""
        return self.root / "operational" / "disputes"

    @property
    def identity(self) -> Path:
        """Folder of the generations of entities and their members."""
        return self.root / "identity"

    @property
    def changes(self) -> Path:
        """Folder of the feed of changes."""
        return self.root / "changes"

    @property
    def warehouse(self) -> Path:
        """File of the warehouse."""
        return self.root / "warehouse.duckdb"

    @property
    def damaged(self) -> Path:
        """Folder of what the last repair set aside; the next command that writes empties it."""
        return self.root / "damaged"

    @property
    def damage_mark(self) -> Path:
        """File that says why the warehouse is to be made anew; there only from a damage to its repair."""
        return self.root / "warehouse.damage"

    @property
    def warehouse_size(self) -> Path:
        """File with the size of the warehouse after a command that ended well; not there while one is at work."""
        return self.root / "warehouse.size"

    @property
    def lock(self) -> Path:
        """File that the one command holds that writes to the home."""
        return self.root / "lock"

    @property
    def snapshots(self) -> Path:
        """Folder of the published snapshots."""
        return self.root / "snapshots"

    @property
    def audit(self) -> Path:
        """Folder of the audit log."""
        return self.root / "audit"

    @property
    def keys(self) -> Path:
        """Folder of the key files, readable by the owner alone."""
        return self.root / "keys"

    @property
    def temp(self) -> Path:
        """Folder for what the warehouse spills; emptied at will."""
        return self.root / "temp"

    @property
    def is_archiving(self) -> bool:
        """Whether anything was ever archived: it can only be read with the keys in the operational database."""
        return next(self.archive.glob("*/*.enc"), None) is not None

    @property
    def number(self) -> str:
        """What tells this home from every other, wherever it is moved: it goes with the key of its archive."""
        return hashlib.sha256(b"number of a home" + self.key("archive")).hexdigest()[:32]

    def key(self, name: str) -> bytes:
        """The 32 bytes of `keys/<name>.key` (`archive` wraps the archive keys, `identity` mints entity ids)."""
        path = self.keys / f"{name}.key"
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise HomeError(f"{path} is missing: restore it from the backup of the keys") from error
        if len(content) != 32:
            raise HomeError(f"{path} holds {len(content)} bytes instead of 32: restore it from the backup of the keys")
        return content


def create_home(root: Path, *, kind: HomeKind | str) -> Home:
    """Makes an empty home of this kind, or opens the one of the same kind that is already there.

    A synthetic home gets a public identity key, so that the same made-up district yields the same ids everywhere.
    Raises HomeError where the folder holds a home of the other kind, or other files.
    """
    kind = HomeKind(kind)
    if (root / "home.toml").is_file():
        home = open_home(root)
        if home.kind is not kind:
            raise HomeError(f"{root} is a {home.kind} home and stays one: choose another folder for a {kind} home")
        return home
    foreign = sorted(path.name for path in root.iterdir() if path.name not in FOLDERS) if root.is_dir() else []
    if foreign:
        raise HomeError(f"{root} is not empty ({foreign[0]}): choose an empty folder for the home")
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    for folder in FOLDERS:
        (root / folder).mkdir(mode=0o700, exist_ok=True)
    public = hashlib.sha256(b"identity of a synthetic home").digest()
    _make_key(root / "keys" / "archive.key", os.urandom(32))
    _make_key(root / "keys" / "identity.key", public if kind is HomeKind.SYNTHETIC else os.urandom(32))
    # Written last: a folder without it is a home whose making was cut short, and is made again.
    write_durably(root / "home.toml", f'layout = {LAYOUT_VERSION}\nkind = "{kind}"\n'.encode())
    return Home(root, kind)


def open_home(root: Path) -> Home:
    """The home in this folder; raises HomeError where there is none or its description is not understood."""
    path = root / "home.toml"
    try:
        description = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise HomeError(f"{root} is not a home (no home.toml): make one with `hub init`") from error
    except tomllib.TOMLDecodeError as error:
        raise HomeError(f"{path} is not valid TOML ({error}): restore it from a backup") from error
    if description.get("layout") != LAYOUT_VERSION:
        raise HomeError(
            f"{path}: layout is {description.get('layout')!r}, this version of the hub reads {LAYOUT_VERSION}"
        )
    try:
        return Home(root, HomeKind(str(description.get("kind"))))
    except ValueError as error:
        raise HomeError(f"{path}: kind is {description.get('kind')!r}, expected synthetic or real") from error


def _make_key(path: Path, content: bytes) -> None:
    if not path.exists():
        write_durably(path, content)
