"""The archive: every delivery less its dropped columns, encrypted with a key of its own, and the spool before it."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from stores.durable import file_hash, remove_durably, replace_durably, sync_folder
from stores.encryption import decrypt_file, encrypt_file
from stores.errors import ArchiveError
from stores.home import Home
from stores.operational.deliveries import Delivery, DeliveryName
from stores.operational.keys import ArchiveKeys
from stores.space import assert_room

BLOCK = 1 << 20
ROOM_PER_BYTE = 6
"""Copies in spool and archive, and rows in the warehouse, raw and standard."""


@dataclass(frozen=True)
class SealedDelivery:
    """A delivery in the spool: a read-only copy of the file as it came, durable on disk."""

    name: DeliveryName
    path: Path
    sha256: str


@dataclass(frozen=True)
class Archive:
    """Archive and spool of a home."""

    home: Home
    keys: ArchiveKeys

    def seal(self, source: Path, name: DeliveryName) -> SealedDelivery:
        """Copies the file into the spool, hashing it on the way; raises NoRoomError where the disk is too full."""
        assert_room(self.home.root, ROOM_PER_BYTE * source.stat().st_size, f"taking in {source.name}")
        sealed = self._sealed_path(name)
        part = sealed.with_suffix(".part")
        part.unlink(missing_ok=True)
        sha256 = hashlib.sha256()
        with source.open("rb") as original, _open_private(part) as copy:
            while block := original.read(BLOCK):
                sha256.update(block)
                copy.write(block)
        part.chmod(0o400)
        replace_durably(part, sealed)
        return SealedDelivery(name, sealed, sha256.hexdigest())

    def sealed(self, delivery: Delivery) -> SealedDelivery | None:
        """The spool copy of a delivery that was received, if it is there and is what the ledger says it is."""
        path = self._sealed_path(delivery.name)
        if not path.is_file() or file_hash(path) != delivery.sha256:
            return None
        return SealedDelivery(delivery.name, path, delivery.sha256)

    def keep(self, delivery: Delivery, plain: Path) -> None:
        """Encrypts the plain copy into the archive under a fresh key; durable when this returns."""
        self._put(delivery, plain, self.keys.create(delivery.delivery_id))

    def exchange(self, delivery: Delivery, plain: Path) -> None:
        """Puts the plain copy in the place of the archived one, under its key; at any moment one of them is there."""
        self._put(delivery, plain, self.keys.get(delivery.delivery_id))

    def _put(self, delivery: Delivery, plain: Path, key: bytes) -> None:
        target = self.path(delivery)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        part = target.with_suffix(".part")
        encrypt_file(plain, part, key=key, label=_label(delivery))
        part.chmod(0o600)
        replace_durably(part, target)
        sync_folder(target.parent.parent)

    @contextmanager
    def opened(self, delivery: Delivery) -> Iterator[Path]:
        """The decrypted copy, for as long as the block lasts.

        Raises ArchiveError where the copy is missing or altered, or its key was destroyed.
        """
        source = self.path(delivery)
        if not source.is_file():
            raise ArchiveError(f"{source} is missing: restore the archive from a backup")
        plain = self.plain_path(delivery)
        key = self.keys.get(delivery.delivery_id)
        try:
            _open_private(plain).close()
            decrypt_file(source, plain, key=key, label=_label(delivery))
            yield plain
        finally:
            plain.unlink(missing_ok=True)

    def unseal(self, name: DeliveryName) -> None:
        """Takes the delivery out of the spool; only when its archive copy is durable, or it was refused."""
        remove_durably(self._sealed_path(name))

    def sweep(self, expected: set[str]) -> None:
        """Removes what a killed process left in the spool, except the sealed copies of these delivery names."""
        for path in sorted(self.home.spool.iterdir()):
            if path != self.home.inbox and path.name not in {f"{name}.sealed" for name in expected}:
                remove_durably(path)

    def path(self, delivery: Delivery) -> Path:
        """Where the archive copy of the delivery is."""
        return self.home.archive / delivery.name.feed / f"{delivery.delivery_id:08d}.csv.zst.enc"

    def plain_path(self, delivery: Delivery) -> Path:
        """Where the plain copy lies in the spool while it is being written or read."""
        return self.home.spool / f"{delivery.delivery_id:08d}.csv.zst"

    def _sealed_path(self, name: DeliveryName) -> Path:
        return self.home.spool / f"{spool_name(name)}.sealed"


def spool_name(name: DeliveryName) -> str:
    """The name of the delivery as part of a file name."""
    return f"{name.feed}_{name.mode}_{name.date.isoformat()}_{name.sequence}"


def _label(delivery: Delivery) -> bytes:
    return f"delivery {delivery.delivery_id} {delivery.sha256}".encode()


def _open_private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
