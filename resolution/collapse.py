"""Exact collapse: records that are the same outright become one node before scoring; links keep every member."""

from resolution.components import connect
from schemas.readers.linkage import KeyRule, LinkageModel
from stores.warehouse import Warehouse


def collapse(warehouse: Warehouse, model: LinkageModel) -> None:
    """Temporary tables `collapsed` (record_id, node_id, reason) and `node`, out of `linked` and `forbidden`.

    The record with the most columns filled stands for its group, the smaller id where two have as many. Records that
    a steward has told apart are never collapsed with anything.
    """
    warehouse.execute(same_sql(model.collapse))
    connect(warehouse, "same", "sameness")
    warehouse.execute(collapsed_sql(model))
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE node AS {nodes_sql(model)}")
    for table in ("same", "sameness"):
        warehouse.execute(f"DROP TABLE temp.{table}")


def same_sql(rules: tuple[KeyRule, ...]) -> str:
    """Temporary table `same` (node_l, node_r, reason): each record and the smallest one of its group, by each rule."""
    empty = "SELECT 0::BIGINT AS node_l, 0::BIGINT AS node_r, '' AS reason WHERE false"
    return "CREATE OR REPLACE TEMP TABLE same AS " + " UNION ALL ".join([empty, *(_rule_sql(rule) for rule in rules)])


def _rule_sql(rule: KeyRule) -> str:
    filled = " AND ".join(f"{part} IS NOT NULL" for part in rule.on)
    return f"""
        (SELECT min(record_id) OVER (PARTITION BY {", ".join(rule.on)}) AS node_l, record_id AS node_r,
                '{rule.id}' AS reason
         FROM linked WHERE {filled} AND record_id NOT IN (SELECT unnest([record_l, record_r]) FROM forbidden)
         QUALIFY count(*) OVER (PARTITION BY {", ".join(rule.on)}) > 1)
    """


def collapsed_sql(model: LinkageModel) -> str:
    """Temporary table `collapsed` for every record of `linked`; `reason` names the rule that holds the record."""
    components = """
        SELECT linked.*, coalesce(sameness.component, linked.record_id) AS component
        FROM linked LEFT JOIN sameness ON sameness.node = linked.record_id
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE collapsed AS
        SELECT record_id, node_id, place, held.reason
        FROM ({placed_sql(model, components)})
        LEFT JOIN (SELECT node_r AS record_id, min(reason) AS reason FROM same GROUP BY node_r) held USING (record_id)
    """


def placed_sql(model: LinkageModel, components: str) -> str:
    """Rows record_id, node_id, place out of rows of `linked` with a `component`: place 1 stands for the group."""
    names = [each.id for each in model.columns] + [each.id for each in model.contexts]
    filled = " + ".join(f'("{name}" IS NOT NULL)::INTEGER' for name in names)
    return f"""
        SELECT record_id, first_value(record_id) OVER best AS node_id, row_number() OVER best AS place
        FROM ({components})
        WINDOW best AS (PARTITION BY component ORDER BY {filled} DESC, record_id)
    """


def nodes_sql(model: LinkageModel) -> str:
    """Rows of `node` out of `linked` and `collapsed`: the first filled value of each column, or all where many.

    Most records stand alone and are taken as they are.
    """
    single = [each.id for each in model.columns if not each.many]
    many = sorted(model.many)
    first = [f'arg_min("{name}", place) FILTER (WHERE "{name}" IS NOT NULL) AS "{name}"' for name in single]
    every = [
        f'list_sort(list_distinct(flatten(list("{name}") FILTER (WHERE "{name}" IS NOT NULL)))) AS "{name}"'
        for name in many
    ]
    return f"""
        WITH shared AS (SELECT node_id FROM collapsed WHERE place = 2)
        SELECT node_id AS record_id, {", ".join([*first, *every])}
        FROM linked JOIN collapsed USING (record_id) SEMI JOIN shared USING (node_id) GROUP BY node_id
        UNION ALL
        SELECT record_id, {", ".join(f'"{name}"' for name in [*single, *many])}
        FROM linked JOIN collapsed USING (record_id) ANTI JOIN shared USING (node_id)
    """
