"""Seals the operational database at every commit: what was acknowledged is on disk twice, each copy known by its hash.

`operational.sqlite` is what SQLite works on, `backup.sqlite` its copy, `seal` the hashes of the newest and the previous
commit. A commit counts from when its copy is in place; one that was cut off before is undone at the next opening.
"""

import hashlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from stores.durable import remove_durably, replace_durably, write_durably
from stores.errors import StoreError

ATTEMPTS = 20


@dataclass(frozen=True)
class SealedFile:
    """A small database file with its copy and its seal."""

    file: Path

    @property
    def copy(self) -> Path:
        """The copy as of the newest commit."""
        return self.file.with_name("backup.sqlite")

    @property
    def seal(self) -> Path:
        """The file of the two hashes, newest first, and a hash of them."""
        return self.file.with_name("seal")

    def keep(self, content: bytes) -> None:
        """Makes this content of the file count; it is on disk twice when this returns."""
        digest, known = _digest(content), self._hashes()
        if known[:1] == [digest]:
            return
        part = self.copy.with_suffix(".part")
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        part.write_bytes(content)
        # Sealed before the copy is replaced: the copy is then the one or the other, and both are known.
        self._write_seal([digest, *known[:1]])
        replace_durably(part, self.copy)

    def put(self, content: bytes) -> None:
        """Replaces the file, which nobody has open, by this content; it counts from here."""
        self.keep(content)
        write_durably(self.file, content)

    def content(self) -> bytes | None:
        """What the newest whole one of file and copy holds, None where there is neither nor ever was.

        Waits for nobody: a copy is replaced in one step, and one that has just been is looked at again. Raises
        StoreError where something is there and nothing of it is whole.
        """
        for _ in range(ATTEMPTS):
            found = [_read(self.copy), _read(self.file)]
            hashes = self._hashes()
            for digest in hashes:
                for content in found:
                    if content is not None and _digest(content) == digest:
                        return content
            if hashes == self._hashes():
                break
        return self._unsealed(*found)

    def _unsealed(self, copy: bytes | None, file: bytes | None) -> bytes | None:
        is_put_back = copy is None and not self.seal.exists() and file is not None and _is_sound(file)
        if is_put_back or (file is not None and file == copy and not self._hashes()):
            return file
        if copy is None and file is None and not self.seal.exists():
            return None
        raise StoreError(
            f"{self.file} and {self.copy.name} beside it are damaged: neither is what was sealed, and neither was "
            f"changed now. Put {self.file.name} back from a backup of the home and remove {self.copy.name} and "
            f"{self.seal.name}; deliveries that came since then are to be handed in again"
        )

    def restore(self) -> bool:
        """Makes file, copy and seal agree, for the one writer before it opens the file; whether the file was put back.

        Whatever SQLite left beside the file goes: it could only undo or redo what does not count.
        """
        content = self.content()
        if content is None:
            return False
        is_replaced = _read(self.file) != content
        for suffix in ("-journal", "-wal", "-shm"):
            remove_durably(self.file.with_name(f"{self.file.name}{suffix}"))
        if is_replaced:
            write_durably(self.file, content)
        if _read(self.copy) != content:
            write_durably(self.copy, content)
        if self._hashes()[:1] != [_digest(content)]:
            self._write_seal([_digest(content)])
        return is_replaced

    def _write_seal(self, hashes: list[str]) -> None:
        text = " ".join(hashes)
        write_durably(self.seal, f"{text}\n{_digest(text.encode())}\n".encode())

    def _hashes(self) -> list[str]:
        """The hashes of the seal, none where it is missing or damaged itself."""
        text, _, own = (_read(self.seal) or b"").decode("ascii", errors="replace").partition("\n")
        return text.split() if own == f"{_digest(text.encode(errors='replace'))}\n" else []


class SealingConnection(sqlite3.Connection):
    """A connection whose commits count only once they are sealed."""

    sealed: SealedFile | None = None

    def commit(self) -> None:
        """Commits and seals."""
        has_changes = self.in_transaction
        super().commit()
        if has_changes and self.sealed is not None:
            self.sealed.keep(self.serialize())


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _is_sound(content: bytes) -> bool:
    """For a file that somebody put back from a backup: SQLite's own check is all that can be asked of it."""
    scratch = sqlite3.connect(":memory:")
    try:
        scratch.deserialize(content)
        return scratch.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except sqlite3.Error:
        return False
    finally:
        scratch.close()
