"""Writes graph tables to a server in batches over the connection, where its import cannot be reached.

A load that is broken off leaves no snapshot node: nobody reads it, and the next load starts from nothing.
"""

import getpass
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from hub.graph.errors import GraphBuildError, GraphServerError
from hub.graph.neo4j import Neo4jServer, Neo4jTransaction
from hub.graph.neo4j_texts import (
    CLEAR_CYPHER,
    LEASE_CYPHER,
    MARK_CYPHER,
    UNMARK_CYPHER,
    create_nodes_cypher,
    create_relationships_cypher,
    names_cypher,
)
from schemas.readers.graph import End, GraphModel, Property, RelationshipType
from stores.warehouse import Warehouse

READ_ROWS = 100_000


@dataclass(frozen=True)
class GraphEdition:
    """One state of the graph: its snapshot, its date, and the sums of its tables as one text."""

    snapshot_id: str
    as_of: date
    tables: str


@dataclass(frozen=True)
class GraphTables:
    """The graph tables in a warehouse, by what they were declared, and which snapshot they are."""

    warehouse: Warehouse
    model: GraphModel
    edition: GraphEdition


def write_in_batches(server: Neo4jServer, tables: Warehouse, model: GraphModel) -> None:
    """Replaces whatever is on the server by the graph tables; the caller checks it, then marks it as a snapshot.

    Raises GraphBuildError where a relationship found no node to start or end at.
    """
    server.execute(*names_cypher(model))
    with lease(server, "loading"):
        server.execute(UNMARK_CYPHER, CLEAR_CYPHER)
        for label in model.labels.values():
            names = [each.name for each in label.properties]
            for rows in table_rows(tables, label.table, names):
                properties = [dict(zip(names, row, strict=True)) for row in rows]
                _write(server, create_nodes_cypher(label.label), properties)
        for each in model.types.values():
            for end in each.ends:
                _write_relationships(server, tables, each, end)


def mark(transaction: Neo4jTransaction, edition: GraphEdition, *, verified: bool) -> None:
    """Says that the graph is this snapshot from now on."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    parameters = {"id": edition.snapshot_id, "as_of": edition.as_of, "tables": edition.tables, "published": now}
    transaction.rows(MARK_CYPHER, {**parameters, "verified": now if verified else None})


@contextmanager
def lease(server: Neo4jServer, phase: str) -> Iterator[Neo4jTransaction]:
    """The right to change the graph, held by a transaction that is open all the while and gone with whoever holds it.

    Raises GraphServerError where somebody else holds it.
    """
    if others := server.read(lambda transaction: transaction.publishing()):
        raise GraphServerError(
            f"{server.settings.uri}: another publication is at work there ({', '.join(others)}): wait until it is done"
        )
    with server.write(phase) as transaction:
        transaction.rows(LEASE_CYPHER, {"by": f"{getpass.getuser()} {os.getpid()}"})
        yield transaction


def table_rows(
    tables: Warehouse, table: str, names: Sequence[str], where: str = "true"
) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a table in parts that fit into memory."""
    [(last,)] = tables.rows(f"SELECT coalesce(max(rowid), -1) FROM {table}")
    columns = ", ".join(f'"{name}"' for name in names)
    for first in range(0, last + 1, READ_ROWS):
        rows = tables.rows(
            f"SELECT {columns} FROM {table} WHERE rowid >= {first} AND rowid < {first + READ_ROWS} AND {where}"
        )
        if rows:
            yield rows


def property_rows(rows: Sequence[tuple[Any, ...]], properties: Sequence[Property]) -> list[list[object]]:
    """Rows of start id, end id and properties, as the server takes them."""
    names = [each.name for each in properties]
    return [[row[0], row[1], dict(zip(names, row[2:], strict=True))] for row in rows]


def _write_relationships(server: Neo4jServer, tables: Warehouse, each: RelationshipType, end: End) -> None:
    names = ["start_id", "end_id", *(one.name for one in each.stored_properties)]
    where = f"start_label = '{end.start}' AND end_label = '{end.end}'"
    for rows in table_rows(tables, each.table, names, where):
        written = property_rows(rows, each.stored_properties)
        _write(server, create_relationships_cypher(each, end), written)


def _write(server: Neo4jServer, text: str, rows: Sequence[object]) -> None:
    size = server.settings.batch_rows
    for first in range(0, len(rows), size):
        part = rows[first : first + size]
        with server.write("loading a batch") as transaction:
            [[created]] = transaction.rows(f"{text} RETURN count(*)", {"rows": part})
            if created != len(part):
                raise GraphBuildError(
                    f"{server.settings.uri}: {len(part) - created} of {len(part)} rows found no node to start or end "
                    "at: the graph tables do not hang together; run `hub publish` again"
                )
            transaction.commit()
