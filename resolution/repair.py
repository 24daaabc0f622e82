"""Repair of suspicious clusters: the weakest links are cut until nothing in a cluster contradicts itself.

First, in clusters above the size alarm, weak links go. Then weak bridges between two groups. Then links are taken
strongest first, and one that would bring together two records that cannot be one is cut. Decisions go before scores.
"""

from dataclasses import dataclass
from itertools import groupby

import networkx as nx
import pyarrow as pa

from resolution.components import connect
from resolution.models import condition_sql
from schemas.readers.linkage import LinkageModel, Repair
from stores.warehouse import Warehouse

CUT_COLUMNS = pa.schema([("node_l", pa.int64()), ("node_r", pa.int64()), ("reason", pa.string())])
CLUSTER_COLUMNS = pa.schema([("node", pa.int64()), ("component", pa.int64())])
SAME_FEED = "one_record_per_feed"


@dataclass(frozen=True)
class Edge:
    """An accepted link; a steward's has no weight."""

    left: int
    right: int
    weight: float | None

    @property
    def strength(self) -> tuple[bool, float, int, int]:
        """Sorts the strongest first: decisions, then by weight, then by record."""
        return (self.weight is not None, -(self.weight or 0.0), self.left, self.right)


Conflicts = dict[tuple[int, int], str]


def repair(warehouse: Warehouse, model: LinkageModel) -> None:
    """Splits suspicious components of `cluster` over the links in `accepted`; temporary table `cut` says why."""
    warehouse.execute(alarm_sql(model.repair))
    if warehouse.rows("SELECT count(*) FROM cut")[0][0]:
        warehouse.execute("CREATE OR REPLACE TEMP TABLE accepted AS FROM accepted ANTI JOIN cut USING (node_l, node_r)")
        connect(warehouse, "accepted", "cluster")
    warehouse.execute(conflicts_sql(model))
    warehouse.execute(suspicious_sql(model.repair))
    edges = warehouse.rows(suspicious_edges_sql())
    clashes = warehouse.rows("SELECT component, node_l, node_r, min(reason) FROM conflict GROUP BY ALL ORDER BY ALL")
    conflicts: dict[int, Conflicts] = {}
    for component, left, right, reason in clashes:
        conflicts.setdefault(component, {})[left, right] = reason
    groups: dict[int, int] = {}
    cuts: list[tuple[int, int, str]] = []
    for component, members in groupby(edges, key=lambda row: row[0]):
        links = [Edge(left, right, weight) for _, left, right, weight in members]
        found, broken = solve(links, conflicts.get(component, {}), model.repair)
        groups |= found
        cuts += broken
    _write(warehouse, groups, cuts)
    for table in ("conflict", "suspicious"):
        warehouse.execute(f"DROP TABLE temp.{table}")


def solve(edges: list[Edge], conflicts: Conflicts, rules: Repair) -> tuple[dict[int, int], list[tuple[int, int, str]]]:
    """The group of each node, named by its smallest node, and the cut links with their reasons."""
    weak = _weak_bridges(edges, rules)
    kept = sorted((edge for edge in edges if edge not in weak), key=lambda edge: edge.strength)
    against: dict[int, dict[int, str]] = {}
    for (left, right), reason in conflicts.items():
        against.setdefault(left, {})[right] = reason
        against.setdefault(right, {})[left] = reason
    group = {node: node for edge in edges for node in (edge.left, edge.right)}
    members = {node: {node} for node in group}
    cuts = [(edge.left, edge.right, "bridge") for edge in edges if edge in weak]
    for edge in kept:
        left, right = sorted((group[edge.left], group[edge.right]))
        if left == right:
            continue
        clash = _clash(members[left], members[right], against)
        if clash is not None and not (edge.weight is None and clash != "forbidden"):
            cuts.append((edge.left, edge.right, clash))
            continue
        for node in members[right]:
            group[node] = left
        members[left] |= members.pop(right)
    return group, [cut for cut in cuts if group[cut[0]] != group[cut[1]]]


def _clash(left: set[int], right: set[int], against: dict[int, dict[int, str]]) -> str | None:
    small, large = sorted((left, right), key=len)
    reasons = {reason for node in small for other, reason in against.get(node, {}).items() if other in large}
    return "forbidden" if "forbidden" in reasons else min(reasons, default=None)


def _weak_bridges(edges: list[Edge], rules: Repair) -> set[Edge]:
    weak = {
        (edge.left, edge.right): edge for edge in edges if (edge.weight or rules.bridge_weight) < rules.bridge_weight
    }
    graph = nx.Graph((edge.left, edge.right) for edge in edges)
    if not weak or graph.number_of_nodes() < 2 * rules.bridge_side:
        return set()
    found = set()
    for ends in sorted(tuple(sorted(each)) for each in nx.bridges(graph)):
        if ends not in weak:
            continue
        graph.remove_edge(*ends)
        if min(len(nx.node_connected_component(graph, end)) for end in ends) >= rules.bridge_side:
            found.add(weak[ends])
        else:
            graph.add_edge(*ends)
    return found


def alarm_sql(rules: Repair) -> str:
    """Temporary table `cut`: weak links of clusters above the size alarm; nodes that say the same count once."""
    return f"""
        CREATE OR REPLACE TEMP TABLE cut AS
        WITH large AS (SELECT component FROM cluster GROUP BY component HAVING count(*) > {rules.size_alarm}),
        told AS (
            SELECT component, hash(*COLUMNS(node.* EXCLUDE (record_id))) AS told
            FROM node JOIN cluster ON cluster.node = record_id WHERE component IN (FROM large)
        ), alarming AS (SELECT component FROM told GROUP BY component HAVING count(DISTINCT told) > {rules.size_alarm})
        SELECT accepted.node_l, accepted.node_r, 'size_alarm' AS reason
        FROM accepted JOIN cluster ON cluster.node = accepted.node_l
        WHERE accepted.match_weight < {rules.alarm_weight} AND accepted.origin = 'model'
          AND cluster.component IN (FROM alarming)
    """


def conflicts_sql(model: LinkageModel) -> str:
    """Temporary table `conflict` (component, node_l, node_r, reason): pairs of a component that cannot be one."""
    statements = " UNION ALL ".join(
        [
            *(
                f"SELECT component_l, record_id_l, record_id_r, '{each.id}' FROM inside "
                f"WHERE {condition_sql(each.when)}"
                for each in model.repair.conflicts
            ),
            f"""SELECT l.component, l.node, r.node, '{SAME_FEED}' FROM listed l JOIN listed r
                ON l.component = r.component AND l.feed = r.feed AND l.node < r.node
                AND l.source_key <> r.source_key""",
            """SELECT cluster.component, edge.node_l, edge.node_r, 'forbidden' FROM edge
               JOIN cluster ON cluster.node = edge.node_l JOIN cluster other ON other.node = edge.node_r
               WHERE edge.status = 'forbidden' AND cluster.component = other.component""",
        ]
    )
    feeds = ", ".join(f"'{feed}'" for feed in model.repair.one_record_per_feed) or "NULL"
    return f"""
        CREATE OR REPLACE TEMP TABLE conflict AS
        WITH placed AS (SELECT cluster.component, node.* FROM node JOIN cluster ON cluster.node = node.record_id),
        inside AS (
            SELECT * FROM (SELECT COLUMNS('(.*)') AS '\\1_l' FROM placed) l
            JOIN (SELECT COLUMNS('(.*)') AS '\\1_r' FROM placed) r
            ON component_l = component_r AND record_id_l < record_id_r
        ), listed AS (
            SELECT DISTINCT cluster.component, cluster.node, linked.feed, linked.source_key
            FROM linked JOIN collapsed USING (record_id) JOIN cluster ON cluster.node = collapsed.node_id
            WHERE linked.is_current AND linked.is_main AND linked.feed IN ({feeds})
        )
        SELECT * FROM ({statements}) AS found(component, node_l, node_r, reason)
    """


def suspicious_sql(rules: Repair) -> str:
    """Temporary table `suspicious` (component): something contradicts, or a weak link may be a bridge."""
    return f"""
        CREATE OR REPLACE TEMP TABLE suspicious AS
        SELECT component FROM conflict
        UNION
        SELECT cluster.component FROM accepted JOIN cluster ON cluster.node = accepted.node_l
        WHERE accepted.match_weight < {rules.bridge_weight} AND accepted.origin = 'model' AND cluster.component IN (
            SELECT component FROM cluster GROUP BY component HAVING count(*) >= {2 * rules.bridge_side})
    """


def suspicious_edges_sql() -> str:
    """Rows component, node_l, node_r, weight (null for a decision) of suspicious components, in a fixed order."""
    return """
        SELECT cluster.component, accepted.node_l, accepted.node_r,
               CASE WHEN accepted.origin = 'model' THEN accepted.match_weight END AS weight
        FROM accepted JOIN cluster ON cluster.node = accepted.node_l
        WHERE cluster.component IN (FROM suspicious) ORDER BY ALL
    """


def _write(warehouse: Warehouse, groups: dict[int, int], cuts: list[tuple[int, int, str]]) -> None:
    found = pa.table([list(groups), list(groups.values())], schema=CLUSTER_COLUMNS)
    broken = pa.table([list(column) for column in zip(*cuts, strict=True)] or [[], [], []], schema=CUT_COLUMNS)
    warehouse.register_arrow("found_group", found)
    warehouse.register_arrow("found_cut", broken)
    warehouse.execute("INSERT INTO cut FROM found_cut")
    warehouse.execute("""
        CREATE OR REPLACE TEMP TABLE cluster AS
        SELECT cluster.node, coalesce(found_group.component, cluster.component) AS component
        FROM cluster LEFT JOIN found_group ON found_group.node = cluster.node
    """)
    warehouse.unregister("found_group")
    warehouse.unregister("found_cut")
