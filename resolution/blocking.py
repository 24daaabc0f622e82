"""Blocking: which pairs of nodes are scored at all."""

import re
from dataclasses import dataclass

from schemas.readers.linkage import KeyRule, LinkageModel
from stores.warehouse import Warehouse


@dataclass(frozen=True)
class FullBlock:
    """A rule some of whose keys are held by more nodes than it allows; those keys bring nothing together."""

    rule: str
    keys: int
    largest: int


def block(warehouse: Warehouse, model: LinkageModel) -> tuple[FullBlock, ...]:
    """Temporary table `pair` (match_key, join_key_l, join_key_r) out of `node`; returns the rules with full blocks."""
    warehouse.execute(keys_sql(model))
    warehouse.execute(full_blocks_sql(model))
    warehouse.execute(pairs_sql())
    full = warehouse.rows("SELECT rule, count(*), max(size) FROM full_block GROUP BY rule ORDER BY rule")
    for table in ("link_key", "full_block"):
        warehouse.execute(f"DROP TABLE temp.{table}")
    return tuple(FullBlock(model.blocking[rule].id, keys, largest) for rule, keys, largest in full)


def keys_sql(model: LinkageModel) -> str:
    """Temporary table `link_key` (rule, key, record_id): the keys of each node; `rule` is the place of the rule."""
    nothing = "SELECT 0 AS rule, 0::UBIGINT AS key, 0::BIGINT AS record_id WHERE false"
    rules = [
        f"SELECT {place} AS rule, * FROM ({rule_keys_sql(rule, model.many, table='node', key='hash({})')})"
        for place, rule in enumerate(model.blocking)
    ]
    return "CREATE OR REPLACE TEMP TABLE link_key AS " + " UNION ALL ".join([nothing, *rules])


def rule_keys_sql(rule: KeyRule, many: frozenset[str], *, table: str, key: str) -> str:
    """Rows key, record_id of one rule over the columns of `table`; a column with many values gives a key for each.

    `key` is SQL in which {} stands for the rule's values as text, separated by commas.
    """
    parts, source = [], table
    for part in rule.on:
        if part in many:
            # Unnested in a list of columns: as a joined table function the engine takes fifty times as long.
            source = f'(SELECT *, unnest("{part}") AS one_{part} FROM {source})'
            parts.append(f"one_{part}")
        else:
            parts.append(part)
    filled = " AND ".join(f"({part}) IS NOT NULL" for part in parts)
    values = ", ".join(f"CAST({part} AS VARCHAR)" for part in parts)
    return f"SELECT {key.format(values)} AS key, record_id FROM {source} WHERE {filled}"


def key_condition_sql(rule: KeyRule, many: frozenset[str]) -> str:
    """The condition under which a rule's keys of a pair agree, over the columns `<column>_l` and `<column>_r`."""
    parts = []
    for part, column in zip(rule.on, rule.columns, strict=True):
        if column in many:
            parts.append(f"list_has_any({column}_l, {column}_r)")
        else:
            left, right = (re.sub(rf"\b{column}\b", f"{column}_{side}", part) for side in "lr")
            parts.append(f"{left} = {right}")
    return f"coalesce({' AND '.join(parts)}, false)"


def full_blocks_sql(model: LinkageModel) -> str:
    """Temporary table `full_block` (rule, key, size): keys held by more nodes than the rule allows."""
    limits = ", ".join(f"({place}, {rule.max_block or 'NULL'})" for place, rule in enumerate(model.blocking))
    limits = limits or "(0, NULL)"
    return f"""
        CREATE OR REPLACE TEMP TABLE full_block AS
        SELECT rule, key, count(*) AS size
        FROM link_key JOIN (VALUES {limits}) AS allowed(rule, most) USING (rule)
        GROUP BY rule, key HAVING count(*) > min(most)
    """


def pairs_sql() -> str:
    """Temporary table `pair`: each pair once, under the first rule that brings it together."""
    return """
        CREATE OR REPLACE TEMP TABLE pair AS
        WITH used AS (FROM link_key ANTI JOIN full_block USING (rule, key))
        SELECT CAST(min(l.rule) AS VARCHAR) AS match_key, l.record_id AS join_key_l, r.record_id AS join_key_r
        FROM used l JOIN used r ON l.rule = r.rule AND l.key = r.key AND l.record_id < r.record_id
        GROUP BY l.record_id, r.record_id
    """
