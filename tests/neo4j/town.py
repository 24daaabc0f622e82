"""Small towns on a real server."""

import sys

from hub.graph.neo4j import connected
from hub.graph.neo4j_batches import GraphEdition, mark, write_in_batches
from hub.graph.neo4j_settings import Neo4jSettings
from hub.graph.neo4j_store import Neo4jStore, open_neo4j
from stores.warehouse import Warehouse
from tests.hub.graph.contract import MODEL
from tests.smalltown.town import AS_OF
from tools.neo4j.server import Server

SMALLTOWN = GraphEdition("smalltown", AS_OF, "0")


def settings_of(server: Server, **others: object) -> Neo4jSettings:
    """How the hub reaches the server."""
    return Neo4jSettings(server.uri, server.password_file, **others)  # type: ignore[arg-type]


def with_tools(server: Server) -> Neo4jSettings:
    """The same, with the server's own tools in the hub's reach."""
    tool = [sys.executable, "-m", "tools.neo4j", "--home", str(server.home)]
    return settings_of(server, admin=(*tool, "admin"), stop=(*tool, "stop"), start=(*tool, "start"))


def empty(server: Server) -> None:
    """Takes everything off the server."""
    with connected(settings_of(server)) as connection:
        connection.execute("MATCH (n) DETACH DELETE n")


def put(tables: Warehouse, server: Server, edition: GraphEdition = SMALLTOWN) -> None:
    """Leaves exactly these graph tables on the server."""
    with connected(settings_of(server)) as connection:
        write_in_batches(connection, tables, MODEL)
        with connection.write("marking") as transaction:
            mark(transaction, edition, verified=True)
            transaction.commit()


def opened(server: Server, **others: object) -> Neo4jStore:
    """The graph on the server."""
    return open_neo4j(settings_of(server, **others), MODEL)
