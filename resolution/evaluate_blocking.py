"""Share of true pairs that linkage ever looked at: collapsed outright, or met by a blocking rule.

Records of one true entity with equal keys form a class, so that an entity of thousands of records (a school named by
every pupil) costs no more than its few ways of being written.
"""

from resolution.blocking import rule_keys_sql
from resolution.columns import linked_sql, snapshot_sources
from schemas.declarations import Declarations
from schemas.readers.linkage import KeyRule, LinkageModel
from stores.warehouse import Warehouse

NOTHING = "SELECT NULL::BIGINT AS record_id, NULL::VARCHAR AS rule, NULL::VARCHAR AS key WHERE false"


def blocking_recall(snapshot: Warehouse, declarations: Declarations, register: str) -> float | None:
    """The share over the records that have truth; None where there is no true pair or no linkage model."""
    model = declarations.linkage.get(register)
    if model is None:
        return None
    snapshot.execute(f"CREATE OR REPLACE TEMP TABLE compared AS {linked_sql(model, snapshot_sources(model))}")
    for statement in (keys_sql(model), classes_sql()):
        snapshot.execute(statement)
    [(true_pairs, met)] = snapshot.rows(met_sql(register))
    for table in ("compared", "met_by", "record_class"):
        snapshot.execute(f"DROP TABLE temp.{table}")
    return int(met or 0) / int(true_pairs) if true_pairs else None


def keys_sql(model: LinkageModel) -> str:
    """Temporary table `met_by`: record and each key under which a collapse or blocking rule brings it to others."""
    blocking = " UNION ALL ".join([NOTHING, *(_rule_sql(rule, model.many) for rule in model.blocking)])
    limits = " ".join(f"WHEN '{rule.id}' THEN {rule.max_block}" for rule in model.blocking if rule.max_block)
    limit = f"CASE rule {limits} END" if limits else "NULL"
    return f"""
        CREATE OR REPLACE TEMP TABLE met_by AS
        WITH collapse AS ({collapse_sql(model.id)}), blocking AS ({blocking}), crowd AS (
            SELECT rule, key FROM blocking LEFT JOIN collapse USING (record_id)
            GROUP BY rule, key HAVING count(DISTINCT coalesce(node, record_id)) > {limit}
        )
        SELECT record_id, hash('collapse', '', node::VARCHAR) AS key FROM collapse
        UNION
        SELECT record_id, hash('blocking', rule, key) AS key FROM blocking ANTI JOIN crowd USING (rule, key)
    """


def collapse_sql(register: str) -> str:
    """Rows record_id, node: the smallest record of the collapsed group; its links are a star, two steps across."""
    return f"""
        WITH tie AS (
            SELECT record_l AS one, record_r AS other FROM link WHERE register = '{register}' AND origin = 'collapse'
            UNION ALL
            SELECT record_r, record_l FROM link WHERE register = '{register}' AND origin = 'collapse'
        ), near AS (SELECT one, least(one, min(other)) AS least FROM tie GROUP BY one)
        SELECT tie.one AS record_id, least(min(own.least), min(near.least)) AS node
        FROM tie JOIN near ON near.one = tie.other JOIN near own ON own.one = tie.one GROUP BY tie.one
    """


def classes_sql() -> str:
    """Temporary table `record_class`: keys and the records that have exactly these."""
    return """
        CREATE OR REPLACE TEMP TABLE record_class AS
        SELECT record_id, list(key ORDER BY key) AS keys FROM met_by GROUP BY record_id
    """


def met_sql(register: str) -> str:
    """One row: true pairs, and those of them that share a key."""
    return f"""
        WITH class AS (
            SELECT truth_id, coalesce(keys, []) AS keys, count(*) AS n,
                   row_number() OVER (ORDER BY truth_id, coalesce(keys, [])) AS class
            FROM labelled_{register} LEFT JOIN record_class USING (record_id)
            WHERE truth_id IS NOT NULL GROUP BY truth_id, coalesce(keys, [])
        ), keyed AS (SELECT truth_id, class, n, unnest(keys) AS key FROM class), meeting AS (
            SELECT DISTINCT l.class AS class_l, r.class AS class_r, l.n AS n_l, r.n AS n_r
            FROM keyed l JOIN keyed r ON l.truth_id = r.truth_id AND l.key = r.key AND l.class < r.class
        ), size AS (SELECT sum(n) AS n FROM class GROUP BY truth_id)
        SELECT (SELECT sum(n * (n - 1) // 2) FROM size),
               (SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM class WHERE len(keys) > 0)
             + (SELECT coalesce(sum(n_l * n_r), 0) FROM meeting)
    """


def _rule_sql(rule: KeyRule, many: frozenset[str]) -> str:
    rows = rule_keys_sql(rule, many, table="compared", key="concat_ws(chr(31), {})")
    return f"SELECT record_id, '{rule.id}' AS rule, key FROM ({rows})"
