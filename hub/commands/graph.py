"""`hub graph`: the current snapshot's graph on a Neo4j server."""

from dataclasses import dataclass
from typing import Annotated

import typer

from hub.commands.desk import Desk, verb
from hub.graph.errors import GraphBuildError
from hub.graph.neo4j import connected
from hub.graph.neo4j_load import How, load, way_to
from hub.graph.neo4j_publish import Published, keep
from hub.graph.neo4j_verify import verify
from hub.serving import bring_up_to_date, rooms_of, servers_of, tables_of


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
        keep(tables, rooms_of(site))
        loaded = load(servers, tables, how, folder=rooms_of(site).files, progress=site.progress)
    tell_served(desk, Published(loaded.uri, tables.edition.snapshot_id, None, loaded.script))


@dataclass(frozen=True)
class PublishGraphOptions:
    """`hub graph publish` takes the global options only."""


@verb(PublishGraphOptions)
def publish_to_server(desk: Desk, options: PublishGraphOptions) -> None:
    """Bring the server to the current snapshot: by what differs, else by a load on the standby. 发布图库"""
    servers = servers_of(desk.home)
    with desk.site() as site:
        published = bring_up_to_date(site, servers)
    tell_served(desk, published)


def tell_served(desk: Desk, published: Published) -> None:
    """Says what readers of the graph server get now, or what its operator has to do."""
    if published.changes is not None:
        told = f"{published.changes:,} changes in one transaction" if published.changes else "nothing new"
        desk.console.print(f"{published.uri}: {told}.", soft_wrap=True)
    if published.script is None:
        desk.console.print(f"{published.uri} serves snapshot [bold]{published.snapshot_id}[/].", soft_wrap=True)
        return
    desk.console.print(
        f"Files for {published.uri} lie beside {published.script}. Its operator stops the server, runs that script "
        "with the files at the same place, and starts the server; then: hub graph load --how imported. "
        "Without the server's own tools: hub graph load --how batches.",
        soft_wrap=True,
    )


@dataclass(frozen=True)
class VerifyOptions:
    """`hub graph verify` takes the global options only."""


@verb(VerifyOptions)
def verify_graph(desk: Desk, options: VerifyOptions) -> None:
    """Compare every node and relationship on the server with the home's graph tables. 核对图库"""
    servers = servers_of(desk.home)
    with desk.site() as site, connected(servers.served) as server:
        tables = tables_of(site)
        found = verify(server, tables)
    if found:
        raise GraphBuildError(
            f"{servers.served.uri} does not hold snapshot {tables.edition.snapshot_id} any more: {'; '.join(found)}. "
            "Nobody is answered from it now; load it afresh with `hub graph load`"
        )
    desk.console.print(
        f"{servers.served.uri} holds snapshot [bold]{tables.edition.snapshot_id}[/], to the last property."
    )
