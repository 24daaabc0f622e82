"""Connected components in DuckDB: every node gets the smallest node that it is tied to, however far.

Each round every node goes to the smallest of its neighbours, and the next round has only what is left between those:
the edges shrink by more than half each time.
"""

from stores.warehouse import Warehouse


def connect(warehouse: Warehouse, edges: str, target: str) -> None:
    """Temporary table `target` (node, component) for all nodes in the table `edges` (node_l, node_r)."""
    warehouse.execute(nodes_sql(edges, target))
    warehouse.execute(remaining_sql(edges))
    while warehouse.rows("SELECT 1 FROM remaining LIMIT 1"):
        warehouse.execute(nearest_sql())
        warehouse.execute(step_sql())
        warehouse.execute(moved_sql(target))
        warehouse.execute(contracted_sql())
    for table in ("remaining", "nearest", "step"):
        warehouse.execute(f"DROP TABLE IF EXISTS temp.{table}")


def nodes_sql(edges: str, target: str) -> str:
    """Temporary table `target`: each node beside itself."""
    return f"""
        CREATE OR REPLACE TEMP TABLE {target} AS
        SELECT node, node AS component FROM (SELECT node_l AS node FROM {edges} UNION SELECT node_r FROM {edges})
    """


def remaining_sql(edges: str) -> str:
    """Temporary table `remaining` (node_l, node_r): the edges between two nodes, each once."""
    return f"""
        CREATE OR REPLACE TEMP TABLE remaining AS
        SELECT DISTINCT least(node_l, node_r) AS node_l, greatest(node_l, node_r) AS node_r
        FROM {edges} WHERE node_l <> node_r
    """


def nearest_sql() -> str:
    """Temporary table `nearest` (node, component): the smallest among each node and its neighbours."""
    return """
        CREATE OR REPLACE TEMP TABLE nearest AS
        SELECT node, min(other) AS component
        FROM (SELECT node_r AS node, node_l AS other FROM remaining UNION ALL SELECT node_l, node_l FROM remaining)
        GROUP BY node
    """


def step_sql() -> str:
    """Temporary table `step` (node, component): the smallest neighbour's own smallest neighbour."""
    return """
        CREATE OR REPLACE TEMP TABLE step AS
        SELECT nearest.node, further.component FROM nearest JOIN nearest further ON further.node = nearest.component
    """


def moved_sql(target: str) -> str:
    """Temporary table `target` after the step."""
    return f"""
        CREATE OR REPLACE TEMP TABLE {target} AS
        SELECT {target}.node, coalesce(step.component, {target}.component) AS component
        FROM {target} LEFT JOIN step ON step.node = {target}.component
    """


def contracted_sql() -> str:
    """Temporary table `remaining` after the step: the edges between what its nodes went to."""
    return """
        CREATE OR REPLACE TEMP TABLE remaining AS
        SELECT DISTINCT least(l.component, r.component) AS node_l, greatest(l.component, r.component) AS node_r
        FROM remaining JOIN step l ON l.node = node_l JOIN step r ON r.node = node_r WHERE l.component <> r.component
    """
