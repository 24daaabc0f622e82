"""Brings a server from the snapshot that it holds to the next one, in one transaction: readers see one or the other.

What it has written it reads back, and counts, before it commits.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hub.graph.errors import GraphBuildError, GraphServerError
from hub.graph.neo4j import Neo4jServer, Neo4jTransaction
from hub.graph.neo4j_batches import GraphTables, lease, mark, property_rows
from hub.graph.neo4j_difference import Part, parts_of
from hub.graph.neo4j_store import END_COLUMNS, returned_table, served, typed_columns
from hub.graph.neo4j_texts import (
    change_nodes_cypher,
    change_relationships_cypher,
    count_cypher,
    create_nodes_cypher,
    create_relationships_cypher,
    delete_nodes_cypher,
    delete_relationships_cypher,
    touched_nodes_cypher,
    touched_relationships_cypher,
)
from schemas.readers.graph import End, NodeLabel, RelationshipType
from schemas.readers.registers import FieldType
from stores.summaries import summarise, together

Rows = Sequence[tuple[Any, ...]]
Columns = Sequence[tuple[str, FieldType]]
SOMEBODY = "somebody else has written into the graph; `hub graph verify` tells what differs"


def apply_difference(server: Neo4jServer, tables: GraphTables, *, held: str) -> None:
    """Writes what `differences_from` has found, provided that the server still holds the snapshot `held`.

    Raises GraphServerError where it does not, GraphBuildError where the graph is not what the tables say it is: then
    somebody else has written into it, nothing is changed, and `hub graph verify` tells what differs.
    """
    with lease(server, "publishing") as transaction:
        now = served(transaction)
        if now is None or now.snapshot_id != held:
            raise GraphServerError(
                f"{server.settings.uri} does not hold snapshot {held} any more: give the command again"
            )
        _Delta(transaction, tables, server.settings.batch_rows).write()
        mark(transaction, tables.edition, verified=False)
        transaction.commit()


class _Delta:
    """The steps of one difference, in the order in which nothing hangs in the air."""

    def __init__(self, transaction: Neo4jTransaction, tables: GraphTables, batch_rows: int) -> None:
        self._transaction = transaction
        self._tables = tables.warehouse
        self._model = tables.model
        self._parts = parts_of(tables.model)
        self._batch_rows = batch_rows

    def write(self) -> None:
        for each in self._model.types.values():
            self._delete_relationships(each)
        for label in self._model.labels.values():
            self._write_nodes(label)
        for each in self._model.types.values():
            self._write_relationships(each)
        for label in self._model.labels.values():
            self._read_back_nodes(label)
        for each in self._model.types.values():
            self._read_back_relationships(each)
        self._count()

    def _delete_relationships(self, each: RelationshipType) -> None:
        gone = self._parts[each.type].gone
        for start in sorted({end.start for end in each.ends}):
            rows = self._batches(gone, ["start_id", "eid"], f"start_label = '{start}'")
            self._write(delete_relationships_cypher(each.type, start), rows)

    def _write_nodes(self, label: NodeLabel) -> None:
        part, names = self._parts[label.label], [each.name for each in label.properties]
        self._write(delete_nodes_cypher(label.label), self._batches(part.gone, ["id"]))
        for text, source in (
            (create_nodes_cypher(label.label), part.new),
            (change_nodes_cypher(label.label), part.changed),
        ):
            batches = self._batches(source, names)
            self._write(text, ([dict(zip(names, row, strict=True)) for row in rows] for rows in batches))

    def _write_relationships(self, each: RelationshipType) -> None:
        part, names = self._parts[each.type], [one.name for one in each.stored_properties]
        for end in each.ends:
            for text, source, other in (
                (create_relationships_cypher(each, end), part.new, "end_id"),
                (change_relationships_cypher(each, end), part.changed, "eid"),
            ):
                batches = self._batches(source, ["start_id", other, *names], between_sql(end))
                self._write(text, (property_rows(rows, each.stored_properties) for rows in batches))

    def _write(self, text: str, batches: Iterable[Sequence[object]]) -> None:
        for rows in batches:
            [[done]] = self._transaction.rows(f"{text} RETURN count(*)", {"rows": rows})
            if done != len(rows):
                raise GraphBuildError(f"{done} of {len(rows)} rows were there to be changed: {SOMEBODY}\nin: {text}")

    def _read_back_nodes(self, label: NodeLabel) -> None:
        columns = typed_columns(label.properties)
        found = (
            self._transaction.rows(touched_nodes_cypher(label), {"rows": [key for (key,) in rows]})
            for rows in self._batches(f"temp.after_{label.label.lower()}", ["id"])
        )
        self._compare(self._parts[label.label], columns, found)

    def _read_back_relationships(self, each: RelationshipType) -> None:
        columns = [*END_COLUMNS, *typed_columns(each.stored_properties)]
        after = f"temp.after_{each.type.lower()}"
        found = (
            self._transaction.rows(touched_relationships_cypher(each, end), {"rows": [list(row) for row in rows]})
            for end in each.ends
            for rows in self._batches(after, ["start_id", "eid"], between_sql(end))
        )
        self._compare(self._parts[each.type], columns, found)

    def _compare(self, part: Part, columns: Columns, found: Iterator[list[list[Any]]]) -> None:
        names = ", ".join(f'"{name}"' for name, _ in columns)
        self._tables.execute(f"CREATE OR REPLACE TEMP VIEW wanted AS SELECT {names} FROM temp.after_{part.name}")
        wanted = together([summarise(self._tables, "wanted")])
        self._tables.execute("DROP VIEW temp.wanted")
        sums = []
        for rows in found:
            if rows:
                self._tables.register_arrow("returned", returned_table(rows, columns))
                sums.append(summarise(self._tables, "returned"))
                self._tables.unregister("returned")
        if together(sums) != wanted:
            raise GraphBuildError(
                f"{part.table}: what was written does not read back as it should: nothing was changed"
            )

    def _count(self) -> None:
        for name, text in count_cypher(self._model).items():
            [[found]] = self._transaction.rows(text)
            [(wanted,)] = self._tables.rows(f"SELECT count(*) FROM {self._parts[name].table}")
            if found != wanted:
                raise GraphBuildError(f"the graph would have {found:,} {name}, its table has {wanted:,}: {SOMEBODY}")

    def _batches(self, source: str, names: Sequence[str], where: str = "true") -> Iterator[Rows]:
        columns = ", ".join(f'"{name}"' for name in names)
        rows = self._tables.rows(f"SELECT {columns} FROM {source} WHERE {where}")
        for first in range(0, len(rows), self._batch_rows):
            yield rows[first : first + self._batch_rows]


def between_sql(end: End) -> str:
    """The condition for rows between two labels."""
    return f"start_label = '{end.start}' AND end_label = '{end.end}'"
