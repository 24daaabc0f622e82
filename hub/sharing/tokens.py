"""Tokens: whoever proves to be an account is given one for some minutes, and it is checked with every request.

OAuth 2 client credentials (RFC 6749, 7523), access tokens of RFC 9068. A token says who asks and nothing of what they
may do: that is looked up each time, so that what is revoked is refused at once.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from joserfc import jwt

from hub.errors import CredentialsRefused
from hub.sharing.accounts import AccountClaims, caller_of, moment
from hub.sharing.accounts_keys import (
    SIGNING,
    CheckingKey,
    SigningKeys,
    Watched,
    read_key_set,
    read_signing_keys,
    signing_key_file,
)
from hub.sharing.accounts_proofs import Assertion, Lookup, Secret, Spending, proven_by_assertion, proven_by_secret
from hub.sharing.accounts_settings import AccountSettings, Provider, read_account_settings
from hub.sharing.accounts_signed import Expected, checked, look_at, token_id
from hub.sharing.request import Caller
from schemas.readers.purposes import Role
from stores.home import Home
from stores.operational.accounts import Account
from stores.operational.live import LiveAccounts
from stores.operational.replays import Replays

CODE, WRONG_AUDIENCE = "invalid_token", "invalid_target"
TYPE = "at+jwt"
PROVIDERS_TYPES = (None, "jwt", TYPE)
LONGEST_OWN, LONGEST_PROVIDERS = 3600, 86_400
SCHEME = "bearer "


@dataclass(frozen=True)
class Trust:
    """Everything by which a hub knows who asks."""

    settings: AccountSettings
    accounts: Lookup
    replays: Spending
    signing: Watched[SigningKeys]
    provider: Watched[Mapping[str, CheckingKey]] | None = None


@dataclass(frozen=True)
class Token:
    """An access token as it is handed out."""

    text: str = field(repr=False)
    token_id: str
    expires_in: int


def open_trust(home: Home) -> Trust:
    """What a home trusts; raises SettingsError or StoreError where it cannot be read."""
    settings = read_account_settings(home)
    provider = settings.provider
    return Trust(
        settings,
        LiveAccounts(home),
        Replays(home.operational.with_name("replays.sqlite")),
        Watched(signing_key_file(home), read_signing_keys),
        None if provider is None else Watched(provider.key_set_file, read_key_set),
    )


def issue_token(trust: Trust, credentials: Assertion | Secret, audience: str, now: datetime) -> Token:
    """A token for whoever these credentials prove; raises CredentialsRefused where they prove nobody.

    `audience` is what the token is to be used at, and must be the hub's own.
    """
    settings = trust.settings
    if audience != settings.audience:
        raise CredentialsRefused(WRONG_AUDIENCE, "the token is wanted for somebody else")
    if isinstance(credentials, Secret):
        proven = proven_by_secret(credentials, trust.accounts, now)
    else:
        proven = proven_by_assertion(credentials, settings.issuer, trust.accounts, trust.replays, now)
    key, issued = trust.signing.now().current, int(now.timestamp())
    claims = {
        "iss": settings.issuer,
        "aud": settings.audience,
        "sub": proven.account.name,
        "client_id": proven.account.name,
        "jti": secrets.token_urlsafe(16),
        "iat": issued,
        "exp": issued + settings.token_seconds,
        "credential_id": proven.credential.credential_id,
    }
    text = jwt.encode({"alg": SIGNING, "typ": TYPE, "kid": str(key.kid)}, claims, key, algorithms=[SIGNING])
    return Token(text, str(claims["jti"]), settings.token_seconds)


def verify_token(trust: Trust, token: str, audience: str, now: datetime) -> AccountClaims:
    """Whom a token was given to, as their account is at this moment; raises CredentialsRefused where it does not hold.

    It is the hub's own or, where one is set, the government's own issuer's; for no other audience than this one.
    """
    kid = look_at(token, CODE).kid or ""
    own = trust.signing.now().checking.get(kid)
    if own is not None:
        return _own(trust, token, CheckingKey(own, kid, (SIGNING,)), audience, now)
    provider = trust.settings.provider
    key = trust.provider.now().get(kid) if trust.provider is not None else None
    if provider is None or key is None:
        raise CredentialsRefused(CODE, "was signed with no key that is known here")
    return _providers(trust, token, key, provider, now)


def authenticate(trust: Trust, authorization: str | None, audience: str, now: datetime) -> Caller:
    """Who asks, by the header `Authorization: Bearer …` of a request; raises CredentialsRefused where there is none."""
    if authorization is None or authorization[: len(SCHEME)].lower() != SCHEME:
        raise CredentialsRefused(CODE, "there is no bearer token")
    return caller_of(verify_token(trust, authorization[len(SCHEME) :].strip(), audience, now))


def _own(trust: Trust, token: str, key: CheckingKey, audience: str, now: datetime) -> AccountClaims:
    claims = checked(token, key, Expected(trust.settings.issuer, audience, (TYPE,), LONGEST_OWN, CODE), now)
    account = trust.accounts.find(claims["sub"])
    held = () if account is None else account.in_force(moment(now))
    if account is None or all(each.credential_id != claims.get("credential_id") for each in held):
        raise CredentialsRefused(CODE, "the account is revoked, or what the token was given for has ended")
    return _claims_of(account, claims, token_id(claims, CODE))


def _providers(trust: Trust, token: str, key: CheckingKey, provider: Provider, now: datetime) -> AccountClaims:
    allowed = tuple(each for each in key.algorithms if each in provider.algorithms)
    expected = Expected(provider.issuer, provider.audience, PROVIDERS_TYPES, LONGEST_PROVIDERS, CODE)
    claims = checked(token, replace(key, algorithms=allowed), expected, now)
    account = trust.accounts.find_subject(claims["sub"])
    if account is None:
        raise CredentialsRefused(CODE, "the issuer's subject has no account here, or a revoked one")
    named = claims.get("jti")
    return _claims_of(account, claims, named if isinstance(named, str) else sha256(token.encode()).hexdigest()[:32])


def _claims_of(account: Account, claims: Mapping[str, Any], own_id: str) -> AccountClaims:
    return AccountClaims(
        account=account.name,
        kind=account.kind,
        department=account.department,
        roles=tuple(Role(each) for each in account.roles),
        areas=account.areas,
        token_id=own_id,
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )
