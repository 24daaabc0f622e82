"""Compares the graph on a server with the graph tables, to the last property, and leaves word of it on the server."""

from collections.abc import Sequence
from datetime import UTC, datetime

from hub.graph.errors import GraphServerError
from hub.graph.neo4j import Neo4jServer
from hub.graph.neo4j_batches import GraphTables, lease
from hub.graph.neo4j_store import served
from hub.graph.neo4j_sums import differences, found_sums, wanted_sums
from hub.graph.neo4j_texts import VERIFIED_CYPHER


def verify(server: Neo4jServer, tables: GraphTables) -> Sequence[str]:
    """What differs between server and tables, in words, nothing where all is well; readers are told from then on.

    Raises GraphServerError where the server holds another snapshot.
    """
    wanted = tables.edition.snapshot_id
    _assert_holds(server, wanted)
    found = compare(server, tables)
    with lease(server, "marking") as transaction:
        held = served(transaction)
        if held is None or held.snapshot_id != wanted:
            raise GraphServerError(f"{server.settings.uri} went on to another snapshot meanwhile: verify again")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        transaction.rows(VERIFIED_CYPHER, {"verified": now, "differs": "; ".join(found) or None})
        transaction.commit()
    return found


def compare(server: Neo4jServer, tables: GraphTables) -> list[str]:
    """What differs between server and tables; every property of every node and relationship is read, on the server."""
    wanted, alphabet = wanted_sums(tables.warehouse, tables.model)
    return differences(wanted, found_sums(server, tables.model, alphabet))


def _assert_holds(server: Neo4jServer, wanted: str) -> None:
    held = server.read(served)
    if held is None or held.snapshot_id != wanted:
        holds = f"holds snapshot {held.snapshot_id}" if held else "holds no whole graph"
        raise GraphServerError(f"{server.settings.uri} {holds}, the home is at {wanted}: run `hub graph publish`")
