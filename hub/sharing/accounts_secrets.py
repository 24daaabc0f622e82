"""Secrets and passwords: drawn by the hub, shown once, kept as hashes.

A department's secret has 256 random bits, which nobody guesses: SHA-256 keeps it, at no cost to each login. A person's
password is shorter, for it is typed: argon2id keeps it.
"""

import hashlib
import hmac
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from stores.operational.accounts import CredentialKind

SECRET_BYTES = 32
# Five groups of four from 32 letters and digits that are not taken for one another: 100 bits.
ALPHABET, GROUPS, GROUP = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 5, 4
LONGEST = 256
_HASHER = PasswordHasher()


def draw_secret(kind: CredentialKind) -> str:
    """A new secret for a program, or a password for a person."""
    if kind is CredentialKind.SECRET:
        return secrets.token_urlsafe(SECRET_BYTES)
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


def hashed(kind: CredentialKind, secret: str) -> str:
    """The secret as it is kept."""
    if kind is CredentialKind.SECRET:
        return hashlib.sha256(secret.encode()).hexdigest()
    return _HASHER.hash(secret)


def is_right(kind: CredentialKind, content: str, secret: str) -> bool:
    """Whether this is the secret of which `content` is kept; takes as long whatever the answer."""
    if len(secret) > LONGEST:
        return False
    if kind is CredentialKind.SECRET:
        return hmac.compare_digest(hashed(kind, secret), content)
    try:
        return _HASHER.verify(content, secret)
    except (Argon2Error, InvalidHashError):
        return False


@cache
def nobodys(kind: CredentialKind) -> str:
    """What is compared with where there is no such account, so that it takes as long as where there is."""
    return hashed(kind, draw_secret(kind))
