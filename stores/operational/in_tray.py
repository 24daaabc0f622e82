"""Where disputes wait for the next writer: they are kept, and known to everybody, while a run writes for minutes.

One sealed file each, of the folder `operational/disputes/` of the home.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stores.durable import remove_durably, replace_durably
from stores.errors import StoreError
from stores.operational.personal import PersonalTexts, Texts

ENDING = ".sealed"


@dataclass(frozen=True)
class InTray:
    """The folder, and what seals its files; for many processes at once."""

    folder: Path
    personal: PersonalTexts

    def put(self, name: str, texts: Texts) -> None:
        """Keeps the texts under this name; they are on disk when this returns."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        part = self.folder / f"{secrets.token_hex(8)}.part"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self.personal.seal(texts, name))
        replace_durably(part, self.folder / f"{name}{ENDING}")

    def waiting(self) -> Mapping[str, Texts]:
        """What waits, by name; raises StoreError where a file is not what was sealed under its name."""
        found = {}
        for path in sorted(self.folder.glob(f"*{ENDING}")):
            try:
                sealed = path.read_bytes()
            except FileNotFoundError:
                # A writer has just taken it in.
                continue
            try:
                found[path.stem] = self.personal.open(sealed, path.stem)
            except StoreError as error:
                raise StoreError(
                    f"{path} is not the dispute that was handed in: restore it, or keys/archive.key, from a backup; "
                    "where there is none, remove it and ask whoever made the dispute to hand it in again"
                ) from error
        return found

    def remove(self, name: str) -> None:
        """Forgets what was kept elsewhere since."""
        remove_durably(self.folder / f"{name}{ENDING}")
