"""`hub ingest`: deliveries into the warehouse."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb
from hub.deliveries import delivery_tables, repeated
from hub.exits import DEPARTMENT
from hub.stages import bring_in


@dataclass(frozen=True)
class IngestOptions:
    """Options of `hub ingest`."""

    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", exists=True, help="Delivered files, and folders of them.")
    ]
    approve: Annotated[
        bool, typer.Option("--approve", help="Let deliveries through that wait because they are much too short.")
    ] = False


@verb(IngestOptions)
def ingest(desk: Desk, options: IngestOptions) -> None:
    """Bring deliveries in: archive, read, check, standardise, store; what cannot be used is set aside. 入库"""
    with desk.site() as site:
        reports = bring_in(options.paths, site, approve=options.approve)
    for drawn in delivery_tables(reports, desk.declarations):
        desk.console.print(drawn)
    if repeated(reports):
        desk.console.print(f"{repeated(reports)} deliveries had come before: nothing changed for them.")
    if not all(each.is_accepted for each in reports):
        raise typer.Exit(DEPARTMENT)
