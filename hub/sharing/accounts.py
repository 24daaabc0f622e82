"""Accounts: who may be given which roles, how they are made and renewed, and what a caller is made of."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hub.errors import UsageError
from hub.sharing.accounts_keys import department_key
from hub.sharing.accounts_secrets import draw_secret, hashed
from hub.sharing.request import Caller
from schemas.readers.purposes import DISTRICT, Role
from stores.operational.accounts import Account, AccountKind, Accounts, Change, CredentialKind, NewAccount

NAME = re.compile(r"[a-z][a-z0-9_.-]{0,62}[a-z0-9]")
LONGEST_OVERLAP = timedelta(days=30)


OF_PERSONS = (Role.ANALYST, Role.INSPECTOR, Role.STEWARD, Role.AUDITOR, Role.ADMINISTRATOR)
"""What a person's account may do; a department's service account has none of these."""
APART: Mapping[Role, frozenset[Role]] = {
    Role.ADMINISTRATOR: frozenset({Role.ANALYST, Role.INSPECTOR, Role.STEWARD, Role.AUDITOR}),
    Role.AUDITOR: frozenset({Role.ANALYST, Role.INSPECTOR, Role.STEWARD, Role.ADMINISTRATOR}),
}
"""Roles that nobody may hold beside: who administers reads no persons, who audits changes nothing."""


@dataclass(frozen=True)
class AccountClaims:
    """Who a token was given to, as their account is now; the token itself carries no roles."""

    account: str
    kind: AccountKind
    department: str
    roles: tuple[Role, ...]
    areas: tuple[str, ...]
    token_id: str
    expires_at: datetime


@dataclass(frozen=True)
class Made:
    """A new credential; `secret` is shown now and never again, None where the department keeps its own key."""

    credential_id: int
    kind: CredentialKind
    secret: str | None = field(repr=False)


def caller_of(claims: AccountClaims) -> Caller:
    """Whoever asks, as the door knows callers; the one place where an account becomes one."""
    roles = frozenset(claims.roles) if claims.kind is AccountKind.PERSON else frozenset({Role.SERVICE})
    return Caller(claims.account, claims.department, roles, frozenset(claims.areas) or frozenset({DISTRICT}))


def moment(at: datetime) -> datetime:
    """The time as accounts keep it: UTC without a zone."""
    return at.astimezone(UTC).replace(tzinfo=None)


def check_new(new: NewAccount, accounts: Accounts, *, areas: Collection[str], departments: Collection[str]) -> None:
    """Raises UsageError with everything that is wrong with an account before it is made.

    `areas` and `departments` are the declared ones: a service is always of a department that hands in feeds.
    """
    problems = [f"the name {new.name!r} must match {NAME.pattern}"] if not NAME.fullmatch(new.name) else []
    problems += [f"{each!r} is no town or committee of the gazetteer" for each in new.areas if each not in areas]
    problems += list(_wrong_roles(new))
    if new.kind is AccountKind.SERVICE and new.department not in departments:
        problems.append(f"{new.department!r} is none of the departments: {', '.join(sorted(departments))}")
    if not new.department.strip():
        problems.append("no department is named")
    if not problems and new.holder is not None:
        held = [each for each in accounts.find_holder(new.holder) if not each.is_revoked]
        problems += list(_not_apart({role for each in held for role in each.roles} | set(new.roles)))
    if problems:
        raise UsageError(f"the account {new.name} is not made:\n" + "\n".join(problems))


def _wrong_roles(new: NewAccount) -> list[str]:
    if new.kind is AccountKind.SERVICE:
        return ["roles and a holder are persons': a department's account has none"] if new.roles or new.holder else []
    problems = [f"{each!r} is no role: {', '.join(OF_PERSONS)}" for each in new.roles if each not in OF_PERSONS]
    if not new.roles:
        problems.append(f"a person's account needs a role: {', '.join(OF_PERSONS)}")
    if not (new.holder or "").strip():
        problems.append("a person's account needs its holder's staff number")
    return problems


def _not_apart(roles: Collection[str]) -> list[str]:
    pairs = [(one, other) for one, others in APART.items() for other in sorted(others)]
    return [
        f"the same person cannot be {one} and {other}, in one account or in two: who administers reads no persons, who "
        "audits changes nothing"
        for one, other in pairs
        if {one, other} <= set(roles) and (other not in APART or one < other)
    ]


def make(new: NewAccount, accounts: Accounts, change: Change, *, key: str | None = None) -> Made | None:
    """Makes an account that was checked, with its first credential; what is returned is as in `renew`."""
    drawn = _drawn(new, key)
    accounts.add(new, change)
    return None if drawn is None else _kept(new.name, drawn, accounts, change, others_end_at=change.at)


def renew(
    account: Account, accounts: Accounts, change: Change, *, key: str | None = None, overlap: timedelta = timedelta()
) -> Made | None:
    """Gives the account a new credential; those of before end at once, or when the overlap is over.

    With `key` (a JWK) a service proves itself by its own key. None for whoever proves themselves to the government's
    own issuer: the hub has nothing to give. Raises UsageError or SettingsError where that is not possible.
    """
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise UsageError(f"old and new may hold beside each other for at most {LONGEST_OVERLAP.days} days")
    if overlap and account.kind is not AccountKind.SERVICE:
        raise UsageError(f"{account.name} is a person's account: a password that is renewed ends at once")
    drawn = _drawn(account, key)
    return None if drawn is None else _kept(account.name, drawn, accounts, change, others_end_at=change.at + overlap)


@dataclass(frozen=True)
class _Drawn:
    kind: CredentialKind
    content: str
    secret: str | None = field(repr=False, default=None)


def _drawn(account: NewAccount, key: str | None) -> _Drawn | None:
    if key is not None and (account.kind is not AccountKind.SERVICE or account.subject is not None):
        raise UsageError(f"{account.name} takes no key: those are for departments' programs that log in here")
    if account.subject is not None:
        return None
    if key is not None:
        return _Drawn(CredentialKind.KEY, department_key(key))
    kind = CredentialKind.SECRET if account.kind is AccountKind.SERVICE else CredentialKind.PASSWORD
    secret = draw_secret(kind)
    return _Drawn(kind, hashed(kind, secret), secret)


def _kept(name: str, drawn: _Drawn, accounts: Accounts, change: Change, *, others_end_at: datetime) -> Made:
    number = accounts.set_credential(name, drawn.kind, drawn.content, change, others_end_at=others_end_at)
    return Made(number, drawn.kind, drawn.secret)
