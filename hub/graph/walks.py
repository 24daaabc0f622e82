"""Neighbourhood and shortest path, step by step over one engine's edges, so that every engine gives the same ones."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from hub.graph.errors import GraphQueryError
from hub.graph.port import Edge, EntityRef, GraphPath, Neighbourhood

Expand = Callable[[Collection[EntityRef]], list[Edge]]
WIDEST = 200_000


@dataclass(frozen=True)
class Reach:
    """How far a neighbourhood goes; nodes of the labels in `ends` are reached but not passed through."""

    hops: int
    limit: int
    ends: frozenset[str] = frozenset()


def neighbourhood(centre: EntityRef, expand: Expand, reach: Reach) -> Neighbourhood:
    """Nodes within 1 or 2 hops, nearest first, then by label and id, at most `limit` beside the centre."""
    hops, limit = reach.hops, reach.limit
    if hops not in (1, 2):
        raise GraphQueryError(f"a neighbourhood reaches 1 or 2 hops, not {hops}")
    nodes, edges, complete = [centre], set[Edge](), True
    frontier = [centre]
    for _ in range(hops):
        found = expand(frontier)
        edges |= set(found)
        fresh = sorted({node for edge in found for node in (edge.start, edge.end)} - set(nodes))
        room = limit + 1 - len(nodes)
        complete = complete and len(fresh) <= room
        nodes += fresh[:room]
        frontier = [node for node in fresh[:room] if node.label not in reach.ends]
    kept = set(nodes)
    among = sorted(edge for edge in edges if edge.start in kept and edge.end in kept)
    return Neighbourhood(centre, tuple(nodes), tuple(among), complete)


@dataclass
class _Side:
    """One of the two searches that meet: the distance of each node, and the edges that lead one step back."""

    frontier: set[EntityRef]
    distance: dict[EntityRef, int] = field(default_factory=dict)
    back: dict[EntityRef, list[Edge]] = field(default_factory=dict)
    depth: int = 0

    def step(self, expand: Expand) -> None:
        self.depth += 1
        fresh = set()
        for edge in expand(self.frontier):
            for near, far in ((edge.start, edge.end), (edge.end, edge.start)):
                if near in self.frontier and self.distance.setdefault(far, self.depth) == self.depth:
                    self.back.setdefault(far, []).append(edge)
                    fresh.add(far)
        self.frontier = fresh
        if len(self.distance) > WIDEST:
            raise GraphQueryError(f"the search for a path has reached {WIDEST} nodes: ask for fewer hops")

    def edges_back_from(self, nodes: Iterable[EntityRef]) -> set[Edge]:
        found: set[Edge] = set()
        waiting = set(nodes)
        while waiting:
            edges = {(node, edge) for node in waiting for edge in self.back.get(node, ())}
            found |= {edge for _, edge in edges}
            waiting = {edge.other(node) for node, edge in edges}
        return found


def shortest_path(start: EntityRef, end: EntityRef, expand: Expand, *, max_hops: int) -> GraphPath | None:
    """The shortest path; among equally short ones the first by label and id node by node, then by type and eid."""
    sides = [_Side({start}, {start: 0}), _Side({end}, {end: 0})]
    met = {start} & {end}
    for _ in range(max_hops):
        if met or not all(side.frontier for side in sides):
            break
        min(sides, key=lambda side: len(side.frontier)).step(expand)
        met = {node for node in sides[0].distance if node in sides[1].distance}
    if not met:
        return None
    shortest = min(sides[0].distance[node] + sides[1].distance[node] for node in met)
    middle = {node for node in met if sides[0].distance[node] + sides[1].distance[node] == shortest}
    edges = sides[0].edges_back_from(middle) | sides[1].edges_back_from(middle)
    return _first_path(start, end, edges, length=shortest)


def _first_path(start: EntityRef, end: EntityRef, edges: set[Edge], *, length: int) -> GraphPath:
    touching: dict[EntityRef, list[Edge]] = {}
    for edge in edges:
        touching.setdefault(edge.start, []).append(edge)
        touching.setdefault(edge.end, []).append(edge)
    to_end = {end: 0}
    layer = {end}
    while start not in to_end:
        layer = {edge.other(node) for node in layer for edge in touching[node]} - set(to_end)
        to_end |= dict.fromkeys(layer, max(to_end.values()) + 1)
    nodes, chosen = [start], list[Edge]()
    while len(chosen) < length:
        here = nodes[-1]
        onward = [edge for edge in touching[here] if to_end.get(edge.other(here), length) == to_end[here] - 1]
        best = min(onward, key=lambda edge: (edge.other(here), edge.type, edge.eid))
        chosen.append(best)
        nodes.append(best.other(here))
    return GraphPath(tuple(nodes), tuple(chosen))
