"""`hub dispute`: say that a fact or a link is wrong, decide what others say, and what departments are to put right."""

from dataclasses import dataclass, field
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb
from hub.commands.explain import RECORD
from hub.commands.look_around import Case, Output, OutputFormat, Purpose
from hub.disputes import decide, hand_in, withdraw
from hub.errors import UsageError
from hub.formats import Format, hand_out
from hub.reading.claims import Claim
from hub.reading.disputes import list_corrections, list_disputes, show_dispute
from hub.reading.rulings import Verdict
from stores.operational.disputes import Dispute, DisputeKind, DisputeState

WORDS = {"upheld": True, "成立": True, "rejected": False, "不成立": False}
Entity = Annotated[str, typer.Argument(help="Id of the person, house or unit.")]
Number = Annotated[str, typer.Argument(metavar="DISPUTE", help="Its number, as `hub dispute list` shows it.")]
Why = Annotated[str, typer.Option(help="The reason, in words; it is kept sealed.")]
Key = Annotated[str | None, typer.Option(help="Names this request: given twice, it is one dispute.")]


@dataclass(frozen=True)
class FactOptions:
    """Options of `hub dispute fact`."""

    entity: Entity
    field: Annotated[str, typer.Argument(help="Field whose value is wrong, as in birth_date.")]
    why: Why = ""
    record: Annotated[str | None, typer.Option(metavar=RECORD, help="Only this record's value is meant.")] = None
    proposed: Annotated[str | None, typer.Option(help="The right value, where it is known.")] = None
    key: Key = None
    purpose: Purpose = ""
    case: Case = ""


@verb(FactOptions)
def dispute_fact(desk: Desk, options: FactOptions) -> None:
    """Say that a value of an entity is wrong. 对信息提出异议"""
    claim = Claim(
        DisputeKind.FACT,
        options.entity,
        options.why,
        record=options.record,
        proposed=options.proposed,
        field=options.field,
        request_key=options.key,
    )
    _tell(desk, hand_in(desk.reader(options.purpose, options.case), claim))


@dataclass(frozen=True)
class ApartOptions:
    """Options of `hub dispute apart`."""

    entity: Entity
    record: Annotated[str, typer.Argument(metavar=RECORD, help="The record that does not belong to it.")]
    why: Why = ""
    key: Key = None
    purpose: Purpose = ""
    case: Case = ""


@verb(ApartOptions)
def dispute_apart(desk: Desk, options: ApartOptions) -> None:
    """Say that a record does not belong to its entity. 对归并提出异议"""
    claim = Claim(DisputeKind.APART, options.entity, options.why, record=options.record, request_key=options.key)
    _tell(desk, hand_in(desk.reader(options.purpose, options.case), claim))


@dataclass(frozen=True)
class OneOptions:
    """Options of `hub dispute one`."""

    entity: Entity
    other: Annotated[str, typer.Argument(help="Id of the other, which is the same.")]
    why: Why = ""
    key: Key = None
    purpose: Purpose = ""
    case: Case = ""


@verb(OneOptions)
def dispute_one(desk: Desk, options: OneOptions) -> None:
    """Say that two entities are one. 对区分提出异议"""
    claim = Claim(DisputeKind.ONE, options.entity, options.why, other=options.other, request_key=options.key)
    _tell(desk, hand_in(desk.reader(options.purpose, options.case), claim))


@dataclass(frozen=True)
class ListOptions:
    """Options of `hub dispute list`."""

    state: Annotated[list[DisputeState], typer.Option(help="open, upheld, rejected or withdrawn; else all.")] = field(
        default_factory=list
    )
    purpose: Purpose = ""
    case: Case = ""
    format: OutputFormat = Format.TABLE
    output: Output = None


@verb(ListOptions)
def list_all(desk: Desk, options: ListOptions) -> None:
    """Disputes and where they stand, oldest first. 异议清单"""
    found = list_disputes(desk.reader(options.purpose, options.case), options.state)
    hand_out(found, desk.console, format_=options.format, output=options.output, about={})


@dataclass(frozen=True)
class ShowOptions:
    """Options of `hub dispute show`."""

    dispute: Number
    purpose: Purpose = ""
    case: Case = ""
    format: OutputFormat = Format.TABLE
    output: Output = None


@verb(ShowOptions)
def show_one(desk: Desk, options: ShowOptions) -> None:
    """One dispute: what was said, what is known, what came of it. 异议详情"""
    found = show_dispute(desk.reader(options.purpose, options.case), options.dispute)
    about = {"dispute": options.dispute}
    hand_out(found, desk.console, format_=options.format, output=options.output, about=about)


@dataclass(frozen=True)
class DecideOptions:
    """Options of `hub dispute decide`."""

    dispute: Number
    decision: Annotated[str, typer.Argument(help="upheld (成立) or rejected (不成立).")]
    why: Why = ""
    right: Annotated[str | None, typer.Option(help="The right value, confirmed; without it the value is void.")] = None
    along: Annotated[
        list[str], typer.Option(metavar=RECORD, help="A record that leaves the entity with the disputed one.")
    ] = field(default_factory=list)
    purpose: Purpose = ""
    case: Case = ""


@verb(DecideOptions)
def decide_dispute(desk: Desk, options: DecideOptions) -> None:
    """Uphold or reject what somebody else disputes; it takes effect in the next run. 裁定异议"""
    if options.decision not in WORDS:
        raise UsageError(f"{options.decision!r} is no decision: write upheld (成立) or rejected (不成立)")
    is_upheld = WORDS[options.decision]
    if not is_upheld and (options.right is not None or options.along):
        raise UsageError("nothing comes of a dispute that is rejected: leave out --right and --along")
    verdict = Verdict(options.dispute, is_upheld, options.why, options.right, options.along)
    _tell(desk, decide(desk.reader(options.purpose, options.case), verdict))


@dataclass(frozen=True)
class WithdrawOptions:
    """Options of `hub dispute withdraw`."""

    dispute: Number
    why: Why = ""
    purpose: Purpose = ""
    case: Case = ""


@verb(WithdrawOptions)
def withdraw_dispute(desk: Desk, options: WithdrawOptions) -> None:
    """Take back what you disputed. 撤回异议"""
    _tell(desk, withdraw(desk.reader(options.purpose, options.case), options.dispute, options.why))


@dataclass(frozen=True)
class CorrectionsOptions:
    """Options of `hub dispute corrections`."""

    department: Annotated[str, typer.Option(help="The department whose records they are, as in housing.")]
    after: Annotated[int, typer.Option(min=0, help="Only what came after this position.")] = 0
    purpose: Purpose = ""
    case: Case = ""
    format: OutputFormat = Format.TABLE
    output: Output = None


@verb(CorrectionsOptions)
def corrections(desk: Desk, options: CorrectionsOptions) -> None:
    """What a department is asked to put right in its own records, and what became of it. 更正清单"""
    found = list_corrections(desk.reader(options.purpose, options.case), options.department, after=options.after)
    about = {"department": options.department, "after": options.after}
    hand_out(found, desk.console, format_=options.format, output=options.output, about=about)


def _tell(desk: Desk, dispute: Dispute) -> None:
    told = f"Dispute {dispute.dispute_id} is {dispute.state}"
    if dispute.state is DisputeState.UPHELD:
        told += "; it takes effect in the next run: hub run 下次运行起生效"
    desk.console.print(f"{told}.", soft_wrap=True)
