"""`hub run`: ingest, resolve and publish in one go."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from hub import pipeline
from hub.commands.desk import Desk, verb
from hub.commands.publish import tell_publication
from hub.deliveries import delivery_tables, repeated
from hub.exits import DEPARTMENT


@dataclass(frozen=True)
class RunOptions:
    """Options of `hub run`."""

    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH…", exists=True, help="Delivered files, and folders; none to go on with a stopped run."
        ),
    ] = None
    approve: Annotated[
        bool, typer.Option("--approve", help="Let deliveries through that wait because they are much too short.")
    ] = False


@verb(RunOptions)
def run(desk: Desk, options: RunOptions) -> None:
    """Ingest → resolve → publish. Stopped anywhere, the same command goes on from there. 全流程"""
    with desk.site() as site:
        report = pipeline.run(options.paths or [], site, approve=options.approve)
    for drawn in delivery_tables(report.deliveries, desk.declarations):
        desk.console.print(drawn)
    if repeated(report.deliveries):
        desk.console.print(f"{repeated(report.deliveries)} deliveries had come before: nothing changed for them.")
    if report.publication is None:
        desk.console.print(f"Nothing new: snapshot {desk.shelf.current_name()} stays.")
    else:
        tell_publication(desk, report.publication)
    if not all(each.is_accepted for each in report.deliveries):
        raise typer.Exit(DEPARTMENT)
