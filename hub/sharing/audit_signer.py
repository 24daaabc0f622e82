"""Signs checkpoints of a home's audit log, hands each to the second party, and keeps the newest beside the log."""

import os
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from hub.errors import AuditError
from hub.settings import read_settings
from hub.sharing.audit_files import CHECKPOINT, KEY
from hub.sharing.audit_note import Checkpoint, VerifierKey, read_notes, signed, verifier_key
from hub.sharing.audit_tree import Tree
from stores.durable import sync_folder, write_durably
from stores.errors import HomeError
from stores.home import Home

KEY_NAME = "audit"


class Signer:
    """The key and the newest checkpoint of one log; whoever writes holds the log's lock."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._path = home.audit / CHECKPOINT

    def begin(self, tree: Tree) -> None:
        """Signs the first checkpoint, of no records or those that were there; makes the key where the home has none."""
        path = self._home.keys / f"{KEY_NAME}.key"
        if not path.exists():
            write_durably(path, os.urandom(32))
        self.sign(tree)

    def sign(self, tree: Tree) -> tuple[Checkpoint, int]:
        """The checkpoint of all records, once the second party and the home have it, and when the home got it."""
        checkpoint = Checkpoint(self._key.name, tree.size, tree.root())
        note = signed(checkpoint, self._seed)
        self._hand_over(note)
        if not (self._home.audit / KEY).exists():
            write_durably(self._home.audit / KEY, f"{self._key}\n".encode(), mode=0o644)
        write_durably(self._path, note.encode())
        return checkpoint, self.signed_at()

    def signed_at(self) -> int:
        """When the newest checkpoint was written, in nanoseconds."""
        return self._path.stat().st_mtime_ns

    def latest(self) -> tuple[Checkpoint, int]:
        """The newest checkpoint and when it was written; raises AuditError where the home's key did not sign it."""
        at = self.signed_at()
        return read_notes(self._path.read_text(encoding="utf-8", errors="replace"), self._key, str(self._path))[-1], at

    @cached_property
    def _seed(self) -> bytes:
        try:
            return self._home.key(KEY_NAME)
        except HomeError as error:
            raise AuditError(f"the checkpoints of the audit log cannot be signed: {error}") from error

    @cached_property
    def _key(self) -> VerifierKey:
        return verifier_key(f"district-hub/{self._home.number}", self._seed)

    @cached_property
    def _second_party(self) -> Path | None:
        folder = read_settings(self._home).audit_checkpoints
        if folder is not None and folder.resolve().is_relative_to(self._home.root.resolve()):
            raise AuditError(
                f"audit_checkpoints is {folder}, inside the home: whoever could change the log could change what it is "
                "held against. Name a folder that another body keeps"
            )
        return folder

    def _hand_over(self, note: str) -> None:
        folder = self._second_party
        if folder is None:
            return
        try:
            _write_once(folder / f"{self._home.number}.vkey", f"{self._key}\n")
            name = f"{self._home.number}-{datetime.now(UTC).date()}.checkpoints"
            # Led by an empty line, so that one cut off by a full disk does not run into the next.
            _add(folder / name, f"\n{note}")
        except OSError as error:
            raise AuditError(
                f"the checkpoint of the audit log cannot be handed to the second party in {folder}: "
                f"{error.strerror or error}. Nothing more is handed out until it can"
            ) from error


def _write_once(path: Path, text: str) -> None:
    if not path.exists():
        _add(path, text)


def _add(path: Path, text: str) -> None:
    is_new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        sync_folder(path.parent)
