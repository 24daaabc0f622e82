"""What the graphs of a home are: engine, version, snapshot, age, how much, verified or not, or why nobody can say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hub.graph.errors import GraphError
from hub.graph.neo4j import Neo4jTransaction, connected
from hub.graph.neo4j_servers import GraphServers
from hub.graph.neo4j_settings import Neo4jSettings
from hub.graph.neo4j_store import Served, served
from hub.graph.neo4j_texts import count_cypher
from schemas.readers.graph import GraphModel
from stores.snapshots import Manifest

EMBEDDED, SERVER = "ladybug", "neo4j"


@dataclass(frozen=True)
class GraphStatus:
    """One graph. `trouble` says why it cannot be read, and what to do; `verified` is None where nobody has compared it.

    The embedded graph is compared with its tables whenever it is built.
    """

    engine: str
    version: str
    place: str
    is_read: bool
    snapshot: str | None = None
    as_of: date | None = None
    published: datetime | None = None
    verified: datetime | None = None
    nodes: int = 0
    relationships: int = 0
    trouble: str | None = None

    def told(self, current: str | None, now: datetime) -> str:
        """The graph as one line."""
        name = f"{self.engine} {self.version}".strip() + f", {self.place}"
        if self.snapshot is None:
            return f"{name}: {self.trouble}"
        parts = [f"snapshot {self.snapshot}{' (current)' if self.snapshot == current else ', not the current one'}"]
        parts.append(f"as of {self.as_of}")
        if self.published is not None:
            parts.append(f"published {_ago(now - self.published)} ago")
        parts.append(f"{self.nodes:,} nodes, {self.relationships:,} relationships")
        if self.engine == SERVER:
            parts.append(f"verified {_ago(now - self.verified)} ago" if self.verified else "not verified")
        return f"{name}: " + ", ".join([*parts, *([self.trouble] if self.trouble else [])])


def embedded_status(manifest: Manifest | None, model: GraphModel, *, is_read: bool) -> GraphStatus:
    """The graph in the current snapshot's folder."""
    if manifest is None:
        return GraphStatus(EMBEDDED, "", "in the snapshot", is_read, trouble="nothing is published yet")
    return GraphStatus(
        engine=EMBEDDED,
        version=manifest.engines.get(EMBEDDED, ""),
        place="in the snapshot",
        is_read=is_read,
        snapshot=manifest.id,
        as_of=manifest.as_of,
        nodes=sum(each.rows for name, each in manifest.graph.items() if name in model.labels),
        relationships=sum(each.rows for name, each in manifest.graph.items() if name in model.types),
    )


def server_statuses(servers: GraphServers, model: GraphModel) -> list[GraphStatus]:
    """The graph on the server that is read, and on the one that stands by."""
    spare = [] if servers.spare is None else [_server_status(servers.spare, model, is_read=False)]
    return [_server_status(servers.served, model, is_read=True), *spare]


def _server_status(settings: Neo4jSettings, model: GraphModel, *, is_read: bool) -> GraphStatus:
    place = settings.uri if is_read else f"{settings.uri} (standby)"
    try:
        with connected(settings) as server:
            found, counts = server.read(lambda transaction: _held(transaction, model))
            version = f"{server.kind.version} {server.kind.edition}"
    except GraphError as error:
        return GraphStatus(SERVER, "", place, is_read, trouble=str(error))
    if found is None:
        return GraphStatus(SERVER, version, place, is_read, trouble="holds no whole graph: `hub graph load`")
    return GraphStatus(
        engine=SERVER,
        version=version,
        place=place,
        is_read=is_read,
        snapshot=found.snapshot_id,
        as_of=found.as_of,
        published=found.published,
        verified=found.verified,
        nodes=sum(counts[name] for name in model.labels),
        relationships=sum(counts[name] for name in model.types),
        trouble=found.mistake(),
    )


def _held(transaction: Neo4jTransaction, model: GraphModel) -> tuple[Served | None, Mapping[str, int]]:
    counts = {name: transaction.rows(text, fresh=True)[0][0] for name, text in count_cypher(model).items()}
    return served(transaction), counts


def _ago(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{max(seconds, 0)} seconds"
