"""What a home puts on its graph servers: the graph tables of its current snapshot."""

import hashlib
from collections.abc import Mapping

from hub.errors import PublishError, UsageError
from hub.graph.neo4j_batches import GraphEdition, GraphTables
from hub.graph.neo4j_publish import Published, Rooms, holds, publish_graph
from hub.graph.neo4j_servers import GraphServers, graph_servers
from hub.graph.neo4j_settings import read_neo4j_settings
from hub.graph.tables import summarise_graph
from hub.settings import HOME_FILE
from hub.site import Site
from stores.home import Home
from stores.snapshots import Manifest, TableSummary

HELD, FILES = "graph-held", "graph-import"


def servers_of(home: Home) -> GraphServers:
    """The graph servers of the home; raises UsageError where it names none."""
    found = find_servers(home)
    if found is None:
        raise UsageError(
            f"{home.root / HOME_FILE} names no graph server: write uri and password_file under [neo4j], or set "
            "HUB_NEO4J_URI and HUB_NEO4J_PASSWORD_FILE (docs/neo4j.md)"
        )
    return found


def find_servers(home: Home) -> GraphServers | None:
    """The graph servers of the home, None where the embedded graph is all it has."""
    settings = read_neo4j_settings(home.root / HOME_FILE)
    return None if settings is None else graph_servers(home.root, settings)


def bring_up_to_date(site: Site, servers: GraphServers, *, fresh: Manifest | None = None) -> Published:
    """Brings the server that is read to the current snapshot, or to `fresh`, of which the warehouse has just been read.

    Raises GraphError where a server is away or refuses; the snapshot and its readers lose nothing by that.
    """
    manifest = fresh or _current(site)
    if holds(servers.served, manifest.id):
        return Published(servers.served.uri, manifest.id, 0)
    tables = tables_of(site) if fresh is None else _tables(site, manifest)
    return publish_graph(servers, tables, rooms_of(site), site.progress)


def tables_of(site: Site) -> GraphTables:
    """The graph tables in the warehouse; raises PublishError unless they are those of the current snapshot."""
    manifest = _current(site)
    sums = summarise_graph(site.warehouse, site.declarations.graph)
    if sums != manifest.graph:
        raise PublishError(
            f"the warehouse does not hold the graph of snapshot {manifest.id}: run `hub publish`, then this again"
        )
    return _tables(site, manifest)


def _current(site: Site) -> Manifest:
    with site.shelf.reading() as snapshot:
        return snapshot.manifest


def _tables(site: Site, manifest: Manifest) -> GraphTables:
    return GraphTables(site.warehouse, site.declarations.graph, edition_of(manifest))


def rooms_of(site: Site) -> Rooms:
    """Where the home keeps what its graph servers hold, and files of an import."""
    return Rooms(site.home.root / HELD, site.settings.temp_directory / FILES)


def edition_of(manifest: Manifest) -> GraphEdition:
    """The snapshot's graph by name, date and the sums of its tables."""
    return GraphEdition(manifest.id, manifest.as_of, digest_of(manifest.graph))


def digest_of(sums: Mapping[str, TableSummary]) -> str:
    """The sums of all graph tables as one text."""
    text = "\n".join(f"{name} {each.rows} {each.hash}" for name, each in sorted(sums.items()))
    return hashlib.sha256(text.encode()).hexdigest()
