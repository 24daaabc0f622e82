"""The graph model is refused where it names what is not there, or keeps what may not be kept."""

from pathlib import Path

import pytest

from schemas.errors import DeclarationError
from schemas.files import DeclarationTree
from schemas.readers.graph import read_graph

NODES = """
Person:
  meaning: a person
  source: resolved.person
  properties:
    id: {type: text, expression: entity_id, meaning: id}
"""
TYPES = """
KIN_OF:
  meaning: kin
  ends: [{from: Person, to: Person}]
  source: relation
  kinds: [kin]
"""


def _refusal(folder: Path, nodes: str, types: str) -> str:
    (folder / "graph").mkdir()
    (folder / "graph" / "nodes.yml").write_text(nodes, encoding="utf-8")
    (folder / "graph" / "relationships.yml").write_text(types, encoding="utf-8")
    with pytest.raises(DeclarationError) as refused:
        read_graph(DeclarationTree(folder))
    return str(refused.value)


def test_shipped_model_has_the_labels_and_types_of_the_design() -> None:
    model = read_graph(DeclarationTree())
    assert set(model.labels) == {"Person", "House", "Unit", "Community", "Town"}
    assert len(model.types) == 15
    assert model.places == {"Community", "Town"}
    assert "hukou" in model.fact_kinds


@pytest.mark.parametrize(
    ("old", "new", "because"),
    [
        ("resolved.person", "raw.person", "raw.person is no source"),
        ("    id:", "    name:", "the first property is the key, id"),
        ("meaning: id}", "meaning: id}\n    ethnicity: {type: text, meaning: x}", "stays out of the graph"),
        ("meaning: id}", "meaning: id}\n    id_number: {type: text, meaning: x}", "stays out of the graph"),
        ("type: text", "type: words", "labels.Person.properties.id.type"),
        ("  source:", "  colour: red\n  source:", "Extra inputs are not permitted"),
        ("Person:", "person:", "a label is written like Person"),
    ],
)
def test_nodes_are_refused(old: str, new: str, because: str, tmp_path: Path) -> None:
    assert because in _refusal(tmp_path, NODES.replace(old, new, 1), TYPES)


@pytest.mark.parametrize(
    ("old", "new", "because"),
    [
        ("to: Person", "to: Palace", "Palace is not declared"),
        ("kinds: [kin]", "kinds: []", "needs at least one"),
        ("source: relation", "source: residence", "fact kinds belong to source relation"),
        ("source: relation", "source: gossip", "types.KIN_OF.source"),
        ("kinds: [kin]", "kinds: [kin]\n  in_force_days: {lease: 3}", "is none of the kinds of this type"),
        ("kinds: [kin]", "kinds: [kin]\n  properties: {eid: {type: text, meaning: x}}", "has this property already"),
        ("kinds: [kin]", "kinds: [kin]\n  properties: {sex: {type: text, meaning: x}}", "stays out of the graph"),
        ("KIN_OF", "kin_of", "a relationship type is written like LIVES_AT"),
    ],
)
def test_relationships_are_refused(old: str, new: str, because: str, tmp_path: Path) -> None:
    assert because in _refusal(tmp_path, NODES, TYPES.replace(old, new, 1))


def test_mistakes_of_both_files_are_told_together(tmp_path: Path) -> None:
    told = _refusal(tmp_path, NODES.replace("resolved.person", "raw.person"), TYPES.replace("to: Person", "to: Palace"))
    assert "nodes.yml" in told and "relationships.yml" in told
