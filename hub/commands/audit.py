"""`hub audit`: who looked, whether the log holds together, and checkpoints for a second party."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb
from hub.commands.look_around import Case, Output, OutputFormat, Purpose, day
from hub.formats import Format, hand_out
from hub.reading.who_looked import who_looked
from hub.sharing import audit
from hub.sharing.audit_files import CHECKPOINT
from hub.sharing.audit_list import Wanted
from hub.sharing.audit_note import parse_key

Day = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="A day of UTC, itself included.")
]


@dataclass(frozen=True)
class ListOptions:
    """Options of `hub audit list`."""

    entity: Annotated[
        list[str], typer.Option(metavar="ID", help="About this person, house or unit; or several, each given again.")
    ] = field(default_factory=list)
    caller: Annotated[str, typer.Option(help="By this caller.")] = ""
    read_for: Annotated[str, typer.Option(help="What was read, or refused, for this purpose.")] = ""
    since: Day = None
    until: Day = None
    purpose: Purpose = ""
    case: Case = ""
    format: OutputFormat = Format.TABLE
    output: Output = None


@verb(ListOptions)
def list_records(desk: Desk, options: ListOptions) -> None:
    """Who read what, when and for which purpose; --entity tells who looked at a person. 查阅记录"""
    wanted = Wanted(
        tuple(options.entity), options.caller, options.read_for, since=day(options.since), until=day(options.until)
    )
    found = who_looked(desk.reader(options.purpose, options.case), wanted)
    hand_out(found, desk.console, format_=options.format, output=options.output, about=wanted.parameters())


@dataclass(frozen=True)
class VerifyOptions:
    """Options of `hub audit verify`."""

    checkpoint: Annotated[
        list[Path], typer.Option(metavar="FILE", help="Checkpoints that a second party kept; may be given again.")
    ] = field(default_factory=list)
    key: Annotated[str, typer.Option(help="The log's public key as the second party has it, or a file with it.")] = ""


@verb(VerifyOptions)
def verify(desk: Desk, options: VerifyOptions) -> None:
    """Walk the whole log and hold it to its signed checkpoints, above all to those kept elsewhere. 校验"""
    text = Path(options.key).read_text(encoding="utf-8") if Path(options.key).is_file() else options.key
    found = audit.verify(desk.home.audit, key=parse_key(text) if text else None, kept=options.checkpoint)
    desk.console.print(
        f"The audit log holds together: {found.records:,} records, {found.covered:,} of them under a signed "
        f"checkpoint; held to {found.checkpoints:,} checkpoints.",
        soft_wrap=True,
    )
    if not options.checkpoint:
        desk.console.print(
            "  Against a log that was put back or made anew as a whole only a checkpoint kept elsewhere tells: "
            "--checkpoint FILE",
            soft_wrap=True,
        )


@dataclass(frozen=True)
class CheckpointOptions:
    """`hub audit checkpoint` takes the global options only."""


@verb(CheckpointOptions)
def checkpoint(desk: Desk, options: CheckpointOptions) -> None:
    """Sign a checkpoint of every record there is, hand it to the second party, and print it. 检查点"""
    audit.cover(desk.home)
    typer.echo((desk.home.audit / CHECKPOINT).read_text(encoding="utf-8"), nl=False)
