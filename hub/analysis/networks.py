"""Networks of a release for networkx: how they are read, their components, central nodes, communities, ego networks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from hub.analysis.reading import Cypher
from schemas.readers.graph import End, GraphModel, NodeLabel, RelationshipType

# Betweenness of a larger network is estimated from so many of its nodes.
SAMPLED = 500


@dataclass(frozen=True)
class Central:
    """A node with its number of neighbours and the share of shortest ways that lead over it."""

    node: str
    label: str
    degree: int
    betweenness: float


def to_networkx(
    source: Cypher, model: GraphModel, types: Sequence[str], *, within: Mapping[str, Collection[str]] | None = None
) -> nx.MultiDiGraph:
    """The relationships of these types with the nodes that they join, and all properties of both.

    `within` restricts the nodes of a label to these ids. networkx holds about a kilobyte a node: choose in Cypher
    what a study is about, then read that.
    """
    chosen = {label: sorted(ids) for label, ids in (within or {}).items()}
    network = nx.MultiDiGraph()
    for each in (model.types[name] for name in types):
        for end in each.ends:
            _add_relationships(network, source, each, end, chosen)
    _add_properties(network, source, model)
    return network


def relationships_cypher(each: RelationshipType, end: End, side: str | None) -> str:
    """The relationships of a type between two labels; those whose `side` (a or b) is one of $ids, or all of them."""
    columns = ", ".join(f"r.`{one.name}` AS `{one.name}`" for one in each.stored_properties)
    pattern = f"MATCH (a:`{end.start}`)-[r:`{each.type}`]->(b:`{end.end}`)"
    if side is not None:
        # A list that is unwound is joined or looked up; one that is searched with IN takes minutes on a district.
        pattern = f"UNWIND $ids AS wanted {pattern} WHERE {side}.id = wanted"
    return f"{pattern} RETURN a.id AS start_id, b.id AS end_id, {columns}"


def nodes_cypher(label: NodeLabel) -> str:
    """The properties of the nodes of a label whose ids are $ids."""
    columns = ", ".join(f"n.`{one.name}` AS `{one.name}`" for one in label.properties)
    return f"UNWIND $ids AS wanted MATCH (n:`{label.label}`) WHERE n.id = wanted RETURN {columns}"


def components(network: nx.MultiDiGraph) -> list[frozenset[str]]:
    """Groups of nodes that hang together, the largest first."""
    return sorted(map(frozenset, nx.weakly_connected_components(network)), key=lambda each: (-len(each), min(each)))


def central(network: nx.MultiDiGraph, label: str, *, most: int = 10, seed: int = 1) -> list[Central]:
    """The nodes of a label that most ways lead over, then those with most neighbours; the same for the same seed."""
    plain = simple(network)
    sampled = min(SAMPLED, len(plain)) if len(plain) > SAMPLED else None
    between = nx.betweenness_centrality(plain, k=sampled, seed=seed)
    found = [
        Central(node, label, plain.degree(node), between[node])
        for node, of in network.nodes(data="label")
        if of == label
    ]
    return sorted(found, key=lambda each: (-each.betweenness, -each.degree, each.node))[:most]


def communities(network: nx.MultiDiGraph, *, seed: int = 1) -> list[frozenset[str]]:
    """Groups that are closer among each other than to the rest (Louvain), the largest first; the same for one seed."""
    found = nx.community.louvain_communities(simple(network), seed=seed)
    return sorted(map(frozenset, found), key=lambda each: (-len(each), min(each)))


def ego_network(network: nx.MultiDiGraph, node: str, *, hops: int = 1) -> nx.MultiDiGraph:
    """A node with all that lies within so many hops, whichever way relationships point."""
    near = nx.ego_graph(simple(network), node, radius=hops)
    return network.subgraph(near.nodes).copy()


def simple(network: nx.MultiDiGraph) -> nx.Graph:
    """The same without directions and parallel relationships, nodes in the order of their ids."""
    plain = nx.Graph()
    plain.add_nodes_from(sorted(network.nodes))
    plain.add_edges_from(sorted({tuple(sorted(ends)) for ends in network.edges()}))
    return plain


def _add_relationships(
    network: nx.MultiDiGraph, source: Cypher, each: RelationshipType, end: End, chosen: Mapping[str, Sequence[str]]
) -> None:
    sides = [(side, label) for side, label in (("b", end.end), ("a", end.start)) if label in chosen]
    side, ids = (sides[0][0], chosen[sides[0][1]]) if sides else (None, [])
    if sides and not ids:
        return
    starts = set(chosen[end.start]) if end.start in chosen else None
    for row in source.rows(relationships_cypher(each, end, side), {"ids": ids} if sides else {}):
        start, finish = row.pop("start_id"), row.pop("end_id")
        if starts is not None and start not in starts:
            continue
        network.add_node(start, label=end.start)
        network.add_node(finish, label=end.end)
        network.add_edge(start, finish, key=(each.type, row.get("eid")), type=each.type, **row)


def _add_properties(network: nx.MultiDiGraph, source: Cypher, model: GraphModel) -> None:
    for name, label in model.labels.items():
        ids = sorted(node for node, of in network.nodes(data="label") if of == name)
        for row in source.rows(nodes_cypher(label), {"ids": ids}) if ids else ():
            network.nodes[row.pop("id")].update(row)
