"""Cluster repair: what is cut, why, and what decisions forbid."""

from dataclasses import replace

import pyarrow as pa

from resolution.components import connect
from resolution.repair import Edge, solve
from stores.warehouse import open_warehouse
from tests.resolution.townsfolk import MODEL

RULES = replace(MODEL.repair, bridge_weight=8.0, bridge_side=3)


def groups(found: dict[int, int]) -> set[frozenset[int]]:
    return {frozenset(node for node, group in found.items() if group == name) for name in found.values()}


def test_the_weakest_link_between_two_that_cannot_be_one_is_cut_with_its_reason() -> None:
    edges = [Edge(1, 2, 20.0), Edge(2, 3, 9.0)]
    found, cuts = solve(edges, {(1, 3): "two_checked_ids"}, RULES)
    assert groups(found) == {frozenset({1, 2}), frozenset({3})}
    assert cuts == [(2, 3, "two_checked_ids")]


def test_links_of_equal_strength_are_always_cut_alike() -> None:
    edges = [Edge(2, 3, 9.0), Edge(1, 2, 9.0)]
    assert solve(edges, {(1, 3): "household"}, RULES) == solve(edges[::-1], {(1, 3): "household"}, RULES)


def test_a_must_link_holds_against_a_conflict_but_not_against_a_cannot_link() -> None:
    held, _ = solve([Edge(1, 2, None)], {(1, 2): "two_checked_ids"}, RULES)
    assert groups(held) == {frozenset({1, 2})}
    edges = [Edge(1, 2, None), Edge(2, 3, None)]
    found, cuts = solve(edges, {(1, 3): "forbidden"}, RULES)
    assert groups(found) == {frozenset({1, 2}), frozenset({3})}
    assert cuts == [(2, 3, "forbidden")]


def test_a_weak_bridge_between_two_groups_is_cut_and_a_strong_one_is_not() -> None:
    left, right = [Edge(1, 2, 20.0), Edge(2, 3, 20.0)], [Edge(4, 5, 20.0), Edge(5, 6, 20.0)]
    found, cuts = solve([*left, Edge(3, 4, 7.0), *right], {}, RULES)
    assert groups(found) == {frozenset({1, 2, 3}), frozenset({4, 5, 6})}
    assert cuts == [(3, 4, "bridge")]
    whole, none = solve([*left, Edge(3, 4, 9.0), *right], {}, RULES)
    assert (groups(whole), none) == ({frozenset({1, 2, 3, 4, 5, 6})}, [])


def test_components_reach_however_far() -> None:
    with open_warehouse(None) as warehouse:
        chain = pa.table({"node_l": list(range(1, 40)), "node_r": list(range(2, 41))})
        warehouse.register_arrow("chain", chain)
        warehouse.execute("CREATE TEMP TABLE edge AS FROM chain UNION ALL SELECT 100, 101")
        connect(warehouse, "edge", "found")
        assert warehouse.rows("SELECT component, count(*) FROM found GROUP BY component ORDER BY component") == [
            (1, 40),
            (100, 2),
        ]
