"""Blocking: which pairs of nodes are scored at all."""

import re
from dataclasses import dataclass

from schemas.readers.linkage import KeyRule, LinkageModel
from stores.warehouse import Warehouse

KEY = "CAST(md5_number(concat_ws(chr(31), {})) & 9223372036854775807::UHUGEINT AS UBIGINT)"
"""63 bits of the MD5 of a key's values as text: whoever looks up one record computes the same without the engine."""


@dataclass(frozen=True)
class FullBlock:
    """A rule some of whose keys are held by more nodes than it allows; those keys bring nothing together."""

    rule: str
    keys: int
    largest: int


def block(warehouse: Warehouse, model: LinkageModel) -> tuple[FullBlock, ...]:
    """Temporary table `pair` (match_key, join_key_l, join_key_r) out of all of `node`, by fresh tables of keys.

    Returns the rules with full blocks.
    """
    warehouse.execute("CREATE OR REPLACE TEMP TABLE link_key (rule UTINYINT, key UBIGINT, record_id BIGINT)")
    warehouse.execute("CREATE OR REPLACE TEMP TABLE full_block (rule UTINYINT, key UBIGINT, size BIGINT)")
    for statement in keys_sql(model, nodes="node", keys="link_key"):
        warehouse.execute(statement)
    warehouse.execute(full_blocks_sql(model, "link_key", "full_block"))
    warehouse.execute(pairs_sql("link_key", "full_block"))
    full = full_blocks(warehouse, model, "full_block")
    for table in ("link_key", "full_block"):
        warehouse.execute(f"DROP TABLE temp.{table}")
    return full


def full_blocks(warehouse: Warehouse, model: LinkageModel, table: str) -> tuple[FullBlock, ...]:
    """What a table of full blocks holds, by rule."""
    rows = warehouse.rows(f"SELECT rule, count(*), max(size) FROM {table} GROUP BY rule ORDER BY rule")
    return tuple(FullBlock(model.blocking[rule].id, keys, largest) for rule, keys, largest in rows)


def keys_sql(model: LinkageModel, *, nodes: str, keys: str) -> tuple[str, ...]:
    """Statements that add the keys of the nodes to a table of rule, key, record_id; `rule` is the place of the rule."""
    return tuple(
        f"INSERT INTO {keys} SELECT {place}, * FROM ({rule_keys_sql(rule, model.many, table=nodes, key=KEY)})"
        for place, rule in enumerate(model.blocking)
    )


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


def full_blocks_sql(model: LinkageModel, keys: str, full: str) -> str:
    """Adds to the table `full` (rule, key, size) the keys that more nodes hold than their rule allows."""
    limits = ", ".join(f"({place}, {rule.max_block})" for place, rule in enumerate(model.blocking) if rule.max_block)
    return f"""
        INSERT INTO {full}
        SELECT rule, key, count(*) AS size
        FROM {keys} JOIN (VALUES {limits or "(NULL, NULL)"}) AS allowed(rule, most) USING (rule)
        GROUP BY rule, key HAVING count(*) > min(most)
    """


def pairs_sql(keys: str, full: str, *, own: str = "") -> str:
    """Temporary table `pair`: each pair once, under the first rule that brings it together.

    With `own`, a table of record_id, only pairs that have a node of it.
    """
    once = "l.record_id < r.record_id"
    left = f"(FROM used SEMI JOIN {own} USING (record_id))" if own else "used"
    if own:
        once = f"({once} OR r.record_id NOT IN (SELECT record_id FROM {own})) AND l.record_id <> r.record_id"
    return f"""
        CREATE OR REPLACE TEMP TABLE pair AS
        WITH used AS (FROM {keys} ANTI JOIN {full} USING (rule, key))
        SELECT CAST(min(l.rule) AS VARCHAR) AS match_key, least(l.record_id, r.record_id) AS join_key_l,
               greatest(l.record_id, r.record_id) AS join_key_r
        FROM {left} l JOIN used r ON l.rule = r.rule AND l.key = r.key AND {once}
        GROUP BY join_key_l, join_key_r
    """
