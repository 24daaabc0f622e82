"""The graph of one snapshot on a Neo4j server, for reading: an answer is of that whole snapshot, or there is none."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar

import pyarrow as pa

from hub.graph.errors import GraphMovedError, GraphQueryError, GraphServerError
from hub.graph.neo4j import COMMITTING, Neo4jServer, Neo4jTransaction, connect
from hub.graph.neo4j_settings import Neo4jSettings
from hub.graph.neo4j_texts import (
    SNAPSHOT_CYPHER,
    count_cypher,
    edges_cypher,
    node_rows_cypher,
    relationship_rows_cypher,
)
from hub.graph.port import Edge, EntityRef, GraphOrigin, GraphPath, Neighbourhood, Row
from hub.graph.values import check_parameters, normalise_rows
from hub.graph.walks import Reach, neighbourhood, shortest_path
from schemas.readers.cypher import parse_cypher
from schemas.readers.graph import GraphModel, Property, RelationshipType
from schemas.readers.questions import Question
from schemas.readers.registers import FieldType
from stores.snapshots import TableSummary
from stores.summaries import summarise, together
from stores.warehouse import WarehouseSettings, open_warehouse

SCRATCH = WarehouseSettings(memory_limit="512MB")
PART_ROWS = 100_000
ARROW_TYPES: Mapping[FieldType, pa.DataType] = {
    FieldType.TEXT: pa.string(),
    FieldType.DATE: pa.date32(),
    FieldType.INTEGER: pa.int64(),
    FieldType.DECIMAL: pa.float64(),
    FieldType.BOOLEAN: pa.bool_(),
}
END_COLUMNS = tuple((name, FieldType.TEXT) for name in ("start_label", "start_id", "end_label", "end_id"))
T = TypeVar("T")


@dataclass(frozen=True)
class Served:
    """The snapshot that a server holds, a node beside the graph; `tables` are the sums of its graph tables."""

    snapshot_id: str
    as_of: date
    tables: str
    published: datetime
    verified: datetime | None
    differs: str | None

    def mistake(self) -> str | None:
        """Why nobody should read it."""
        return self.differs and f"snapshot {self.snapshot_id} was changed by somebody else ({self.differs})"


def served(transaction: Neo4jTransaction) -> Served | None:
    """The snapshot on the server, None where there is none or its load was broken off."""
    rows = transaction.rows(SNAPSHOT_CYPHER, fresh=True)
    if not rows:
        return None
    [[snapshot_id, as_of, tables, published, verified, differs]] = rows
    return Served(
        snapshot_id,
        as_of.to_native(),
        tables,
        datetime.fromisoformat(published),
        datetime.fromisoformat(verified) if verified else None,
        differs,
    )


def open_neo4j(settings: Neo4jSettings, model: GraphModel) -> "Neo4jStore":
    """The graph on the server, for reading only.

    Raises GraphServerError where the server cannot be read or holds no whole graph.
    """
    server = connect(settings)
    try:
        found = server.read(served)
        if found is None:
            raise GraphServerError(f"{settings.uri} holds no whole graph: load one with `hub graph load`")
        _refuse_mistaken(server, found)
    except BaseException:
        server.close()
        raise
    return Neo4jStore(server, model, GraphOrigin(found.snapshot_id, found.as_of, server.kind.version))


class Neo4jStore:
    """A graph server, open for reading; may be used from several threads at once."""

    def __init__(self, server: Neo4jServer, model: GraphModel, origin: GraphOrigin) -> None:
        self._server = server
        self._model = model
        self._origin = origin

    @property
    def origin(self) -> GraphOrigin:
        """The snapshot that the graph belongs to."""
        return self._origin

    def counts(self) -> Mapping[str, int]:
        """Number of nodes of each label and relationships of each type."""
        texts = count_cypher(self._model)
        return self._whole(lambda tx: {name: int(tx.rows(text)[0][0]) for name, text in texts.items()})

    def hashes(self) -> Mapping[str, TableSummary]:
        """Rows and hash of each label and type; the whole graph travels."""
        return self._whole(lambda tx: dict(_hashes(tx, self._model)))

    def run(self, question: Question, parameters: Mapping[str, object]) -> list[Row]:
        """The rows of a question in its order; see GraphStore."""
        check_parameters(question, parameters)
        used = parse_cypher(question.cypher).parameters
        given = {name: value for name, value in parameters.items() if name in used}
        return self._whole(lambda tx: normalise_rows(tx.rows(question.cypher, given), question.columns))

    def neighbourhood(self, entity: EntityRef, *, as_of: date, hops: int, limit: int) -> Neighbourhood:
        """What lies within one or two hops at the date; see GraphStore."""
        types = list(self._model.types.values())
        reach = Reach(hops, limit, self._model.places)
        return self._whole(lambda tx: neighbourhood(entity, lambda nodes: _edges(tx, nodes, as_of, types), reach))

    def path(self, start: EntityRef, end: EntityRef, *, as_of: date, max_hops: int) -> GraphPath | None:
        """The shortest way at the date; see GraphStore."""
        types = [each for each in self._model.types.values() if not each.is_geography]
        return self._whole(
            lambda tx: shortest_path(start, end, lambda nodes: _edges(tx, nodes, as_of, types), max_hops=max_hops)
        )

    def close(self) -> None:
        """Lets go of the connections."""
        self._server.close()

    def _whole(self, work: Callable[[Neo4jTransaction], T]) -> T:
        """What `work` finds in this snapshot: the server lets readers see what a commit has written so far.

        A commit that takes effect while `work` reads is seen by its transaction, or by the id that it leaves.
        """
        until = time.monotonic() + self._server.settings.question_seconds
        while time.monotonic() < until:
            found = self._server.read(lambda tx: self._between_publications(tx, work))
            if found is not None:
                return found[0]
            time.sleep(0.05)
        raise GraphQueryError(f"{self._server.settings.uri}: a publication is taking effect; ask again when it is done")

    def _between_publications(self, tx: Neo4jTransaction, work: Callable[[Neo4jTransaction], T]) -> tuple[T] | None:
        if not self._is_settled(tx):
            return None
        found = work(tx)
        return (found,) if self._is_settled(tx) else None

    def _is_settled(self, tx: Neo4jTransaction) -> bool:
        if COMMITTING in tx.publishing():
            return False
        now = served(tx)
        if now is None or now.snapshot_id != self._origin.snapshot_id:
            went = f"went on to {now.snapshot_id}" if now else "is being loaded afresh"
            raise GraphMovedError(
                f"{self._server.settings.uri} held snapshot {self._origin.snapshot_id} and {went}: ask again"
            )
        _refuse_mistaken(self._server, now)
        return True


def _refuse_mistaken(server: Neo4jServer, found: Served) -> None:
    if mistake := found.mistake():
        raise GraphServerError(f"{server.settings.uri}: {mistake}: load it afresh with `hub graph load`")


def _edges(
    tx: Neo4jTransaction, frontier: Collection[EntityRef], as_of: date, types: Sequence[RelationshipType]
) -> list[Edge]:
    found: set[Edge] = set()
    for label in sorted({node.label for node in frontier}):
        ids = sorted(node.id for node in frontier if node.label == label)
        for text in edges_cypher(label, types):
            for start_label, start, end_label, end, kind, eid in tx.stream(text, {"ids": ids, "as_of": as_of}):
                found.add(Edge(EntityRef(start_label, start), EntityRef(end_label, end), kind, eid))
    return sorted(found)


def _hashes(tx: Neo4jTransaction, model: GraphModel) -> Iterator[tuple[str, TableSummary]]:
    for name, label in model.labels.items():
        yield name, together(_summaries(tx.stream(node_rows_cypher(label)), typed_columns(label.properties)))
    for name, each in model.types.items():
        columns = [*END_COLUMNS, *typed_columns(each.stored_properties)]
        texts = [relationship_rows_cypher(each, end) for end in each.ends]
        yield name, together(part for text in texts for part in _summaries(tx.stream(text), columns))


def typed_columns(properties: Sequence[Property]) -> list[tuple[str, FieldType]]:
    """Names and types of properties, as columns of a graph table."""
    return [(each.name, each.type) for each in properties]


def _summaries(rows: Iterator[list[Any]], columns: Sequence[tuple[str, FieldType]]) -> Iterator[TableSummary]:
    with open_warehouse(None, settings=SCRATCH) as scratch:
        while part := list(islice(rows, PART_ROWS)):
            scratch.register_arrow("returned", returned_table(part, columns))
            yield summarise(scratch, "returned")
            scratch.unregister("returned")


def returned_table(rows: Sequence[list[Any]], columns: Sequence[tuple[str, FieldType]]) -> pa.Table:
    """Rows that the server returned, as a table whose columns have the types of the graph table's."""
    arrays = {}
    for (name, kind), values in zip(columns, zip(*rows, strict=True), strict=True):
        native = [value and value.to_native() for value in values] if kind is FieldType.DATE else list(values)
        arrays[name] = pa.array(native, ARROW_TYPES[kind])
    return pa.table(arrays)
