"""A hub that issues tokens, and departments' programs that ask it for them."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from hub.sharing.accounts import Made, make, moment
from hub.sharing.accounts_keys import renew_signing_key
from hub.sharing.tokens import Trust, open_trust
from stores.home import Home
from stores.operational import open_operational
from stores.operational.accounts import AccountKind, Change, NewAccount

ISSUER, AUDIENCE = "https://hub.example", "https://hub.example/api"
PROVIDER, PROVIDERS_AUDIENCE = "https://login.example", "district-hub"
NOW = datetime(2026, 7, 1, 4, tzinfo=UTC)
CHANGE = Change("zhao", moment(NOW))
EC, OTHER_EC, RSA = ECKey.generate_key("P-256"), ECKey.generate_key("P-256"), RSAKey.generate_key(2048)
Key = ECKey | RSAKey | OctKey

HOUSING = NewAccount("housing", AccountKind.SERVICE, "housing", areas=("310110001",))
EDUCATION = NewAccount("education", AccountKind.SERVICE, "education")
WANG = NewAccount("wang", AccountKind.PERSON, "housing", ("analyst", "steward"), holder="0417")
LI = NewAccount("li", AccountKind.PERSON, "civil_affairs", ("auditor",), holder="0001", subject="u-17")


@dataclass(frozen=True)
class Hub:
    """A home with accounts: `housing` has a key, `education` a secret, `wang` a password, `li` the issuer's word."""

    home: Home
    trust: Trust
    made: Mapping[str, Made | None]

    def secret(self, name: str) -> str:
        made = self.made[name]
        assert made is not None and made.secret is not None
        return made.secret


def public(key: Key, **members: str) -> str:
    return json.dumps({**key.as_dict(private=False), **members})


def hub_in(home: Home, *others: NewAccount) -> Hub:
    key_set = home.root / "keys" / "provider.json"
    key_set.write_text(json.dumps({"keys": [{**RSA.as_dict(private=False), "kid": "r", "use": "sig"}]}))
    with (home.root / "home.toml").open("a") as file:
        file.write(f'[accounts]\nissuer = "{ISSUER}"\naudience = "{AUDIENCE}"\n[identity_provider]\n')
        file.write(f'issuer = "{PROVIDER}"\naudience = "{PROVIDERS_AUDIENCE}"\nkey_set_file = "{key_set}"\n')
    renew_signing_key(home, now=int(NOW.timestamp()), keep_seconds=0)
    with open_operational(home) as operational:
        made = {
            each.name: make(each, operational.accounts, CHANGE, key=public(EC) if each is HOUSING else None)
            for each in (HOUSING, EDUCATION, WANG, LI, *others)
        }
    return Hub(home, open_trust(home), made)


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def assertion(**other: Any) -> dict[str, Any]:
    """The claims of a department's own assertion, with others in their place; None leaves one out."""
    said = {"iss": "housing", "sub": "housing", "aud": ISSUER, "jti": "a1", "exp": seconds(NOW + timedelta(minutes=4))}
    return {name: value for name, value in {**said, **other}.items() if value is not None}


def signed(claims: Mapping[str, Any], key: Key = EC, **header: Any) -> str:
    alg = str(header.get("alg", "ES256"))
    return jwt.encode({"alg": alg, **header}, dict(claims), key, algorithms=[alg])


def by_hand(header: Mapping[str, Any], claims: Any, signature: bytes = b"") -> str:
    """A token of any parts, for whatever no library would make."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(urlsafe_b64encode(each).rstrip(b"=").decode() for each in parts)
