"""Personal texts in the operational database: sealed, or known again by a keyed hash. It holds none in clear.

Both keys are made from that of the archive, which every backup of a home has: there is no file more to lose.
"""

import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from stores.errors import StoreError
from stores.home import Home

NONCE = 12
Texts = Mapping[str, str | None]


@dataclass(frozen=True)
class PersonalTexts:
    """What seals texts and hashes them; `label` says whose they are, and is needed to open them again."""

    sealing_key: bytes
    hashing_key: bytes

    @classmethod
    def of(cls, home: Home) -> "PersonalTexts":
        """By the keys of this home."""
        return cls(_key(home, b"personal texts: seal"), _key(home, b"personal texts: hash"))

    def seal(self, texts: Texts, label: str) -> bytes:
        """The texts, readable with the home's keys alone."""
        nonce = os.urandom(NONCE)
        content = json.dumps(dict(texts), ensure_ascii=False).encode()
        return nonce + AESGCM(self.sealing_key).encrypt(nonce, content, label.encode())

    def open(self, sealed: bytes, label: str) -> dict[str, str | None]:
        """The texts that were sealed under this label; raises StoreError where they are not these."""
        try:
            content = AESGCM(self.sealing_key).decrypt(sealed[:NONCE], sealed[NONCE:], label.encode())
        except InvalidTag as error:
            raise StoreError(
                f"what is sealed of {label} was altered, or sealed by another keys/archive.key: restore the right file"
            ) from error
        texts: dict[str, str | None] = json.loads(content)
        return texts

    def hash(self, *parts: object) -> str:
        """What tells these texts from others, and says nothing to whoever lacks the home's keys."""
        content = "\x1f".join("" if part is None else str(part) for part in parts)
        return hmac.digest(self.hashing_key, content.encode(), "sha256").hex()


def _key(home: Home, use: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=use).derive(home.key("archive"))
