"""Brings the graph that readers use to the current snapshot: by what differs where that is known and not too much.

A publication that was cut off anywhere goes on when the same command is given again: the server says what it holds.
"""

from dataclasses import dataclass
from pathlib import Path

from hub.graph.neo4j import connected
from hub.graph.neo4j_batches import GraphTables
from hub.graph.neo4j_delta import apply_difference
from hub.graph.neo4j_difference import differences_from, held_sqls
from hub.graph.neo4j_load import load, readable, way_to
from hub.graph.neo4j_servers import GraphServers
from hub.graph.neo4j_settings import Neo4jSettings
from stores.held import forget_others, held_file, keep_rows
from stores.progress import Progress

STEPS = 3


@dataclass(frozen=True)
class Rooms:
    """Folders of the home: for what is kept of each state, and for files of an import."""

    held: Path
    files: Path


@dataclass(frozen=True)
class Published:
    """What it took: `changes` in one transaction, or None for a load; `script` is left to the operator."""

    uri: str
    snapshot_id: str
    changes: int | None
    script: Path | None = None


def holds(settings: Neo4jSettings, snapshot_id: str) -> bool:
    """Whether readers of this server get the snapshot already; raises GraphServerError where it cannot be asked."""
    with connected(settings) as server:
        now = readable(server)
    return now is not None and now.snapshot_id == snapshot_id


def publish_graph(servers: GraphServers, tables: GraphTables, rooms: Rooms, progress: Progress) -> Published:
    """Publishes the graph tables; nothing happens where the server holds them already.

    Raises GraphServerError where it takes a load, and no server stands by for it.
    """
    served, wanted = servers.served, tables.edition.snapshot_id
    progress.step("graph", "what is served", 0, STEPS)
    with connected(served) as server:
        now = readable(server)
    if now is not None and now.snapshot_id == wanted:
        return Published(served.uri, wanted, 0)
    keep(tables, rooms)
    earlier = held_file(rooms.held, now.snapshot_id) if now else None
    if now is not None and earlier is not None and earlier.is_file():
        progress.step("graph", "what differs", 1, STEPS)
        with differences_from(tables.warehouse, tables.model, earlier) as changes:
            if changes <= served.atomic_changes:
                progress.step("graph", f"{changes:,} changes", 2, STEPS)
                with connected(served) as server:
                    apply_difference(server, tables, held=now.snapshot_id)
                forget_others(rooms.held, held_file(rooms.held, wanted))
                return Published(served.uri, wanted, changes)
    target = servers.spare or served
    loaded = load(servers, tables, way_to(target, None), folder=rooms.files, progress=progress)
    if loaded.script is None:
        forget_others(rooms.held, held_file(rooms.held, wanted))
    return Published(loaded.uri, wanted, None, loaded.script)


def keep(tables: GraphTables, rooms: Rooms) -> None:
    """Keeps what the next publication will compare with; before anything is written to the server."""
    file = held_file(rooms.held, tables.edition.snapshot_id)
    if not file.is_file():
        keep_rows(tables.warehouse, file, held_sqls(tables.warehouse, tables.model))
