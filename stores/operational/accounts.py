"""Accounts of departments and persons with their credentials; a name is given once, and nothing is ever deleted.

Times are UTC without a zone, for they are compared with those of tokens. A credential's content is a hash or a public
key: no secret is kept in clear.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from stores.errors import StoreError
from stores.operational.tables import account as account_table
from stores.operational.tables import credential as credential_table
from stores.operational.tables import own_id_key


class AccountError(StoreError):
    """An account that cannot be made, found or changed: whoever administers must act."""


class AccountKind(StrEnum):
    """Who holds an account: a department's programs, or a person."""

    SERVICE = "service"
    PERSON = "person"


class CredentialKind(StrEnum):
    """What a credential's content is: the hash of a secret that the hub drew, of a password, or a public key (JWK)."""

    SECRET = "secret"
    PASSWORD = "password"
    KEY = "key"


@dataclass(frozen=True)
class Credential:
    """One way to prove to be an account; it counts until `ends_at`, for good where that is None."""

    credential_id: int
    kind: CredentialKind
    content: str
    made_at: datetime
    made_by: str
    ends_at: datetime | None = None

    def counts(self, at: datetime) -> bool:
        """Whether it is in force at this time."""
        return self.ends_at is None or at < self.ends_at


@dataclass(frozen=True)
class NewAccount:
    """An account as it is made.

    `holder` is the staff number of a person. `subject` is who the government's own issuer says that they are. `areas`
    are codes of towns and committees, none for the whole district.
    """

    name: str
    kind: AccountKind
    department: str
    roles: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    holder: str | None = None
    subject: str | None = None


@dataclass(frozen=True)
class Account(NewAccount):
    """An account as it is kept."""

    made_at: datetime = datetime.min
    made_by: str = ""
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    revoked_why: str | None = None
    credentials: tuple[Credential, ...] = ()

    @property
    def is_revoked(self) -> bool:
        """Whether nobody can be this account any more."""
        return self.revoked_at is not None

    def in_force(self, at: datetime) -> tuple[Credential, ...]:
        """The credentials that count at this time, none where the account is revoked."""
        return () if self.is_revoked else tuple(each for each in self.credentials if each.counts(at))


@dataclass(frozen=True)
class Change:
    """Who changes an account, and when."""

    who: str
    at: datetime


class Accounts:
    """Accounts in the operational database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, new: NewAccount, change: Change) -> None:
        """Keeps a new account; raises AccountError where its name was ever given, or its subject has an account now."""
        is_known = account_table.c.subject.is_not(None) & (account_table.c.subject == new.subject)
        taken = sa.select(account_table.c.name).where(
            (account_table.c.name == new.name) | (is_known & account_table.c.revoked_at.is_(None))
        )
        with self._engine.begin() as connection:
            if connection.execute(taken).first() is not None:
                raise AccountError(
                    f"the account {new.name} cannot be made: a name is given once for good, and a subject has one "
                    "account at a time. Choose another name, or revoke the other (`hub account list` shows them)"
                )
            values: dict[str, object] = {
                "name": new.name,
                "kind": new.kind.value,
                "department": new.department,
                "holder": new.holder,
            }
            values |= {"subject": new.subject, "roles": list(new.roles), "areas": list(new.areas)}
            connection.execute(account_table.insert().values(**values, made_at=change.at, made_by=change.who))

    def set_credential(
        self, name: str, kind: CredentialKind, content: str, change: Change, *, others_end_at: datetime
    ) -> int:
        """Gives the account a new credential, whose number it returns; every other one ends then, or earlier."""
        with self._engine.begin() as connection:
            self._assert_live(connection, name)
            _end(connection, name, others_end_at)
            values = {"account": name, "kind": kind.value, "content": content}
            statement = credential_table.insert().values(**values, made_at=change.at, made_by=change.who)
            inserted = connection.execute(statement).inserted_primary_key
        assert inserted is not None
        return int(inserted[0])

    def revoke(self, name: str, why: str, change: Change) -> None:
        """Ends the account for good, with all its credentials."""
        with self._engine.begin() as connection:
            self._assert_live(connection, name)
            values = {"revoked_at": change.at, "revoked_by": change.who, "revoked_why": why}
            connection.execute(account_table.update().where(account_table.c.name == name).values(**values))
            _end(connection, name, change.at)

    def all(self) -> list[Account]:
        """Every account that ever was, by name."""
        return self._read()

    def find(self, name: str) -> Account | None:
        """The account of this name, None where there never was one."""
        return next(iter(self._read(account_table.c.name == name)), None)

    def find_subject(self, subject: str) -> Account | None:
        """The account of whoever the government's own issuer calls by this subject, None where it was revoked."""
        live = account_table.c.revoked_at.is_(None)
        return next(iter(self._read(account_table.c.subject == subject, live)), None)

    def find_holder(self, holder: str) -> list[Account]:
        """The accounts of one person."""
        return self._read(account_table.c.holder == holder)

    def own_id_keys(self) -> Mapping[int, str]:
        """Fingerprints of the keys of own ids by their versions: what the key file must hold."""
        with self._engine.connect() as connection:
            return {row.version: row.fingerprint for row in connection.execute(sa.select(own_id_key))}

    def add_own_id_key(self, version: int, fingerprint: str, change: Change) -> None:
        """Makes this version of the key count; from here new ids are made with it."""
        values = {"version": version, "fingerprint": fingerprint, "made_at": change.at, "made_by": change.who}
        with self._engine.begin() as connection:
            connection.execute(own_id_key.insert().values(**values))

    def _assert_live(self, connection: sa.Connection, name: str) -> None:
        row = connection.execute(
            sa.select(account_table.c.revoked_at).where(account_table.c.name == name).with_for_update()
        ).first()
        if row is None:
            raise AccountError(f"there is no account {name}: `hub account list` shows them")
        if row.revoked_at is not None:
            raise AccountError(f"the account {name} is revoked, and stays so: make another with `hub account add`")

    def _read(self, *conditions: sa.ColumnElement[bool]) -> list[Account]:
        accounts = sa.select(account_table).where(*conditions).order_by(account_table.c.name)
        credentials = sa.select(credential_table).join(account_table).where(*conditions)
        with self._engine.connect() as connection:
            rows = connection.execute(accounts).all()
            given = connection.execute(credentials.order_by(credential_table.c.credential_id)).all()
        return [_account(row, [each for each in given if each.account == row.name]) for row in rows]


def _end(connection: sa.Connection, name: str, at: datetime) -> None:
    mine = credential_table.c.account == name
    lasts = credential_table.c.ends_at.is_(None) | (credential_table.c.ends_at > at)
    connection.execute(credential_table.update().where(mine, lasts).values(ends_at=at))


def _account(row: sa.Row[tuple[object, ...]], credentials: Sequence[sa.Row[tuple[object, ...]]]) -> Account:
    return Account(
        name=row.name,
        kind=AccountKind(row.kind),
        department=row.department,
        roles=tuple(row.roles),
        areas=tuple(row.areas),
        holder=row.holder,
        subject=row.subject,
        made_at=row.made_at,
        made_by=row.made_by,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
        revoked_why=row.revoked_why,
        credentials=tuple(
            Credential(
                each.credential_id, CredentialKind(each.kind), each.content, each.made_at, each.made_by, each.ends_at
            )
            for each in credentials
        ),
    )
