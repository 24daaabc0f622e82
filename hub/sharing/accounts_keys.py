"""Keys that tokens are signed with and checked against: the hub's own file, departments' public keys, an issuer's set.

A key is bound to one algorithm, by its own kind: what a token says of itself never chooses how it is checked.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from stores.durable import write_durably
from stores.errors import SettingsError
from stores.home import Home
from stores.secret_files import read_secret

SIGNING, CURVE = "ES256", "P-256"
SMALLEST_RSA, LARGEST_RSA = 2048, 8192
ALGORITHMS = (SIGNING, "PS256", "RS256")
PUBLIC = {"EC": ("kty", "crv", "x", "y"), "RSA": ("kty", "n", "e")}
Read = TypeVar("Read")


@dataclass(frozen=True)
class SigningKeys:
    """The hub's keys: the one that signs, and all by whose signature a token still holds."""

    current: ECKey
    checking: Mapping[str, ECKey]


@dataclass(frozen=True)
class CheckingKey:
    """A public key with its id and the algorithms that go with it: one, but for an RSA key that names none."""

    key: ECKey | RSAKey
    kid: str
    algorithms: tuple[str, ...]


@dataclass
class Watched(Generic[Read]):
    """What a file holds, read again once it was replaced; for many threads at once."""

    file: Path
    read: Callable[[Path], Read]
    _state: tuple[tuple[int, int, int], Read] | None = field(default=None, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def now(self) -> Read:
        """What it holds now; raises SettingsError where it cannot be read."""
        try:
            status = self.file.stat()
        except OSError:
            return self.read(self.file)
        mark = (status.st_ino, status.st_mtime_ns, status.st_size)
        with self._lock:
            if self._state is None or self._state[0] != mark:
                self._state = (mark, self.read(self.file))
            return self._state[1]


def signing_key_file(home: Home) -> Path:
    """Where the hub's signing keys are, the current one first."""
    return home.keys / "tokens.json"


def read_signing_keys(file: Path) -> SigningKeys:
    """The keys in the file; raises SettingsError where it is missing, open to others or no such file."""
    if not file.exists():
        raise SettingsError(f"{file} is missing: `hub account renew-signing-key` makes one; clients then log in anew")
    try:
        rows = json.loads(read_secret(file, "the hub's signing keys"))
        keys = [ECKey.import_key(row["key"]) for row in rows]
        checking = {str(key.kid): key for key in keys}
        if not keys[0].is_private or any(key.curve_name != CURVE for key in keys):
            raise ValueError
    except (JoseError, ValueError, KeyError, IndexError, TypeError):
        # Not chained: nothing of what the file holds is to be shown.
        raise SettingsError(f"{file} holds no signing keys: remove it, then `hub account renew-signing-key`") from None
    return SigningKeys(keys[0], checking)


def renew_signing_key(home: Home, *, now: int, keep_seconds: int) -> str:
    """Makes the key that signs from now on and returns its id; tokens of the one before hold for `keep_seconds`.

    Of keys of before only the public part is kept, and only so long.
    """
    file = signing_key_file(home)
    key = ECKey.generate_key(CURVE, {"alg": SIGNING, "use": "sig"}, private=True, auto_kid=True)
    rows: list[dict[str, Any]] = [{"key": key.as_dict(private=True), "until": None}]
    if file.exists():
        read_signing_keys(file)
        for row in json.loads(read_secret(file, "the hub's signing keys")):
            until = now + keep_seconds if row["until"] is None else row["until"]
            if until > now:
                rows.append({"key": ECKey.import_key(row["key"]).as_dict(private=False), "until": until})
    write_durably(file, json.dumps(rows).encode())
    return str(key.kid)


def public_key_set(keys: SigningKeys) -> dict[str, Any]:
    """The hub's public keys as a key set (RFC 7517), for whoever checks its tokens."""
    return {"keys": [key.as_dict(private=False) for key in keys.checking.values()]}


def department_key(text: str) -> str:
    """A department's public key (JWK) as it is kept: its public members, its id and its one algorithm.

    Raises SettingsError where it is a private or symmetric key, too weak, or of a kind that the hub does not check.
    """
    try:
        given = json.loads(text)
        if isinstance(given, dict) and "d" in given:
            raise SettingsError("the key is a private one, which nobody but its owner may have: make another pair")
        checking = checking_key(given)
    except (ValueError, KeyError, TypeError, JoseError):
        raise SettingsError("the key is no public JWK (RFC 7517) of kind EC or RSA") from None
    return json.dumps(checking.key.as_dict(private=False, kid=checking.kid, alg=checking.algorithms[0]))


def checking_key(given: Mapping[str, Any]) -> CheckingKey:
    """The public key of a JWK; without a `kid` it goes by its thumbprint (RFC 7638).

    Raises SettingsError where it is too weak or its `alg` does not go with it, others of `department_key` where it is
    no such key at all.
    """
    public = {name: given[name] for name in PUBLIC[given["kty"]]}
    if given["kty"] == "RSA":
        _assert_size(str(given["n"]))
    key = (ECKey if given["kty"] == "EC" else RSAKey).import_key(public)
    possible = _algorithms(key)
    wanted = given.get("alg", possible[0] if isinstance(key, ECKey) else None)
    if wanted is not None and wanted not in possible:
        raise SettingsError(f"the key's alg is {wanted!r} and must be {' or '.join(possible)}")
    kid = given.get("kid")
    return CheckingKey(key, str(kid) if kid else key.thumbprint(), possible if wanted is None else (str(wanted),))


def _algorithms(key: ECKey | RSAKey) -> tuple[str, ...]:
    if isinstance(key, ECKey):
        if key.curve_name != CURVE:
            raise SettingsError(f"the key's curve is {key.curve_name} and must be {CURVE}")
        return (SIGNING,)
    return ("PS256", "RS256")


def _assert_size(modulus: str) -> None:
    bits = int.from_bytes(urlsafe_b64decode(modulus + "=="), "big").bit_length()
    if not SMALLEST_RSA <= bits <= LARGEST_RSA:
        raise SettingsError(f"the RSA key has {bits} bits and must have {SMALLEST_RSA} to {LARGEST_RSA}")


def read_key_set(file: Path) -> Mapping[str, CheckingKey]:
    """An issuer's public keys (RFC 7517) by key id; what is not for checking signatures, or has no id, is left out."""
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))["keys"]
        usable = [row for row in rows if row.get("kty") in PUBLIC and row.get("kid") and row.get("use", "sig") == "sig"]
        keys = {str(row["kid"]): checking_key(row) for row in usable if row.get("alg") in (None, *ALGORITHMS)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, JoseError) as error:
        raise SettingsError(f"{file} is no key set (RFC 7517): {type(error).__name__}") from error
    if not keys:
        raise SettingsError(f"{file} holds no public key with an id and one of {', '.join(ALGORITHMS)}")
    return keys
