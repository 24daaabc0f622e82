"""`hub review`: the stewards' queue, two records side by side, and their decisions."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from hub import clerical
from hub.agreement import Agreement, agreements
from hub.clerical import Kept, Verdict, check_verdicts, find_undone, keep, read_worksheet
from hub.commands.desk import Desk, verb
from hub.commands.explain import RECORD
from hub.commands.look_around import Case, Output, OutputFormat, Purpose
from hub.commands.status import StatusFormat
from hub.errors import UsageError
from hub.formats import Format, hand_out, show
from hub.reading.explain import explain
from hub.reading.reader import Reader
from hub.reading.review import preview_decisions, side_by_side
from hub.reading.review_queue import QueueFilter, queue
from hub.terminal import table
from stores.operational import read_operational
from stores.operational.decisions import Decision
from stores.operational.reviews import Outcome

OUTCOMES: dict[Outcome | None, str] = {
    None: "in force from the next run 下次运行起生效",
    Outcome.OPEN: "one of those judged twice: it awaits a second steward and is not in force 等待第二人复核，尚未生效",
    Outcome.AGREED: "two stewards agree: in force from the next run 两人一致，下次运行起生效",
    Outcome.DISAGREED: "two stewards disagree: a third decides, until then nothing changes 两人不一致，待第三人裁决",
    Outcome.ADJUDICATED: "decided by a third steward: in force from the next run 已裁决，下次运行起生效",
}
Left = Annotated[str, typer.Argument(metavar=RECORD, help="One record, as in household_register:P000017.")]
Right = Annotated[str, typer.Argument(metavar=RECORD, help="The other one.")]
Why = Annotated[str, typer.Option(help="The reason, in words; there is no decision without one.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask after the preview; needed where nobody sits there.")]


@dataclass(frozen=True)
class ListOptions:
    """Options of `hub review list`."""

    register: Annotated[str | None, typer.Option(help="person, house or unit.")] = None
    reason: Annotated[str | None, typer.Option(help="`score`, or the id of a rule for stewards.")] = None
    town: Annotated[str | None, typer.Option(help="Pairs tied to houses of this town (镇、街道), by name or code.")] = (
        None
    )
    limit: Annotated[int, typer.Option(min=1, help="At most so many pairs.")] = 100
    purpose: Purpose = ""
    case: Case = ""
    format: OutputFormat = Format.TABLE
    output: Output = None


@verb(ListOptions)
def list_queue(desk: Desk, options: ListOptions) -> None:
    """Pairs in doubt, those first whose review is worth most; as CSV it is a worksheet to fill in. 待复核清单"""
    wanted = QueueFilter(options.register, options.reason, options.town, options.limit)
    found = queue(desk.reader(options.purpose, options.case), wanted)
    if options.format is Format.CSV:
        blank = pa.array([None] * found.answer.table.num_rows, pa.string())
        sheet = found.answer.table.append_column("decision", blank).append_column("why", blank)
        found = replace(found, answer=replace(found.answer, table=sheet))
    elif options.format is Format.TABLE and options.output is None:
        found = replace(found, answer=replace(found.answer, table=_for_people(found.answer.table)))
    hand_out(found, desk.console, format_=options.format, output=options.output, about={})


def _for_people(rows: pa.Table) -> pa.Table:
    """Both records of a pair one below the other, so that their keys can be copied."""
    both = {
        title: [f"{row[left]}\n{row[right] or ''}" for row in rows.select([left, right]).to_pylist()]
        for title, left, right in (("records 记录", "left", "right"), ("names 名称", "left_name", "right_name"))
    }
    texts = {title: pa.array(column, pa.string()) for title, column in both.items()}
    return pa.table({**texts, **{name: rows[name] for name in ("probability", "value", "doubt 存疑", "standing")}})


@dataclass(frozen=True)
class ShowOptions:
    """Options of `hub review show`."""

    left: Left
    right: Right
    purpose: Purpose = ""
    case: Case = ""
    format: OutputFormat = Format.TABLE
    output: Output = None


@verb(ShowOptions)
def show_pair(desk: Desk, options: ShowOptions) -> None:
    """Both records side by side, and what each comparison says of them. 记录对照与依据"""
    reader = desk.reader(options.purpose, options.case)
    records = side_by_side(reader, options.left, options.right)
    reasons = explain(reader, options.left, options.right)
    if options.format is Format.TABLE and options.output is None:
        show(records, desk.console, rows=records.answer.table.num_rows)
        show(reasons, desk.console, rows=reasons.answer.table.num_rows)
        return
    told = (*records.answer.notes, *reasons.answer.notes)
    about = {"left": options.left, "right": options.right, "notes": told, "waterfall": reasons.answer.table.to_pylist()}
    hand_out(records, desk.console, format_=options.format, output=options.output, about=about)


@dataclass(frozen=True)
class PreviewOptions:
    """Options of `hub review preview`."""

    left: Left
    right: Right
    decision: Annotated[str, typer.Argument(help="same (同一) or different (不同).")]
    purpose: Purpose = ""
    case: Case = ""
    format: OutputFormat = Format.TABLE
    output: Output = None


@verb(PreviewOptions)
def preview(desk: Desk, options: PreviewOptions) -> None:
    """What a decision would change: ids, golden fields, facts; nothing is written. 变更预览"""
    reader = desk.reader(options.purpose, options.case)
    verdict = Verdict(options.left, options.right, options.decision, "preview")
    found = preview_decisions(reader, check_verdicts(reader, [verdict]))
    about = {"left": options.left, "right": options.right, "decision": options.decision}
    hand_out(found, desk.console, format_=options.format, output=options.output, about=about)


@dataclass(frozen=True)
class DecideOptions:
    """Options of `hub review decide`."""

    left: Annotated[str | None, typer.Argument(metavar=RECORD, help="One record.")] = None
    right: Annotated[str | None, typer.Argument(metavar=RECORD, help="The other one.")] = None
    decision: Annotated[str | None, typer.Argument(help="same (同一) or different (不同).")] = None
    why: Why = ""
    file: Annotated[
        Path | None, typer.Option(help="A worksheet with the columns left, right, decision, why.", dir_okay=False)
    ] = None
    yes: Yes = False
    purpose: Purpose = ""
    case: Case = ""


@verb(DecideOptions)
def decide(desk: Desk, options: DecideOptions) -> None:
    """Say that two records are the same or different, and why; first it shows what that changes. 判定"""
    verdicts = _verdicts(options)
    reader = desk.reader(options.purpose, options.case)
    decisions = check_verdicts(reader, verdicts)
    _agree(desk, reader, decisions, yes=options.yes)
    _tell(desk, keep(reader, verdicts, decisions))


@dataclass(frozen=True)
class UndoOptions:
    """Options of `hub review undo`."""

    left: Left
    right: Right
    why: Why = ""
    yes: Yes = False
    purpose: Purpose = ""
    case: Case = ""


@verb(UndoOptions)
def undo(desk: Desk, options: UndoOptions) -> None:
    """Withdraw a decision, or your own judgement that awaits another: the model decides again. 撤销"""
    reader = desk.reader(options.purpose, options.case)
    withdrawal = find_undone(reader, options.left, options.right, options.why)
    _agree(desk, reader, [withdrawal], yes=options.yes)
    clerical.undo(reader, withdrawal)
    desk.console.print("Withdrawn; in force from the next run: hub run 已撤销，下次运行起生效")


@dataclass(frozen=True)
class AgreementOptions:
    """Options of `hub review agreement`."""

    format: Annotated[StatusFormat, typer.Option(help="For people or for programs.")] = StatusFormat.TABLE


@verb(AgreementOptions)
def tell_agreement(desk: Desk, options: AgreementOptions) -> None:
    """How well stewards agree who judge the same pairs blind: counts, Cohen's kappa, intervals. 一致性"""
    with read_operational(desk.home) as operational:
        found = agreements(operational.reviews.double_reviews())
    if options.format is StatusFormat.JSON:
        typer.echo(json.dumps([_as_json(each) for each in found], ensure_ascii=False, indent=2))
        return
    columns = ["register 登记", "#pairs 复核对", "#agreed 一致", "95 %", "#kappa", "95 % ", "#await 2nd", "#await 3rd"]
    rows = [
        (
            *(each.register, each.pairs, each.agreed, _between(each.share_interval), each.kappa),
            *(_between(each.interval), each.awaiting_second, each.awaiting_third),
        )
        for each in found
    ]
    share = f"share of pairs judged twice: {desk.settings.double_review_share:g} (double_review_share) 双人复核比例"
    desk.console.print(table("Double review 双人复核", columns, rows, caption=share))


def _verdicts(options: DecideOptions) -> list[Verdict]:
    if options.file is not None:
        if options.left is not None:
            raise UsageError("name two records or a worksheet with --file, not both")
        return read_worksheet(options.file)
    if options.left is None or options.right is None or options.decision is None:
        raise UsageError("name two records and same or different, or a worksheet with --file")
    return [Verdict(options.left, options.right, options.decision, options.why)]


def _agree(desk: Desk, reader: Reader, decisions: Sequence[Decision], *, yes: bool) -> None:
    """Shows what would change and goes on only where the steward wants it."""
    found = preview_decisions(reader, decisions)
    show(found, desk.console)
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nothing was kept: look at the preview, then give the same command with --yes")
    typer.confirm("Keep it 保存?", abort=True)


def _tell(desk: Desk, kept: Sequence[Kept]) -> None:
    for each in kept:
        told = f"{each.verdict.left} – {each.verdict.right}: {OUTCOMES[each.outcome]}"
        desk.console.print(told, markup=False, soft_wrap=True)


def _between(interval: tuple[float, float] | None) -> str | None:
    return None if interval is None else f"{interval[0]:.2f} to {interval[1]:.2f}"


def _as_json(each: Agreement) -> dict[str, object]:
    return {
        "register": each.register,
        "counts": {f"{one}/{other}": count for (one, other), count in sorted(each.counts.items())},
        "pairs": each.pairs,
        "agreed": each.agreed,
        "agreed_interval": each.share_interval,
        "kappa": each.kappa,
        "kappa_interval": each.interval,
        "awaiting_second": each.awaiting_second,
        "awaiting_third": each.awaiting_third,
        "adjudicated": each.adjudicated,
    }
