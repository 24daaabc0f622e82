"""The port to a graph engine: what every engine must answer, and the values that it answers with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from schemas.readers.questions import Question
from stores.snapshots import TableSummary

Value = str | int | float | bool | date | list[str] | None
Row = tuple[Value, ...]


@dataclass(frozen=True)
class GraphOrigin:
    """Which snapshot a graph belongs to, its date, and the version of the engine that built it."""

    snapshot_id: str
    as_of: date
    engine_version: str


@dataclass(frozen=True, order=True)
class EntityRef:
    """A node by its label and id."""

    label: str
    id: str


@dataclass(frozen=True, order=True)
class Edge:
    """A relationship between two nodes, as of the date that was asked for."""

    start: EntityRef
    end: EntityRef
    type: str
    eid: int

    def other(self, node: EntityRef) -> EntityRef:
        """The end that is not `node`."""
        return self.end if node == self.start else self.start


@dataclass(frozen=True)
class Neighbourhood:
    """Nodes within so many hops of `centre`, nearest first, then by label and id, and all edges among them.

    `complete` is False where the limit cut nodes off.
    """

    centre: EntityRef
    nodes: tuple[EntityRef, ...]
    edges: tuple[Edge, ...]
    complete: bool


@dataclass(frozen=True)
class GraphPath:
    """A shortest way between two nodes; among equally short ones the first by label and id, node by node."""

    nodes: tuple[EntityRef, ...]
    edges: tuple[Edge, ...]


class GraphStore(Protocol):
    """An open, read-only graph; every implementation passes tests/hub/graph/contract.py."""

    @property
    def origin(self) -> GraphOrigin:
        """The snapshot that the graph belongs to."""

    def counts(self) -> Mapping[str, int]:
        """Number of nodes of each label and relationships of each type."""

    def hashes(self) -> Mapping[str, TableSummary]:
        """Rows and hash of each label and type, equal to those of the graph tables; reads the whole graph."""

    def run(self, question: Question, parameters: Mapping[str, object]) -> Sequence[Row]:
        """The rows of a question in its order, values as its columns declare them.

        Needs exactly the parameters that the text uses; raises GraphQueryError where they differ, where the engine
        refuses the text or runs out of time.
        """

    def neighbourhood(self, entity: EntityRef, *, as_of: date, hops: int, limit: int) -> Neighbourhood:
        """What lies within one or two hops at the date; committees and towns are reached but not passed through."""

    def path(self, start: EntityRef, end: EntityRef, *, as_of: date, max_hops: int) -> GraphPath | None:
        """The shortest way at the date over persons, houses and units; None where there is none so short."""

    def close(self) -> None:
        """Lets go of the file or connection."""
