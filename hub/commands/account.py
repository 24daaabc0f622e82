"""`hub account`: who may ask; made, listed, renewed and revoked by whoever administers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb
from hub.commands.status import StatusFormat
from hub.errors import UsageError
from hub.sharing import audit
from hub.sharing.accounts import Made, check_new, make, moment, renew
from hub.sharing.accounts_keys import renew_signing_key, signing_key_file
from hub.sharing.accounts_signed import SKEW_SECONDS
from hub.sharing.audit import AuditEntry
from hub.sharing.own_id_keys import own_id_key_file, renew_own_id_keys
from hub.sharing.tokens import LONGEST_OWN
from hub.terminal import table
from stores.lock import held
from stores.operational import Operational, open_operational, read_operational
from stores.operational.accounts import Account, AccountError, AccountKind, Change, NewAccount

VERB = "account"
Name = Annotated[str, typer.Argument(help="Name of the account; it is never given to another.")]
KeyFile = Annotated[
    Path | None,
    typer.Option("--key", help="The department's public key (JWK), instead of a secret.", dir_okay=False, exists=True),
]
Format = Annotated[StatusFormat, typer.Option("--format", help="For people or for programs.")]


@dataclass(frozen=True)
class AddOptions:
    """Options of `hub account add`."""

    name: Name
    department: Annotated[str, typer.Option(help="The department that the account acts for, as in housing.")]
    holder: Annotated[str | None, typer.Option(help="A person's staff number; without it, it is a program's.")] = None
    role: Annotated[list[str], typer.Option(help="analyst, inspector, steward, auditor or administrator.")] = field(
        default_factory=list
    )
    area: Annotated[list[str], typer.Option(help="Code of a town or committee; none for the whole district.")] = field(
        default_factory=list
    )
    subject: Annotated[str | None, typer.Option(help="Who the government's own issuer says it is (`sub`).")] = None
    key: KeyFile = None


@verb(AddOptions)
def add(desk: Desk, options: AddOptions) -> None:
    """Make an account; its secret is shown once and kept nowhere. 新建账户"""
    kind = AccountKind.SERVICE if options.holder is None else AccountKind.PERSON
    roles, areas = tuple(dict.fromkeys(options.role)), tuple(dict.fromkeys(options.area))
    new = NewAccount(options.name, kind, options.department, roles, areas, options.holder, options.subject)
    gazetteer = desk.declarations.gazetteer
    known = {each.code for each in gazetteer.towns} | {each.code for each in gazetteer.committees}
    with _writing(desk) as operational:
        check_new(new, operational.accounts, areas=known, departments=desk.declarations.departments)
        change = _change(desk, "add", options.name)
        if not signing_key_file(desk.home).exists():
            renew_signing_key(desk.home, now=int(datetime.now(UTC).timestamp()), keep_seconds=0)
        if not operational.accounts.own_id_keys():
            renew_own_id_keys(desk.home, operational.accounts, change)
        made = make(new, operational.accounts, change, key=_text(options.key))
    _tell(desk, f"Made the {kind.value} account {options.name} of {options.department}.", made)


@dataclass(frozen=True)
class ListOptions:
    """Options of `hub account list`."""

    format: Format = StatusFormat.TABLE


@verb(ListOptions)
def list_accounts(desk: Desk, options: ListOptions) -> None:
    """Every account that ever was, also revoked ones. 账户清单"""
    with read_operational(desk.home) as operational:
        accounts = operational.accounts.all()
    if options.format is StatusFormat.JSON:
        typer.echo(json.dumps([_as_json(each) for each in accounts], ensure_ascii=False, indent=2))
        return
    columns = ["account 账户", "kind", "department 部门", "roles 角色", "areas 范围", "made", "revoked 注销"]
    rows = [
        (
            *(each.name, each.kind.value, each.department, ", ".join(each.roles), ", ".join(each.areas) or "all"),
            *(f"{each.made_at:%Y-%m-%d}", f"{each.revoked_at:%Y-%m-%d}" if each.revoked_at else None),
        )
        for each in accounts
    ]
    desk.console.print(table("Accounts 账户", columns, rows))


@dataclass(frozen=True)
class ShowOptions:
    """Options of `hub account show`."""

    name: Name


@verb(ShowOptions)
def show_account(desk: Desk, options: ShowOptions) -> None:
    """All that is kept of one account, as JSON; never a secret, for none is kept. 账户详情"""
    with read_operational(desk.home) as operational:
        account = _found(operational, options.name)
    typer.echo(json.dumps(_as_json(account), ensure_ascii=False, indent=2))


@dataclass(frozen=True)
class RotateOptions:
    """Options of `hub account rotate`."""

    name: Name
    key: KeyFile = None
    overlap_hours: Annotated[
        float, typer.Option(min=0, help="How long the one of before still holds (departments' programs only).")
    ] = 0


@verb(RotateOptions)
def rotate(desk: Desk, options: RotateOptions) -> None:
    """Give an account a new secret or key; the one of before ends at once, with its tokens. 更换密钥"""
    with _writing(desk) as operational:
        account, overlap = _found(operational, options.name), timedelta(hours=options.overlap_hours)
        made = renew(
            account,
            operational.accounts,
            _change(desk, "rotate", options.name),
            key=_text(options.key),
            overlap=overlap,
        )
    if made is None:
        raise UsageError(f"{options.name} is known by the government's own issuer: there is nothing to renew here")
    _tell(desk, f"Renewed {options.name}.", made)


@dataclass(frozen=True)
class RevokeOptions:
    """Options of `hub account revoke`."""

    name: Name
    why: Annotated[str, typer.Option(help="The reason, in words; it is kept with the account.")]


@verb(RevokeOptions)
def revoke(desk: Desk, options: RevokeOptions) -> None:
    """End an account for good: it and its tokens are refused from now on. 注销账户"""
    if not options.why.strip():
        raise UsageError("no reason is given: say why with --why")
    with _writing(desk) as operational:
        _found(operational, options.name)
        operational.accounts.revoke(options.name, options.why, _change(desk, "revoke", options.name))
    desk.console.print(f"Revoked {options.name}: it and its tokens are refused from now on.", soft_wrap=True)


@dataclass(frozen=True)
class RenewOptions:
    """`hub account renew-signing-key` and `renew-own-ids` take the global options only."""


@verb(RenewOptions)
def renew_signing(desk: Desk, options: RenewOptions) -> None:
    """Sign tokens with a new key from now on; those of before hold until they expire. 更换签名密钥"""
    with held(desk.home, VERB):
        _change(desk, "renew-signing-key")
        now = int(datetime.now(UTC).timestamp())
        kid = renew_signing_key(desk.home, now=now, keep_seconds=LONGEST_OWN + SKEW_SECONDS)
    desk.console.print(f"Tokens are signed with key {kid} from now on ({signing_key_file(desk.home)}).", soft_wrap=True)


@verb(RenewOptions)
def renew_own_ids(desk: Desk, options: RenewOptions) -> None:
    """Make departments' own ids with a new key from now on; those of before stay readable. 更换部门编号密钥"""
    with _writing(desk) as operational:
        version = renew_own_id_keys(desk.home, operational.accounts, _change(desk, "renew-own-ids"))
    desk.console.print(
        f"Own ids are made with version {version} of the key from now on. Back up {own_id_key_file(desk.home)}: "
        "without it no department's ids can be read.",
        soft_wrap=True,
    )


@contextmanager
def _writing(desk: Desk) -> Iterator[Operational]:
    with held(desk.home, VERB), open_operational(desk.home, VERB) as operational:
        yield operational


def _change(desk: Desk, what: str, account: str = "") -> Change:
    """Who changes what, on disk in the audit log before it is done; `ordered`, for it may still fail."""
    named = {"account": account} if account else {}
    entry = AuditEntry(desk.caller.name, desk.caller.department, "-", VERB, what, named, "-", "ordered", "-", 0)
    audit.append(desk.home, entry)
    return Change(desk.caller.name, moment(datetime.now(UTC)))


def _found(operational: Operational, name: str) -> Account:
    account = operational.accounts.find(name)
    if account is None:
        raise AccountError(f"there is no account {name}: `hub account list` shows them")
    return account


def _text(file: Path | None) -> str | None:
    return None if file is None else file.read_text(encoding="utf-8")


def _tell(desk: Desk, done: str, made: Made | None) -> None:
    desk.console.print(done, soft_wrap=True)
    if made is not None and made.secret is not None:
        desk.console.print("Its secret, shown this once 仅显示一次:", soft_wrap=True)
        # As it is, on a line of its own: no colour, no wrapping.
        typer.echo(made.secret)


def _as_json(account: Account) -> dict[str, object]:
    kept = {
        name: getattr(account, name)
        for name in ("name", "department", "holder", "subject", "made_by", "revoked_by", "revoked_why")
    }
    times = {name: _time(getattr(account, name)) for name in ("made_at", "revoked_at")}
    credentials = [
        {
            "credential_id": each.credential_id,
            "kind": each.kind.value,
            "made_at": _time(each.made_at),
            "made_by": each.made_by,
            "ends_at": _time(each.ends_at),
        }
        for each in account.credentials
    ]
    lists = {"roles": list(account.roles), "areas": list(account.areas), "credentials": credentials}
    return {**kept, "kind": account.kind.value, **times, **lists}


def _time(at: datetime | None) -> str | None:
    return None if at is None else f"{at.isoformat(timespec='seconds')}Z"
