"""The graph: which labels and relationship types there are, and where each property comes from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field

from schemas.errors import DeclarationError, Problem
from schemas.files import DeclarationTree, StrictModel, parse_yaml, validate
from schemas.readers.registers import FieldType

NODES_FILE = "graph/nodes.yml"
RELATIONSHIPS_FILE = "graph/relationships.yml"
PROTECTED = frozenset(
    {"ethnicity", "religion", "politics", "health", "disability", "biometrics", "fertility"}
    | {"sex", "id_number", "phone"}
)
NODE_SOURCES = ("resolved.person", "resolved.house", "resolved.unit", "gazetteer_community", "gazetteer_town")


class RelationshipSource(StrEnum):
    """The table that a relationship type is read from."""

    RELATION = "relation"
    RESIDENCE = "residence"
    REVIEW = "review"
    HOUSE = "house"
    GAZETTEER = "gazetteer"


@dataclass(frozen=True)
class Property:
    """One property; `expression` is SQL over the source of its label or type."""

    name: str
    type: FieldType
    expression: str
    meaning: str


@dataclass(frozen=True)
class NodeLabel:
    """One label; its key is the property `id`."""

    label: str
    meaning: str
    source: str
    properties: tuple[Property, ...]

    @property
    def table(self) -> str:
        """The warehouse table that holds its nodes."""
        return f"graph.node_{self.label.lower()}"


@dataclass(frozen=True)
class End:
    """A pair of labels that a relationship type may join."""

    start: str
    end: str


@dataclass(frozen=True)
class RelationshipType:
    """One relationship type; `properties` are those beyond the `standard` ones.

    With `lapses` a fact without an end stops being in force after the days of its kind: those of residence.yml,
    for other kinds `in_force_days`.
    """

    type: str
    meaning: str
    source: RelationshipSource
    ends: tuple[End, ...]
    kinds: tuple[str, ...]
    properties: tuple[Property, ...]
    lapses: bool
    in_force_days: Mapping[str, int]
    standard: tuple[Property, ...]

    @property
    def table(self) -> str:
        """The warehouse table that holds its relationships."""
        return f"graph.rel_{self.type.lower()}"

    @property
    def is_dated(self) -> bool:
        """Whether its relationships start and end; geography and review links hold at every date."""
        return self.source in (RelationshipSource.RELATION, RelationshipSource.RESIDENCE)

    @property
    def is_geography(self) -> bool:
        """Whether it only says where something lies."""
        return self.source in (RelationshipSource.HOUSE, RelationshipSource.GAZETTEER)

    @property
    def stored_properties(self) -> tuple[Property, ...]:
        """All properties of a stored relationship, those of every type first."""
        return self.standard + self.properties


STANDARD_PROPERTIES = (
    Property("eid", FieldType.INTEGER, "eid", "Stable number of the relationship, unique within its type"),
    Property("valid_from", FieldType.DATE, "valid_from", "First day in force"),
    Property("valid_to", FieldType.DATE, "valid_to", "First day no longer in force; null while open"),
    Property("source", FieldType.TEXT, "source", "Feed, or the derivation, that it comes from"),
    Property("confidence", FieldType.DECIMAL, "confidence", "How far it is believed"),
    Property("n_records", FieldType.INTEGER, "n_records", "Records that say so"),
)


@dataclass(frozen=True)
class GraphModel:
    """Labels and relationship types by name."""

    labels: Mapping[str, NodeLabel]
    types: Mapping[str, RelationshipType]

    @property
    def fact_kinds(self) -> frozenset[str]:
        """Kinds of facts that become relationships."""
        return frozenset(kind for each in self.types.values() for kind in each.kinds)

    @property
    def places(self) -> frozenset[str]:
        """Labels of the areas that houses lie in; a walk reaches them but does not pass through."""
        return frozenset(end.end for each in self.types.values() if each.is_geography for end in each.ends)


Text = Annotated[str, Field(min_length=1)]
Days = Annotated[int, Field(gt=0)]


class _PropertyModel(StrictModel):
    type: FieldType
    meaning: Text
    expression: Text | None = None


class _NodeModel(StrictModel):
    meaning: Text
    source: Text
    properties: dict[str, _PropertyModel]


class _EndModel(StrictModel):
    start: Annotated[str, Field(alias="from")]
    end: Annotated[str, Field(alias="to")]


class _RelationshipModel(StrictModel):
    meaning: Text
    ends: Annotated[tuple[_EndModel, ...], Field(min_length=1)]
    source: RelationshipSource
    kinds: tuple[Text, ...] = ()
    lapses: bool = False
    in_force_days: dict[str, Days] = Field(default_factory=dict)
    properties: dict[str, _PropertyModel] = Field(default_factory=dict)


class _NodesModel(StrictModel):
    labels: dict[str, _NodeModel]


class _RelationshipsModel(StrictModel):
    types: dict[str, _RelationshipModel]


def read_graph(tree: DeclarationTree) -> GraphModel:
    """The graph model; raises DeclarationError with every mistake of both files."""
    nodes_file, relationships_file = tree.path(NODES_FILE), tree.path(RELATIONSHIPS_FILE)
    nodes = validate({"labels": _content(nodes_file)}, _NodesModel, nodes_file).labels
    types = validate({"types": _content(relationships_file)}, _RelationshipsModel, relationships_file).types
    problems = [Problem(nodes_file, key, message) for key, message in _node_mistakes(nodes)]
    problems += [Problem(relationships_file, key, message) for key, message in _relationship_mistakes(types, nodes)]
    if problems:
        raise DeclarationError(problems)
    return GraphModel(
        labels={
            label: NodeLabel(label, model.meaning, model.source, _properties(model.properties))
            for label, model in nodes.items()
        },
        types={name: _relationship_type(name, model) for name, model in types.items()},
    )


def _content(file: Path) -> object:
    return parse_yaml(file.read_text(encoding="utf-8"), file)


def _properties(models: Mapping[str, _PropertyModel]) -> tuple[Property, ...]:
    return tuple(Property(name, model.type, model.expression or name, model.meaning) for name, model in models.items())


def _relationship_type(name: str, model: _RelationshipModel) -> RelationshipType:
    return RelationshipType(
        type=name,
        meaning=model.meaning,
        source=model.source,
        ends=tuple(End(end.start, end.end) for end in model.ends),
        kinds=model.kinds,
        properties=_properties(model.properties),
        lapses=model.lapses,
        in_force_days=model.in_force_days,
        standard=STANDARD_PROPERTIES,
    )


def _node_mistakes(nodes: Mapping[str, _NodeModel]) -> list[tuple[str, str]]:
    mistakes = []
    for label, model in nodes.items():
        if not re.fullmatch(r"[A-Z][A-Za-z]*", label):
            mistakes.append((label, "a label is written like Person"))
        if model.source not in NODE_SOURCES:
            mistakes.append((f"{label}.source", f"{model.source} is no source; there are {', '.join(NODE_SOURCES)}"))
        if next(iter(model.properties), None) != "id":
            mistakes.append((f"{label}.properties", "the first property is the key, id"))
        mistakes += _protected(label, model.properties)
    return mistakes


def _relationship_mistakes(
    types: Mapping[str, _RelationshipModel], nodes: Mapping[str, _NodeModel]
) -> list[tuple[str, str]]:
    standard = {each.name for each in STANDARD_PROPERTIES}
    mistakes = []
    for name, model in types.items():
        if not re.fullmatch(r"[A-Z][A-Z_]*", name):
            mistakes.append((name, "a relationship type is written like LIVES_AT"))
        mistakes += [
            (f"{name}.ends", f"{label} is not declared in {NODES_FILE}")
            for end in model.ends
            for label in (end.start, end.end)
            if label not in nodes
        ]
        if bool(model.kinds) != (model.source is RelationshipSource.RELATION):
            mistakes.append((f"{name}.kinds", "fact kinds belong to source relation, and it needs at least one"))
        for kind in sorted(set(model.in_force_days) - set(model.kinds)):
            mistakes.append((f"{name}.in_force_days.{kind}", "is none of the kinds of this type"))
        for doubled in sorted(standard & set(model.properties)):
            mistakes.append((f"{name}.properties.{doubled}", "every relationship has this property already"))
        mistakes += _protected(name, model.properties)
    return mistakes


def _protected(owner: str, properties: Mapping[str, _PropertyModel]) -> list[tuple[str, str]]:
    return [
        (f"{owner}.properties.{name}", "is protected or identifying and stays out of the graph")
        for name in sorted(PROTECTED & set(properties))
    ]
