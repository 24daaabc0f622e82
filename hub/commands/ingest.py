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


@verb(IngestOptions)
def ingest(desk: Desk, options: IngestOptions) -> None:
    """Bring deliveries in: archive, read, check, standardise, store; what cannot be used is set aside. 入库"""
    named = read_named(options.paths or [], approve=options.approve)
    if not options.paths and not options.approve:
        raise UsageError("name the delivered files or folders, as in `hub ingest PATH…`")
    with desk.site() as site:
        reports = let_through(named, site) if options.approve else []
        if named.paths:
            reports += bring_in(named.paths, site, approve=options.approve)
    if not reports:
        desk.console.print("No delivery waits for approval.")
    tell_deliveries(reports, desk.declarations, desk.console)
    if not all(each.is_accepted for each in reports):
        raise typer.Exit(DEPARTMENT)
