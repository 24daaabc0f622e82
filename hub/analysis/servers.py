"""The graph server of the analysts: one of its own, never one that the hub's readers use."""

from pathlib import Path
from urllib.parse import urlsplit

from hub.analysis.releases import Release
from hub.errors import UsageError
from hub.graph.errors import GraphServerError
from hub.graph.neo4j import connected
from hub.graph.neo4j_batches import GraphTables
from hub.graph.neo4j_load import How, held_by, load
from hub.graph.neo4j_servers import GraphServers
from hub.graph.neo4j_settings import HERE, Neo4jSettings, read_neo4j_settings
from hub.graph.neo4j_store import served
from hub.graph.neo4j_texts import CLEAR_CYPHER, UNMARK_CYPHER
from hub.settings import HOME_FILE
from stores.home import Home
from stores.progress import Progress

TABLE, PREFIX = "analysis", "release-"
PORT = 7687


def analysis_server(home: Home) -> Neo4jSettings:
    """The analysts' server; raises UsageError where the home names none, or one that the hub's readers use."""
    file = home.root / HOME_FILE
    found = read_neo4j_settings(file, table=TABLE)
    if found is None:
        raise UsageError(
            f"{file} names no server for analysts: write uri and password_file under [{TABLE}], or set "
            "HUB_ANALYSIS_URI and HUB_ANALYSIS_PASSWORD_FILE; or export --to embedded"
        )
    production = read_neo4j_settings(file)
    taken = [each.uri for each in (production, production and production.standby) if each is not None]
    if any(_address(found.uri) == _address(uri) for uri in taken):
        raise UsageError(
            f"{found.uri} is a server of the hub's own graph: a copy would take it from its readers. Analysts need a "
            "server of their own"
        )
    return found


def put_on_server(settings: Neo4jSettings, tables: GraphTables, *, folder: Path, progress: Progress) -> None:
    """Loads a release in place of an earlier one, by the server's import where the hub can reach it.

    Raises GraphServerError where the server holds something else than a release.
    """
    held = held_by(settings)
    if held is not None and not held.snapshot_id.startswith(PREFIX):
        raise GraphServerError(
            f"{settings.uri} serves snapshot {held.snapshot_id}, which is no release for analysts: name a server of "
            "their own, or empty this one first"
        )
    if held is not None:
        with connected(settings) as server:
            server.execute(UNMARK_CYPHER)
    how = How.IMPORT if settings.can_import else How.BATCHES
    load(GraphServers(settings, None, folder), tables, how, folder=folder, progress=progress)


def clear_server(settings: Neo4jSettings, release: Release) -> None:
    """Empties the server if it still holds this release."""
    with connected(settings) as server:
        held = server.read(served)
        if held is not None and held.snapshot_id == release.id:
            server.execute(UNMARK_CYPHER, CLEAR_CYPHER)


def _address(uri: str) -> tuple[str, int]:
    parts = urlsplit(uri)
    host = parts.hostname or ""
    return ("here" if host in HERE else host, parts.port or PORT)
