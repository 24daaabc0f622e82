"""Encrypts files in chunks with AES-256-GCM: a chunk changed, moved, cut off or added is noticed when it is read."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stores.errors import ArchiveError

MAGIC = b"HUBARC1\n"
CHUNK = 1 << 20
TAG = 16


class Encrypting:
    """An encrypted file that is being written; it is one, and opens again, only once `close` has been called.

    The key must never have been used for another file; the label binds the file to its place.
    """

    def __init__(self, file: BinaryIO, *, key: bytes, label: bytes) -> None:
        self._file, self._cipher, self._label = file, AESGCM(key), label
        self._held, self._number = bytearray(), 0
        self._file.write(MAGIC)

    def write(self, content: bytes) -> None:
        """Adds what comes next."""
        self._held += content
        # One chunk is held back: only the end tells whether it is the last.
        while len(self._held) > CHUNK:
            self._put(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]

    def close(self) -> None:
        """Writes the last chunk; the file itself stays open."""
        self._put(bytes(self._held), last=True)

    def _put(self, chunk: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last), chunk, self._label))
        self._number += 1


def encrypt_file(source: Path, target: Path, *, key: bytes, label: bytes) -> None:
    """Writes the source encrypted; key and label are as `Encrypting` takes them."""
    with source.open("rb") as plain, target.open("wb") as sealed:
        encrypting = Encrypting(sealed, key=key, label=label)
        while chunk := plain.read(CHUNK):
            encrypting.write(chunk)
        encrypting.close()


def decrypt_file(source: Path, target: Path, *, key: bytes, label: bytes) -> None:
    """Writes the source decrypted; raises ArchiveError where it is not what was encrypted under this key and label."""
    cipher = AESGCM(key)
    with source.open("rb") as sealed, target.open("wb") as plain:
        if sealed.read(len(MAGIC)) != MAGIC:
            raise ArchiveError(f"{source} is not an archive file of this hub: restore it from a backup")
        for number, (chunk, last) in enumerate(_chunks(sealed, CHUNK + TAG)):
            try:
                plain.write(cipher.decrypt(_nonce(number, last), chunk, label))
            except InvalidTag as error:
                raise ArchiveError(f"{source} was altered or cut off: restore it from a backup") from error


def _chunks(file: BinaryIO, size: int) -> Iterator[tuple[bytes, bool]]:
    chunk = file.read(size)
    while True:
        following = file.read(size)
        yield chunk, not following
        if not following:
            return
        chunk = following


def _nonce(number: int, last: bool) -> bytes:
    # The mark of the last chunk is part of its nonce, so that a file cut at a chunk's end does not decrypt.
    return struct.pack(">xxxQ?", number, last)
