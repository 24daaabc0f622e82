"""`hub run`: ingest, resolve and publish in one go."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from hub import pipeline
from hub.approval import let_through, read_named
from hub.commands.desk import Desk, verb
from hub.commands.graph import tell_served
from hub.commands.ingest import APPROVE
from hub.commands.lineage import tell_churn
from hub.commands.publish import tell_publication
from hub.deliveries import tell_deliveries
from hub.exits import DEPARTMENT
from hub.serving import find_servers


@dataclass(frozen=True)
class RunOptions:
    """Options of `hub run`."""

    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH…",
            help="Delivered files, and folders; none to go on with a stopped run; with --approve also numbers.",
        ),
    ] = None
    approve: Annotated[bool, typer.Option("--approve", help=APPROVE)] = False


@verb(RunOptions)
def run(desk: Desk, options: RunOptions) -> None:
    """Ingest → resolve → publish, also to the graph server. Stopped anywhere, the same command goes on. 全流程"""
    named = read_named(options.paths or [], approve=options.approve)
    servers = find_servers(desk.home)  # a mistake in the settings is told before the work
    with desk.site() as site:
        approved = let_through(named, site) if options.approve else []
        report = pipeline.run(named.paths, site, approve=options.approve)
        if report.publication is not None:
            tell_churn(site.operational, desk.console)
        if servers is not None:
            report = pipeline.serve(report, site, servers)
    deliveries = [*approved, *report.deliveries]
    tell_deliveries(deliveries, desk.declarations, desk.console)
    if report.publication is None:
        desk.console.print(f"Nothing new: snapshot {desk.shelf.current_name()} stays.")
    else:
        tell_publication(desk, report.publication)
    if report.served is not None:
        tell_served(desk, report.served)
    if report.trouble is not None:
        raise report.trouble
    if not all(each.is_accepted for each in deliveries):
        raise typer.Exit(DEPARTMENT)
