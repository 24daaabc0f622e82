"""Writing files so that they outlive a power cut: file and folder are synced before anyone relies on them."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path


def sync_file(path: Path) -> None:
    """Flushes the file to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Flushes the folder, so that a file made, renamed or removed in it stays so."""
    sync_file(path)


def replace_durably(source: Path, target: Path) -> None:
    """Moves a finished file into place: after this the target is whole on the disk, or untouched."""
    sync_file(source)
    source.replace(target)
    sync_folder(target.parent)


def write_durably(target: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Writes a small file whole or not at all."""
    part = target.with_name(f"{target.name}.part")
    _write(part, content, mode)
    replace_durably(part, target)


def make_durably(target: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Writes a small new file whole or not at all; one that is there already, as by another process, stays."""
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    _write(part, content, mode)
    sync_file(part)
    with suppress(FileExistsError):
        os.link(part, target)
    remove_durably(part)


def _write(part: Path, content: bytes, mode: int) -> None:
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def remove_durably(path: Path) -> None:
    """Removes the file, if it is there, and makes the removal last."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def file_hash(path: Path) -> str:
    """SHA-256 of the file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
