"""Cursors: where a caller has come to in a list, sealed so that it says nothing and cannot be changed or handed on."""

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import Query

from api.problems import Refusal
from stores.durable import make_durably
from stores.errors import SettingsError
from stores.home import Home

KEY = "cursors"
KEY_BYTES, NONCE_BYTES = 32, 12
LONGEST = 1_024
LASTS = timedelta(hours=24)

CursorText = Annotated[
    str | None,
    Query(
        alias="cursor",
        min_length=1,
        max_length=LONGEST,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="Where the list goes on: `next` of the answer before, for the same asker, purpose and address.",
    ),
]


@dataclass(frozen=True)
class Bound:
    """Whom a cursor is for: nobody else can open it, and it is good for no other purpose or route."""

    caller: str
    purpose: str
    route: str


@dataclass(frozen=True)
class Place:
    """Where a list goes on; `snapshot` is the one it is of, "" where it follows none."""

    position: Mapping[str, str | int]
    snapshot: str = ""


@dataclass(frozen=True)
class Cursors:
    """Seals and opens cursors with the key of a home."""

    key: bytes = field(repr=False)

    def seal(self, place: Place, bound: Bound, now: datetime, *, lasts: timedelta = LASTS) -> str:
        """The cursor that leads there; what it says is encrypted, for it will stand in an address."""
        until = int((now + lasts).timestamp())
        said = json.dumps([until, place.snapshot, dict(place.position)], separators=(",", ":"))
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._cipher(bound).encrypt(nonce, said.encode(), None)
        return urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, text: str, bound: Bound, now: datetime) -> Place:
        """Where the cursor leads; raises one and the same Refusal for what is forged, another's or over."""
        try:
            sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            said = self._cipher(bound).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        except (ValueError, InvalidTag):
            raise Refusal("invalid-cursor") from None
        until, snapshot, position = json.loads(said)
        if until <= now.timestamp():
            raise Refusal("invalid-cursor")
        return Place(position, snapshot)

    def _cipher(self, bound: Bound) -> AESGCM:
        # A key for each asker, purpose and route: another's cursor is as good as a forged one.
        info = json.dumps([KEY, bound.caller, bound.purpose, bound.route]).encode()
        return AESGCM(HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(self.key))


def open_cursors(home: Home) -> Cursors:
    """The cursors of a home, whose key is made where there is none: cursors of before are then good for nothing."""
    file = home.keys / f"{KEY}.key"
    if not file.exists():
        make_durably(file, os.urandom(KEY_BYTES))
    if file.stat().st_mode & 0o077:
        raise SettingsError(f"{file} may be read by others: chmod 600 it")
    return Cursors(home.key(KEY))
