"""From scores and decisions to clusters, and every link with its status."""

from resolution.components import connect
from resolution.models import condition_sql
from resolution.repair import repair
from schemas.readers.linkage import LinkageModel, PairStatement
from stores.warehouse import Warehouse


def judge(warehouse: Warehouse, model: LinkageModel) -> None:
    """Temporary table `edge`: the pairs of `pair` and all decided ones that are linked, doubted or told apart.

    Reads `scored`, `pair`, `node`, `collapsed`, `required` and `forbidden`.
    """
    warehouse.execute(stewards_sql(model))
    warehouse.execute(edges_sql(model))
    warehouse.execute("DROP TABLE temp.steward")


def cluster(warehouse: Warehouse, model: LinkageModel) -> None:
    """Temporary tables `tied` (node, component by accepted links), `cluster` (the same, repaired), `clustered`, `link`.

    Reads `edge`, `node`, `linked` and `collapsed`; `clustered` has record_id, cluster for every record of `collapsed`.
    """
    warehouse.execute("CREATE OR REPLACE TEMP TABLE accepted AS FROM edge WHERE status = 'accepted'")
    connect(warehouse, "accepted", "tied")
    warehouse.execute("CREATE OR REPLACE TEMP TABLE cluster AS FROM tied")
    repair(warehouse, model)
    warehouse.execute(clustered_sql())
    warehouse.execute(links_sql())
    for table in ("accepted", "cut"):
        warehouse.execute(f"DROP TABLE temp.{table}")


def sided_sql(source: str, side: str) -> str:
    """A sub-select that gives every column of the table the side's ending, `_l` or `_r`."""
    return f"(SELECT COLUMNS('(.*)') AS '\\1_{side}' FROM {source})"


def statement_sql(statements: tuple[PairStatement, ...]) -> str:
    """The id of the first statement that holds for a pair, else null."""
    cases = " ".join(f"WHEN {condition_sql(each.when)} THEN '{each.id}'" for each in statements)
    return f"CASE {cases} END" if cases else "NULL::VARCHAR"


def stewards_sql(model: LinkageModel) -> str:
    """Temporary table `steward` (node_l, node_r, reason): pairs that a person must look at, whatever their score."""
    return f"""
        CREATE OR REPLACE TEMP TABLE steward AS
        SELECT node_l, node_r, reason FROM (
            SELECT join_key_l AS node_l, join_key_r AS node_r, {statement_sql(model.stewards)} AS reason
            FROM pair
            JOIN {sided_sql("node", "l")} l ON record_id_l = join_key_l
            JOIN {sided_sql("node", "r")} r ON record_id_r = join_key_r
        ) WHERE reason IS NOT NULL
    """


def edges_sql(model: LinkageModel) -> str:
    """Temporary table `edge`: one row per pair of nodes that is linked, doubted or told apart; decisions win."""
    return f"""
        CREATE OR REPLACE TEMP TABLE edge AS
        WITH decided AS (
            SELECT least(l.node_id, r.node_id) AS node_l, greatest(l.node_id, r.node_id) AS node_r, status,
                   min(why) AS reason
            FROM (SELECT *, 'accepted' AS status FROM required UNION ALL SELECT *, 'forbidden' FROM forbidden) each
            JOIN collapsed l ON l.record_id = each.record_l
            JOIN collapsed r ON r.record_id = each.record_r
            WHERE l.node_id <> r.node_id
            GROUP BY ALL
        ), judged AS (
            SELECT record_id_l AS node_l, record_id_r AS node_r, match_weight, match_probability, steward.reason,
                   CASE WHEN steward.reason IS NOT NULL THEN 'review'
                        WHEN match_probability >= {model.accept} THEN 'accepted'
                        WHEN match_probability >= {model.review} THEN 'review' END AS status
            FROM scored LEFT JOIN steward ON steward.node_l = record_id_l AND steward.node_r = record_id_r
        )
        SELECT coalesce(decided.node_l, judged.node_l) AS node_l, coalesce(decided.node_r, judged.node_r) AS node_r,
               judged.match_weight, judged.match_probability,
               CASE WHEN decided.status IS NULL THEN 'model' ELSE 'decision' END AS origin,
               coalesce(decided.status, judged.status) AS status,
               CASE WHEN decided.status IS NULL THEN judged.reason ELSE decided.reason END AS reason
        FROM decided FULL JOIN judged ON judged.node_l = decided.node_l AND judged.node_r = decided.node_r
        WHERE decided.status IS NOT NULL OR judged.status IS NOT NULL
    """


def clustered_sql() -> str:
    """Temporary table `clustered`: the cluster of every record, named by its smallest node."""
    return """
        CREATE OR REPLACE TEMP TABLE clustered AS
        SELECT collapsed.record_id, coalesce(cluster.component, collapsed.node_id) AS cluster
        FROM collapsed LEFT JOIN cluster ON cluster.node = collapsed.node_id
    """


def links_sql() -> str:
    """Temporary table `link`: what ties records together or keeps them apart, in the columns of `resolved.link`.

    A doubtful pair that other links have put into one cluster is settled and not listed. An end that is not in
    `clustered` is of another cluster.
    """
    return """
        CREATE OR REPLACE TEMP TABLE link AS
        SELECT least(node_id, record_id) AS record_l, greatest(node_id, record_id) AS record_r, 'collapse' AS origin,
               NULL::DOUBLE AS match_weight, NULL::DOUBLE AS match_probability, 'accepted' AS status, reason
        FROM collapsed WHERE record_id <> node_id
        UNION ALL
        SELECT edge.node_l, edge.node_r, edge.origin, edge.match_weight, edge.match_probability,
               CASE WHEN edge.status = 'accepted' AND l.cluster <> r.cluster THEN 'cut' ELSE edge.status END,
               coalesce(cut.reason, edge.reason)
        FROM edge
        LEFT JOIN clustered l ON l.record_id = edge.node_l
        LEFT JOIN clustered r ON r.record_id = edge.node_r
        LEFT JOIN cut ON cut.node_l = edge.node_l AND cut.node_r = edge.node_r AND l.cluster <> r.cluster
        WHERE edge.status <> 'review' OR l.cluster IS DISTINCT FROM r.cluster
    """
