"""How an account proves itself to be given a token: by an assertion that its own key signed, or by a secret."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from hub.errors import CredentialsRefused
from hub.sharing.accounts import moment
from hub.sharing.accounts_keys import CheckingKey, checking_key
from hub.sharing.accounts_secrets import is_right, nobodys
from hub.sharing.accounts_signed import SKEW_SECONDS, Expected, checked, look_at, token_id
from stores.operational.accounts import Account, Credential, CredentialKind

CODE = "invalid_client"
LONGEST_ASSERTION = 300
ASSERTION_TYPES = (None, "jwt", "client-authentication+jwt")


@dataclass(frozen=True)
class Secret:
    """A department's secret or a person's password, with the name of the account."""

    account: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Assertion:
    """A token that the department signed itself (`private_key_jwt`, RFC 7523)."""

    text: str = field(repr=False)


@dataclass(frozen=True)
class Proven:
    """An account, and the credential by which it was proved."""

    account: Account
    credential: Credential


class Lookup(Protocol):
    """Accounts as they are now (`stores.operational.live.LiveAccounts`)."""

    def find(self, name: str) -> Account | None:
        """The account of this name."""

    def find_subject(self, subject: str) -> Account | None:
        """The account of whoever the government's own issuer calls by this subject."""


class Spending(Protocol):
    """Assertions that were used (`stores.operational.replays.Replays`)."""

    def spend(self, account: str, proof: str, *, until: float, now: float) -> bool:
        """Whether it is used for the first time."""


def proven_by_secret(given: Secret, accounts: Lookup, now: datetime) -> Proven:
    """The account whose secret this is; raises CredentialsRefused, always after the same work, where it is none's."""
    account = accounts.find(given.account)
    held = [] if account is None else account.in_force(moment(now))
    for each in held:
        if each.kind is not CredentialKind.KEY and is_right(each.kind, each.content, given.secret):
            assert account is not None
            return Proven(account, each)
    if not any(each.kind is CredentialKind.PASSWORD for each in held):
        is_right(CredentialKind.PASSWORD, nobodys(CredentialKind.PASSWORD), given.secret)
    raise CredentialsRefused(CODE, "no such account, or another secret")


def proven_by_assertion(given: Assertion, issuer: str, accounts: Lookup, replays: Spending, now: datetime) -> Proven:
    """The account whose key signed this, for this issuer and for the first time; else raises CredentialsRefused."""
    unverified = look_at(given.text, CODE)
    name = unverified.claims.get("sub")
    account = accounts.find(name) if isinstance(name, str) else None
    found = None if account is None else _signing(account, unverified.kid, now)
    if account is None or found is None:
        raise CredentialsRefused(CODE, "no such account, or none of its keys signed this")
    credential, key = found
    # Issuer and subject are the account, and the audience is the hub alone: one that is meant for others as well could
    # be handed on by them.
    claims = checked(given.text, key, Expected(account.name, issuer, ASSERTION_TYPES, LONGEST_ASSERTION, CODE), now)
    if claims["sub"] != account.name or claims["aud"] != issuer:
        raise CredentialsRefused(CODE, "is about another account, or for others than the hub")
    until = float(claims["exp"]) + SKEW_SECONDS
    if not replays.spend(account.name, token_id(claims, CODE), until=until, now=now.timestamp()):
        raise CredentialsRefused(CODE, "was used before")
    return Proven(account, credential)


def _signing(account: Account, kid: str | None, now: datetime) -> tuple[Credential, CheckingKey] | None:
    """The account's key of this id; without one, its newest."""
    for each in reversed(account.in_force(moment(now))):
        if each.kind is CredentialKind.KEY:
            key = checking_key(json.loads(each.content))
            if kid in (None, key.kid):
                return each, key
    return None
