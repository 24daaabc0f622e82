"""Signed tokens (JWT) as they come in: nothing of one counts before its signature does.

Which key checks it is chosen by its key id among keys that the hub knows, and the key alone says by which algorithm.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from hub.errors import CredentialsRefused
from hub.sharing.accounts_keys import CheckingKey

SKEW_SECONDS = 30
"""How far another machine's clock may be from the hub's."""
LONGEST_TOKEN, LONGEST_ID = 8192, 128
# What a parser may raise over a text that somebody made up; deep nesting ends in a RecursionError.
_UNREADABLE = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Unverified:
    """What a token says of itself, good only for finding the key to check it with."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    @property
    def kid(self) -> str | None:
        """The id of the key that it says it was signed with."""
        kid = self.header.get("kid")
        return kid if isinstance(kid, str) else None


@dataclass(frozen=True)
class Expected:
    """What a token must say: who made it, for whom, of which type, and for how many seconds at most it may last."""

    issuer: str
    audience: str
    types: tuple[str | None, ...]
    longest: int
    code: str


def look_at(text: str, code: str) -> Unverified:
    """Header and claims of a token that nobody has checked; raises CredentialsRefused where it is none."""
    if len(text) > LONGEST_TOKEN:
        raise CredentialsRefused(code, "is too long to be a token")
    try:
        token = jws.extract_compact(text.encode("ascii"))
        header, claims = token.headers(), json.loads(token.payload or b"")
    except _UNREADABLE as error:
        raise CredentialsRefused(code, f"is no signed token: {type(error).__name__}") from None
    if not isinstance(claims, dict):
        raise CredentialsRefused(code, "says nothing")
    return Unverified(header, claims)


def checked(text: str, key: CheckingKey, expected: Expected, now: datetime) -> Mapping[str, Any]:
    """The claims of a token that this key signed, that is meant for the hub and holds now; else CredentialsRefused."""
    if not key.algorithms:
        raise CredentialsRefused(expected.code, "is signed by an algorithm that is not allowed")
    at = now.timestamp()
    must: dict[str, Any] = {name: {"essential": True} for name in ("sub", "exp")}
    must |= {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.audience},
    }
    try:
        token = jwt.decode(text, key.key, algorithms=list(key.algorithms))
        jwt.JWTClaimsRegistry(now=int(at), leeway=SKEW_SECONDS, **must).validate(token.claims)
        header, claims = token.header, token.claims
        # Said so that what is no number at all (NaN) does not pass.
        lasts = at - SKEW_SECONDS < claims["exp"] <= at + expected.longest + SKEW_SECONDS
    except _UNREADABLE as error:
        raise CredentialsRefused(expected.code, f"does not hold: {_named(error)}") from None
    if not lasts or isinstance(claims["exp"], bool):
        raise CredentialsRefused(expected.code, f"lasts longer than {expected.longest} seconds, or has no end")
    kind = header.get("typ")
    if (kind.lower() if isinstance(kind, str) else kind) not in expected.types:
        raise CredentialsRefused(expected.code, "is a token of another type")
    if not (isinstance(claims["sub"], str) and claims["sub"]):
        raise CredentialsRefused(expected.code, "is about nobody")
    return claims


def token_id(claims: Mapping[str, Any], code: str) -> str:
    """The token's own id (`jti`); raises CredentialsRefused where it has none."""
    found = claims.get("jti")
    if not (isinstance(found, str) and 0 < len(found) <= LONGEST_ID):
        raise CredentialsRefused(code, f"has no id (jti) of 1 to {LONGEST_ID} characters")
    return found


def _named(error: Exception) -> str:
    # The library's own words may quote the token; its short code never does.
    code = error.error if isinstance(error, JoseError) else ""
    return f"{type(error).__name__} {code}".strip()
