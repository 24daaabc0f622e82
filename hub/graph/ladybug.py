"""The embedded engine: a Ladybug file, built once from Parquet in a process of its own, then only ever read.

The only module that imports ladybug. Run as a module it is the building process.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import ladybug

from hub.graph.errors import GraphBuildError, GraphQueryError, GraphVersionError
from hub.graph.ladybug_texts import (
    edges_cypher,
    export_sql,
    node_table_cypher,
    node_text_cypher,
    quoted,
    relationship_table_cypher,
    relationship_text_cypher,
)
from hub.graph.port import Edge, EntityRef, GraphOrigin, GraphPath, Neighbourhood, Row
from hub.graph.values import check_parameters, normalise_rows
from hub.graph.walks import Reach, neighbourhood, shortest_path
from schemas.readers.cypher import parse_cypher
from schemas.readers.graph import GraphModel, RelationshipType
from schemas.readers.questions import Question
from stores.durable import replace_durably
from stores.quoting import quote_text
from stores.snapshots import TableSummary
from stores.summaries import summarise, together
from stores.warehouse import Warehouse, WarehouseSettings, open_warehouse

VERSION = version("ladybug")
ARROW_ROWS = 100_000
# Rows of one query when the graph is compared with its tables: the engine holds an answer whole.
PART_ROWS = 500_000
GROUP_ROWS = 100_000
# What one value takes in the buffer pool while relationships are copied in, measured. The engine does not spill then,
# so a type that is too large for the pool goes in by parts, each of which costs more than the one before.
VALUE_BYTES = 60
SCRATCH = WarehouseSettings(memory_limit="512MB")


@dataclass(frozen=True)
class LadybugSettings:
    """What the engine may use; its own defaults take most of the memory and reserve terabytes of address space."""

    buffer_pool_bytes: int = 1 << 30
    threads: int = 2
    max_file_bytes: int = 1 << 36
    timeout_seconds: float = 120.0


def build_ladybug(warehouse: Warehouse, model: GraphModel, file: Path, *, settings: LadybugSettings) -> None:
    """Builds a fresh file from the graph tables in a process of its own, and moves it into place.

    Whether it equals its tables is for the caller to find out (`check_graph`). Raises GraphBuildError, and leaves
    `file` as it was, where the process fails.
    """
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as folder:
        building = Path(folder) / file.name
        _build_in_child(building, _export(warehouse, model, Path(folder), settings), settings)
        replace_durably(building, file)


def _export(warehouse: Warehouse, model: GraphModel, folder: Path, settings: LadybugSettings) -> Iterator[str]:
    """Statements that build the graph, each given out as soon as the file that it reads is written."""
    for label in model.labels.values():
        parquet = folder / f"node_{label.label}.parquet"
        warehouse.execute(f"COPY (FROM {label.table} ORDER BY id) TO {quote_text(str(parquet))} (FORMAT parquet)")
        yield node_table_cypher(label)
        yield f"COPY `{label.label}` FROM {quoted(parquet)}"
    for each in model.types.values():
        yield relationship_table_cypher(each)
        row_bytes = VALUE_BYTES * (len(each.stored_properties) + 2)
        layout = f"ROW_GROUP_SIZE {GROUP_ROWS}, ROW_GROUPS_PER_FILE {_groups_at_once(row_bytes, settings)}"
        for end in each.ends:
            parts = folder / f"rel_{each.type}_{end.start}_{end.end}"
            warehouse.execute(f"COPY ({export_sql(each, end)}) TO {quote_text(str(parts))} (FORMAT parquet, {layout})")
            ends = f"(from={quoted(end.start)}, to={quoted(end.end)})"
            yield from (f"COPY `{each.type}` FROM {quoted(part)} {ends}" for part in sorted(parts.iterdir()))
    yield "CHECKPOINT"


def _groups_at_once(row_bytes: int, settings: LadybugSettings) -> int:
    return max(settings.buffer_pool_bytes // (row_bytes * GROUP_ROWS), 1)


def _build_in_child(file: Path, statements: Iterable[str], settings: LadybugSettings) -> None:
    plan = {"file": str(file), "settings": asdict(settings)}
    with subprocess.Popen(
        [sys.executable, "-m", "hub.graph.ladybug"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin and child.stderr
        try:
            for line in chain([plan], statements):
                print(json.dumps(line), file=child.stdin, flush=True)
            child.stdin.close()
        except BrokenPipeError:
            # It ended before its time and says why.
            pass
        told = "".join(child.stderr.read().strip().splitlines()[-1:])
    if child.returncode != 0:
        raise GraphBuildError(f"the graph could not be built (exit {child.returncode}): {told}")


def build_from_plan(plan: Iterable[str]) -> None:
    """Runs statements on a fresh file as they come, a line of JSON each; meant for the building process alone.

    The first line has the file and the settings.
    """
    lines = (json.loads(line) for line in plan)
    content = next(lines)
    settings = LadybugSettings(**content["settings"])
    with (
        _database(Path(content["file"]), settings, read_only=False) as database,
        _connection(database) as connection,
    ):
        for statement in lines:
            _execute(connection, statement).close()


@contextmanager
def _database(file: Path, settings: LadybugSettings, *, read_only: bool) -> Iterator[ladybug.Database]:
    database = _open(file, settings, read_only=read_only)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _connection(database: ladybug.Database) -> Iterator[ladybug.Connection]:
    connection = ladybug.Connection(database)
    try:
        yield connection
    finally:
        connection.close()


def _open(file: Path, settings: LadybugSettings, *, read_only: bool) -> ladybug.Database:
    return ladybug.Database(
        file,
        buffer_pool_size=settings.buffer_pool_bytes,
        max_num_threads=settings.threads,
        max_db_size=settings.max_file_bytes,
        read_only=read_only,
    )


def _execute(
    connection: ladybug.Connection, text: str, parameters: Mapping[str, object] | None = None
) -> ladybug.QueryResult:
    try:
        result = connection.execute(text, dict(parameters or {}))
    except RuntimeError as error:
        raise GraphQueryError(f"the graph engine did not answer\nin: {text[:1000]}\n{error}") from error
    if isinstance(result, list):
        raise GraphQueryError(f"one statement at a time, not {len(result)}: {text[:200]}")
    return result


def _summaries(database: ladybug.Database, model: GraphModel) -> dict[str, TableSummary]:
    with open_warehouse(None, settings=SCRATCH) as scratch, _connection(database) as counting:
        nodes = {name: _count(counting, f"(:`{name}`)") for name in model.labels}
        found = {
            name: together(_part_summaries(database, scratch, node_text_cypher(label), _bounds(nodes[name], 1)))
            for name, label in model.labels.items()
        }
        for each in model.types.values():
            parts = _count(counting, f"()-[:`{each.type}`]->()") // PART_ROWS + 1
            found[each.type] = together(
                summary
                for end in each.ends
                for summary in _part_summaries(
                    database, scratch, relationship_text_cypher(each, end), _bounds(nodes[end.start], parts)
                )
            )
    return found


def _bounds(nodes: int, parts: int) -> Iterator[dict[str, int]]:
    """Ranges of the engine's own numbers of nodes, which it gives from 0 on in the order of loading."""
    step = nodes // parts + 1
    return ({"first": first, "before": first + step} for first in range(0, nodes, step))


def _part_summaries(
    database: ladybug.Database, scratch: Warehouse, text: str, bounds: Iterable[dict[str, int]]
) -> Iterator[TableSummary]:
    for each in bounds:
        # Memory of an answer goes back to the buffer pool only when its connection is closed.
        with _connection(database) as connection:
            result = _execute(connection, text, each)
            scratch.register_arrow("returned", result.get_as_arrow(ARROW_ROWS))
            yield summarise(scratch, "returned")
            scratch.unregister("returned")
            result.close()


def _count(connection: ladybug.Connection, pattern: str) -> int:
    result = _execute(connection, f"MATCH {pattern} RETURN count(*) AS n")
    [[number]] = result.get_all()
    result.close()
    return int(number)


def open_ladybug(
    file: Path, model: GraphModel, origin: GraphOrigin, *, settings: LadybugSettings | None = None
) -> "LadybugStore":
    """The graph in this file, for reading only.

    Raises GraphVersionError where `origin` names another version of the engine: the file is then built again.
    """
    if origin.engine_version != VERSION:
        raise GraphVersionError(
            f"{file} was built by ladybug {origin.engine_version}, this is {VERSION}: publish again with `hub publish`"
        )
    if not file.is_file():
        raise GraphQueryError(f"{file} is missing: publish again with `hub publish`")
    chosen = settings or LadybugSettings()
    return LadybugStore(_open(file, chosen, read_only=True), model, origin, timeout_seconds=chosen.timeout_seconds)


class LadybugStore:
    """A Ladybug file, open for reading; may be used from several threads at once."""

    def __init__(
        self, database: ladybug.Database, model: GraphModel, origin: GraphOrigin, *, timeout_seconds: float
    ) -> None:
        self._database = database
        self._model = model
        self._origin = origin
        self._timeout_milliseconds = int(timeout_seconds * 1000)

    @property
    def origin(self) -> GraphOrigin:
        """The snapshot that the graph belongs to."""
        return self._origin

    def counts(self) -> Mapping[str, int]:
        """Number of nodes of each label and relationships of each type."""
        patterns = {name: f"(:`{name}`)" for name in self._model.labels}
        patterns |= {name: f"()-[:`{name}`]->()" for name in self._model.types}
        with _connection(self._database) as connection:
            return {name: _count(connection, pattern) for name, pattern in patterns.items()}

    def hashes(self) -> Mapping[str, TableSummary]:
        """Rows and hash of each label and type."""
        return _summaries(self._database, self._model)

    def run(self, question: Question, parameters: Mapping[str, object]) -> list[Row]:
        """The rows of a question in its order; see GraphStore."""
        check_parameters(question, parameters)
        used = parse_cypher(question.cypher).parameters
        given = {name: value for name, value in parameters.items() if name in used}
        with self._asking() as connection:
            return normalise_rows(_all(connection, question.cypher, given), question.columns)

    def neighbourhood(self, entity: EntityRef, *, as_of: date, hops: int, limit: int) -> Neighbourhood:
        """What lies within one or two hops at the date; see GraphStore."""
        types = list(self._model.types.values())
        reach = Reach(hops, limit, self._model.places)
        return neighbourhood(entity, lambda frontier: self._edges(frontier, as_of, types), reach)

    def path(self, start: EntityRef, end: EntityRef, *, as_of: date, max_hops: int) -> GraphPath | None:
        """The shortest way at the date; see GraphStore."""
        types = [each for each in self._model.types.values() if not each.is_geography]
        return shortest_path(start, end, lambda frontier: self._edges(frontier, as_of, types), max_hops=max_hops)

    def rows(self, text: str, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """The rows of any Cypher text, by column; only for a graph that its reader may see whole."""
        with self._asking() as connection:
            result = _execute(connection, text, parameters)
            names = result.get_column_names()
            found = [dict(zip(names, row, strict=True)) for row in result.get_all()]
            result.close()
        return found

    def close(self) -> None:
        """Lets go of the file."""
        self._database.close()

    def _edges(self, frontier: Collection[EntityRef], as_of: date, types: Sequence[RelationshipType]) -> list[Edge]:
        found: set[Edge] = set()
        texts = {label: edges_cypher(label, types) for label in {node.label for node in frontier}}
        with self._asking() as connection:
            for node in sorted(frontier):
                for side, text in texts[node.label].items():
                    for label, name, kind, eid in _all(connection, text, {"id": node.id, "as_of": as_of}):
                        other = EntityRef(label, name)
                        found.add(Edge(node, other, kind, eid) if side == "out" else Edge(other, node, kind, eid))
        return sorted(found)

    @contextmanager
    def _asking(self) -> Iterator[ladybug.Connection]:
        with _connection(self._database) as connection:
            connection.set_query_timeout(self._timeout_milliseconds)
            yield connection


def _all(connection: ladybug.Connection, text: str, parameters: Mapping[str, object]) -> list[list[Any]]:
    result = _execute(connection, text, parameters)
    rows = [list(row) for row in result.get_all()]
    result.close()
    return rows


if __name__ == "__main__":
    build_from_plan(sys.stdin)
