"""The inbox: deliveries that were handed in over the network, encrypted, until whoever may write to the home takes
them in.

Many processes put files there at once; none of them needs the home's lock.
"""

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from stores.durable import remove_durably, replace_durably, sync_folder
from stores.encryption import Encrypting, decrypt_file
from stores.home import Home
from stores.operational.deliveries import DeliveryName
from stores.space import assert_room

SEALED, PART = ".sealed", ".part"
ROOM_PER_BYTE = 7
"""The encrypted copy, and what taking it in writes (`stores.archive.ROOM_PER_BYTE`)."""
ABANDONED_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Envelope:
    """Which delivery a file of the inbox is; `receipt` is its opaque, unique name."""

    receipt: str
    name: DeliveryName

    @property
    def label(self) -> bytes:
        """What the file's content is bound to."""
        return f"handed in {self.receipt} as {self.name}".encode()


@dataclass
class Arriving:
    """A file that is being written into the inbox, with its length and hashes so far."""

    encrypting: Encrypting
    digests: "Mapping[str, hashlib._Hash]"
    size: int = 0

    @property
    def sha256(self) -> str:
        """The SHA-256 of what was written, in hexadecimal."""
        return self.digests["sha256"].hexdigest()

    def write(self, content: bytes) -> None:
        """Adds what comes next."""
        self.size += len(content)
        for each in self.digests.values():
            each.update(content)
        self.encrypting.write(content)


@dataclass(frozen=True)
class Inbox:
    """The inbox of a home."""

    home: Home

    def assert_room(self, size: int) -> None:
        """Raises NoRoomError where what waits here and this many bytes more could not all be taken in."""
        waiting = sum(each.stat().st_size for each in self._files(SEALED, PART))
        assert_room(self.home.root, ROOM_PER_BYTE * size + (ROOM_PER_BYTE - 1) * waiting, "handing this in")

    @contextmanager
    def arriving(self, envelope: Envelope, *digests: str) -> Iterator[Arriving]:
        """A file to write; with the block's end it is encrypted on the disk, but in the inbox only after `keep`.

        `digests` are names of further hashes to be computed.
        """
        if not self.home.inbox.is_dir():
            self.home.inbox.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self.home.spool)
        descriptor = os.open(self._part(envelope), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            encrypting = Encrypting(file, key=self._key(envelope), label=envelope.label)
            yield Arriving(encrypting, {name: hashlib.new(name) for name in ("sha256", *digests)})
            encrypting.close()

    def keep(self, envelope: Envelope) -> None:
        """Puts what has arrived into the inbox; it is there for good when this returns."""
        replace_durably(self._part(envelope), self._sealed(envelope.receipt))

    def discard(self, envelope: Envelope) -> None:
        """Removes what has arrived and was not kept."""
        self._part(envelope).unlink(missing_ok=True)

    def open(self, envelope: Envelope, plain: Path) -> None:
        """Writes the file as it was handed in; raises ArchiveError where it is missing or altered."""
        plain.touch(mode=0o600)
        decrypt_file(self._sealed(envelope.receipt), plain, key=self._key(envelope), label=envelope.label)

    def clear(self, settled: set[str]) -> None:
        """Removes the files of these receipts; only once they are in the archive, or were refused."""
        for path in self._files(SEALED):
            if path.stem in settled:
                remove_durably(path)

    def sweep(self, waiting: set[str]) -> None:
        """Removes what was never acknowledged: parts of uploads that broke off, and files without a receipt."""
        old = time.time() - ABANDONED_SECONDS
        for path in self._files(SEALED, PART):
            with suppress(FileNotFoundError):
                if path.stem not in waiting and path.stat().st_mtime < old:
                    path.unlink()
        if self.home.inbox.is_dir():
            sync_folder(self.home.inbox)

    def _files(self, *endings: str) -> list[Path]:
        folder = self.home.inbox
        return sorted(each for each in folder.iterdir() if each.suffix in endings) if folder.is_dir() else []

    def _sealed(self, receipt: str) -> Path:
        return self.home.inbox / f"{receipt}{SEALED}"

    def _part(self, envelope: Envelope) -> Path:
        return self.home.inbox / f"{envelope.receipt}{PART}"

    def _key(self, envelope: Envelope) -> bytes:
        # A key for each file, of the key that wraps the archive's: no key is ever used for two files.
        info = b"inbox " + envelope.receipt.encode()
        return HKDF(SHA256(), 32, salt=None, info=info).derive(self.home.key("archive"))
