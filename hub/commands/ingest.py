"""`hub ingest`: deliveries into the warehouse."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from hub.approval import let_through, read_named
from hub.commands.desk import Desk, verb
from hub.deliveries import tell_deliveries
from hub.errors import UsageError
from hub.exits import DEPARTMENT
from hub.stages import bring_in

APPROVE = (
    "Let deliveries through that wait because they are much too short: those named, by file, folder or number; "
    "alone, all that wait."
)
INBOX = "Also what departments handed in over the network; `hub run` always takes it in."


@dataclass(frozen=True)
class IngestOptions:
    """Options of `hub ingest`."""

    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH…", help="Delivered files, and folders of them; with --approve also numbers of deliveries."
        ),
    ] = None
    approve: Annotated[bool, typer.Option("--approve", help=APPROVE)] = False
    inbox: Annotated[bool, typer.Option("--inbox", help=INBOX)] = False


@verb(IngestOptions)
def ingest(desk: Desk, options: IngestOptions) -> None:
    """Bring deliveries in: archive, read, check, standardise, store; what cannot be used is set aside. 入库"""
    named = read_named(options.paths or [], approve=options.approve)
    if not options.paths and not options.approve and not options.inbox:
        raise UsageError("name the delivered files or folders, as in `hub ingest PATH…`, or give --inbox")
    with desk.site() as site:
        reports = let_through(named, site) if options.approve else []
        if named.paths or options.inbox:
            reports += bring_in(named.paths, site, approve=options.approve, inbox=options.inbox)
    if not reports:
        desk.console.print("No delivery waits for approval." if options.approve else "Nothing waits in the inbox.")
    tell_deliveries(reports, desk.declarations, desk.console)
    if not all(each.is_accepted for each in reports):
        raise typer.Exit(DEPARTMENT)
