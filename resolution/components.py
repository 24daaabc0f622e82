"""Connected components in DuckDB: every node gets the smallest node that it is tied to, however far."""

from stores.warehouse import Warehouse


def connect(warehouse: Warehouse, edges: str, target: str) -> None:
    """Temporary table `target` (node, component) for all nodes in the table `edges` (node_l, node_r)."""
    warehouse.execute(neighbours_sql(edges))
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE {target} AS SELECT DISTINCT node, node AS component FROM neighbour"
    )
    changed = 1
    while changed:
        warehouse.execute(spread_sql(target))
        ((changed,),) = warehouse.rows(
            f"SELECT count(*) FROM {target} old JOIN spread new USING (node) WHERE old.component <> new.component"
        )
        warehouse.execute(f"CREATE OR REPLACE TEMP TABLE {target} AS FROM spread")
    warehouse.execute("DROP TABLE temp.spread")
    warehouse.execute("DROP TABLE temp.neighbour")


def neighbours_sql(edges: str) -> str:
    """Temporary table `neighbour`: each edge from both ends, and each node beside itself."""
    return f"""
        CREATE OR REPLACE TEMP TABLE neighbour AS
        SELECT node_l AS node, node_r AS other FROM {edges}
        UNION SELECT node_r, node_l FROM {edges}
        UNION SELECT node_l, node_l FROM {edges}
        UNION SELECT node_r, node_r FROM {edges}
    """


def spread_sql(labels: str) -> str:
    """Temporary table `spread`: the smallest label among the neighbours, then that one's own label."""
    return f"""
        CREATE OR REPLACE TEMP TABLE spread AS
        WITH nearest AS (
            SELECT neighbour.node, min(label.component) AS component
            FROM neighbour JOIN {labels} label ON label.node = neighbour.other GROUP BY neighbour.node
        )
        SELECT nearest.node, least(nearest.component, further.component) AS component
        FROM nearest JOIN nearest further ON further.node = nearest.component
    """
