"""`hub graph`: the current snapshot's graph on a Neo4j server."""

from dataclasses import dataclass
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb
from hub.graph.neo4j_load import How, load, way_to
from hub.serving import servers_of, tables_of

FILES = "graph-import"


@dataclass(frozen=True)
class LoadOptions:
    """Options of `hub graph load`."""

    how: Annotated[
        How | None,
        typer.Option(help="By the server's import; by files for its operator, then imported; or over the connection."),
    ] = None


@verb(LoadOptions)
def load_graph(desk: Desk, options: LoadOptions) -> None:
    """Put the current snapshot's graph on the server afresh, check it, and let readers use it. 装载图库"""
    servers = servers_of(desk.home)
    how = way_to(servers.served, options.how)
    with desk.site() as site:
        tables = tables_of(site)
        loaded = load(servers, tables, how, folder=site.settings.temp_directory / FILES, progress=site.progress)
    if loaded.script is not None:
        desk.console.print(
            f"Files for {loaded.uri} lie beside {loaded.script}. Its operator stops the server, runs that script with "
            "the files at the same place, and starts the server; then: hub graph load --how imported. "
            "Without the server's own tools: hub graph load --how batches.",
            soft_wrap=True,
        )
        return
    desk.console.print(
        f"{loaded.uri} serves snapshot [bold]{tables.edition.snapshot_id}[/], as of {tables.edition.as_of}.",
        soft_wrap=True,
    )
