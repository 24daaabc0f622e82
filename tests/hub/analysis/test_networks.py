"""Networks of a release: read from it, and taken apart the same way every time."""

from pathlib import Path

import networkx as nx
import pytest

from hub.analysis.bolt import BoltGraph
from hub.analysis.model import analysis_model
from hub.analysis.networks import central, communities, components, ego_network, to_networkx
from hub.analysis.pictures import draw
from hub.analysis.reading import open_release
from hub.errors import UsageError
from schemas.declarations import load_declarations
from tests.hub.analysis.conftest import TODAY


@pytest.fixture
def two_operators() -> nx.MultiDiGraph:
    """P1 lets three houses, P2 two of which one is P1's as well; P3 lets a house apart."""
    network = nx.MultiDiGraph()
    for person, house in [("P1", "H1"), ("P1", "H2"), ("P1", "H3"), ("P2", "H3"), ("P2", "H4"), ("P3", "H5")]:
        network.add_node(person, label="Person")
        network.add_node(house, label="House")
        network.add_edge(person, house, type="LETS")
    return network


def test_components_come_largest_first(two_operators: nx.MultiDiGraph) -> None:
    assert components(two_operators) == [{"P1", "P2", "H1", "H2", "H3", "H4"}, {"P3", "H5"}]


def test_central_are_those_whom_most_ways_lead_over(two_operators: nx.MultiDiGraph) -> None:
    found = central(two_operators, "Person")
    assert [(each.node, each.degree) for each in found] == [("P1", 3), ("P2", 2), ("P3", 1)]
    assert found[0].betweenness > found[1].betweenness > found[2].betweenness == 0


def test_communities_part_what_hangs_together_loosely(two_operators: nx.MultiDiGraph) -> None:
    found = communities(two_operators)
    assert {"P3", "H5"} in found
    assert found == communities(two_operators.reverse())
    assert set().union(*found) == set(two_operators)


def test_ego_network_ends_after_its_hops(two_operators: nx.MultiDiGraph) -> None:
    assert set(ego_network(two_operators, "P2")) == {"P2", "H3", "H4"}
    assert set(ego_network(two_operators, "P2", hops=2)) == {"P2", "H3", "H4", "P1"}
    assert ego_network(two_operators, "P2").edges["P2", "H3", 0]["type"] == "LETS"


def test_picture_names_labels_and_no_node(two_operators: nx.MultiDiGraph, tmp_path: Path) -> None:
    figure = draw(two_operators, "Two operators")
    figure.savefig(tmp_path / "two.svg", metadata={"Date": None})
    [axes] = figure.axes
    texts = {text.get_text() for text in axes.texts} | {text.get_text() for text in axes.get_legend().get_texts()}
    assert texts == {"House", "Person"}
    assert (tmp_path / "two.svg").stat().st_size > 5000


def test_of_a_large_network_the_best_connected_are_drawn() -> None:
    network = nx.MultiDiGraph()
    for number in range(700):
        network.add_node(f"P{number}", label="Person")
        network.add_node(f"H{number // 7}", label="House")
        network.add_edge(f"P{number}", f"H{number // 7}", type="LIVES_AT")
    [axes] = draw(network, "Tenants").axes
    assert axes.get_title() == "Tenants (400 best connected of 800)"
    assert len(axes.collections[0].get_offsets()) == 400


def test_network_is_what_the_release_holds_within_the_chosen_houses(housing: Path) -> None:
    declared = load_declarations()
    model = analysis_model(declared.graph, declared.analysis, declared.analysis.studies["housing"])
    with open_release(housing, declared, today=TODAY) as release:
        rows = release.rows("MATCH (p:Person)-[:LIVES_AT]->(h:House) RETURN p.id, h.id, h.area_to ORDER BY h.id")
        chosen = {row["h.id"] for row in rows[:50]}
        whole = to_networkx(release, model, ["LIVES_AT"])
        part = to_networkx(release, model, ["LIVES_AT"], within={"House": chosen})
        nothing = to_networkx(release, model, ["LIVES_AT", "LETS"], within={"House": []})
    assert {(start, end) for start, end in whole.edges()} == {(row["p.id"], row["h.id"]) for row in rows}
    inside = {(row["p.id"], row["h.id"]) for row in rows if row["h.id"] in chosen}
    assert {(start, end) for start, end in part.edges()} == inside
    assert {part.nodes[row["h.id"]]["area_to"] == row["h.area_to"] for row in rows[:50]} == {True}
    assert len(nothing) == 0


def test_address_that_py2neo_cannot_use_any_more_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no address of a server of today"):
        BoltGraph("http://127.0.0.1:7474", tmp_path / "password")
