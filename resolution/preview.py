"""What a steward's decision would change: the real steps of linking on the records it can reach, in memory.

Reads a snapshot and writes nothing. What is solved again are the records tied to those decided about, those in doubt
with them, and those that a blocking rule brings together with a record that a decision sets free.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from resolution.blocking import keys_sql, pairs_sql, rule_keys_sql
from resolution.clusters import cluster, judge
from resolution.collapse import collapse
from resolution.columns import linked_sql, snapshot_sources
from resolution.components import connect
from resolution.decisions import KINDS, decisions_sql
from resolution.golden import build_register
from resolution.identity import MEMBER_TABLES, Minting, fresh_sql, keeps_sql, mint, named_sql, overlap_sql, revives_sql
from resolution.models import score
from resolution.renewal import number_entities
from resolution.weights import Weights
from schemas.readers.golden import GoldenRules
from schemas.readers.linkage import LinkageModel
from schemas.readers.registers import Register
from stores.quoting import quote_text
from stores.warehouse import Warehouse, open_warehouse

TIED = "('accepted', 'cut')"


@dataclass(frozen=True)
class Rules:
    """By what a register is linked and its golden records are chosen.

    `entities` is the newest generation's file of every id ever minted, `key` what ids are minted with.
    """

    model: LinkageModel
    weights: Weights
    register: Register
    golden: GoldenRules
    entities: Path | None
    key: bytes


@dataclass(frozen=True)
class Move:
    """So many records that would go from one entity to another."""

    entity: str
    to: str
    records: int


@dataclass(frozen=True)
class FieldChange:
    """A golden field of an entity that would change; None stands for an entity or a value that is not there."""

    entity: str
    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class FactMove:
    """So many facts of a kind that would hang on another entity."""

    kind: str
    facts: int


@dataclass(frozen=True)
class Preview:
    """What decisions would change: `merged` ids would end, `born` would be new; `solved` records were looked at."""

    solved: int
    merged: Mapping[str, str]
    born: tuple[str, ...]
    moves: tuple[Move, ...]
    fields: tuple[FieldChange, ...]
    facts: tuple[FactMove, ...]
    partition: Mapping[int, str]


def preview(snapshot: Warehouse, rules: Rules, before: pa.Table, after: pa.Table) -> Preview:
    """What it would change if the decisions in force were those of `after` and not those of `before`.

    Both have the columns of `DECISION_COLUMNS`, about records of one register.
    """
    with reached_parts(snapshot, rules, before, after) as scratch:
        was, golden_was = solve(scratch, rules, before)
        now, golden_now = solve(scratch, rules, after)
        fields = _field_changes(rules, golden_was, golden_now)
    moved = {record for record, entity in now.items() if was[record] != entity}
    facts = _fact_moves(snapshot, rules.model.id, moved)
    snapshot.unregister("reached")
    counts: dict[tuple[str, str], int] = {}
    for record in moved:
        ends = was[record], now[record]
        counts[ends] = counts.get(ends, 0) + 1
    moves = tuple(Move(*ends, records) for ends, records in sorted(counts.items()))
    ended = set(was.values()) - set(now.values())
    return Preview(
        solved=len(now),
        merged={move.entity: move.to for move in sorted(moves, key=lambda each: each.records) if move.entity in ended},
        born=tuple(sorted(set(now.values()) - set(was.values()))),
        moves=moves,
        fields=fields,
        facts=facts,
        partition=now,
    )


@contextmanager
def reached_parts(snapshot: Warehouse, rules: Rules, before: pa.Table, after: pa.Table) -> Iterator[Warehouse]:
    """A warehouse in memory with what the difference between these decisions can reach."""
    seeds = {record for left, right, _ in _pairs(before) ^ _pairs(after) for record in (left, right)}
    reach(snapshot, rules.model, seeds)
    with open_warehouse(None) as scratch:
        take_along(snapshot, scratch, rules)
        met = set().union(*(candidates(snapshot, scratch, rules.model, each) for each in (before, after)))
        if not met:
            yield scratch
            return
    reach(snapshot, rules.model, seeds | met)
    with open_warehouse(None) as scratch:
        take_along(snapshot, scratch, rules)
        yield scratch


def _pairs(decisions: pa.Table) -> set[tuple[int, int, str]]:
    return {(row["record_l"], row["record_r"], row["kind"]) for row in decisions.to_pylist()}


def reach(snapshot: Warehouse, model: LinkageModel, seeds: set[int]) -> None:
    """Registers `reached` (record_id) with the snapshot: these records, and those tied to them or to their doubles."""
    found = set(seeds)
    for statuses in (TIED, "('accepted', 'cut', 'review', 'forbidden')", TIED):
        size = 0
        while size < len(found):
            size = len(found)
            _register_reached(snapshot, found)
            rows = snapshot.rows(reached_sql(model.id, statuses))
            found |= {record for row in rows for record in row}
            if statuses != TIED:
                break
    _register_reached(snapshot, found)


def _register_reached(snapshot: Warehouse, records: set[int]) -> None:
    snapshot.register_arrow("reached", pa.table({"record_id": pa.array(sorted(records), pa.int64())}))


def reached_sql(register: str, statuses: str) -> str:
    """Rows record_l, record_r of the links of these statuses that touch `reached`."""
    return f"""
        SELECT record_l, record_r FROM link WHERE register = '{register}' AND status IN {statuses}
          AND (record_l IN (FROM reached) OR record_r IN (FROM reached))
    """


def take_along(snapshot: Warehouse, scratch: Warehouse, rules: Rules) -> None:
    """Makes in `scratch` what linking and naming read of the reached records."""
    register = rules.model.id
    only = "record_id IN (FROM reached)"
    parts = {
        "linked": linked_sql(rules.model, snapshot_sources(rules.model), only),
        "known_member": f"SELECT record_id, entity_id, number FROM member WHERE register = '{register}' AND {only}",
        "published": f"FROM link WHERE register = '{register}' AND record_l IN (FROM reached) "
        "AND record_r IN (FROM reached)",
        f"standard.{register}_record": f"FROM {register}_record WHERE {only}",
        "size": f"""SELECT (SELECT count(*) FROM {register}_record) - (
            SELECT count(*) FROM link WHERE register = '{register}' AND origin = 'collapse') AS nodes""",
    }
    for table, rows in parts.items():
        scratch.register_arrow("part", snapshot.arrow(rows))
        scratch.execute(f"CREATE {'' if '.' in table else 'TEMP'} TABLE {table} AS FROM part")
        scratch.unregister("part")
    scratch.execute(MEMBER_TABLES)
    known = (
        "SELECT DISTINCT entity_id, number, 0::BIGINT AS anchor, '' AS born_run, NULL AS retired_run FROM known_member"
    )
    if rules.entities is not None:
        known = f"""FROM read_parquet({quote_text(str(rules.entities))})
            WHERE entity_id IN (SELECT entity_id FROM known_member) OR anchor IN (SELECT record_id FROM linked)"""
    scratch.execute(f"CREATE TEMP TABLE known_entity AS {known}")
    scratch.execute(
        "CREATE TEMP TABLE was_same AS SELECT record_l AS node_l, record_r AS node_r FROM published "
        "WHERE origin = 'collapse'"
    )
    connect(scratch, "was_same", "was_node")


def collapse_under(scratch: Warehouse, model: LinkageModel, decisions: pa.Table) -> None:
    """Temporary tables `required`, `forbidden`, `collapsed`, `node` and `fresh_node` under these decisions."""
    scratch.register_arrow("decided", decisions)
    for table, kind in KINDS.items():
        scratch.execute(decisions_sql(table, kind, f"standard.{model.id}_record"))
    scratch.unregister("decided")
    collapse(scratch, model)
    scratch.execute(fresh_nodes_sql())


def candidates(snapshot: Warehouse, scratch: Warehouse, model: LinkageModel, decisions: pa.Table) -> set[int]:
    """Records of the whole register that a blocking rule brings together with a node that is not as published."""
    collapse_under(scratch, model, decisions)
    fresh = "(FROM node SEMI JOIN fresh_node USING (record_id))"
    if not scratch.rows("SELECT 1 FROM fresh_node LIMIT 1"):
        return set()
    scratch.execute("CREATE OR REPLACE TEMP TABLE fresh_key (rule UTINYINT, key UBIGINT, record_id BIGINT)")
    for statement in keys_sql(model, nodes=fresh, keys="fresh_key"):
        scratch.execute(statement)
    lists = [f'SELECT unnest("{each.id}") FROM {fresh}' for each in model.contexts]
    ends = [entity for (entity,) in scratch.rows(" UNION ".join(lists))] if lists else []
    snapshot.register_arrow("fresh_key", scratch.arrow("SELECT DISTINCT rule, key FROM fresh_key"))
    snapshot.register_arrow("end", pa.table({"entity_id": pa.array(ends, pa.string())}))
    found = {record for (record,) in snapshot.rows(candidates_sql(model))}
    snapshot.unregister("fresh_key")
    snapshot.unregister("end")
    return found


def candidates_sql(model: LinkageModel) -> str:
    """Rows record_id of the records that hold a key of `fresh_key`; `end` has the entities that contexts may name.

    A key held by more records than its rule allows brings nothing together.
    """
    contexts = {each.id for each in model.contexts}
    sources = snapshot_sources(model)
    plain = linked_sql(replace(model, contexts=()), sources)
    tied = f"""record_id IN (SELECT subject_id FROM {sources.facts} fact
        JOIN {sources.members} member ON member.record_id = fact.object_id AND member.register = fact.object_register
        WHERE subject_register = '{model.id}' AND member.entity_id IN (FROM "end"))"""
    near = linked_sql(model, sources, tied)
    keys = [
        f"SELECT {place} AS rule, key, record_id, {rule.max_block or 'NULL'} AS most FROM ("
        + rule_keys_sql(rule, model.many, table="near" if contexts & set(rule.columns) else "plain", key="hash({})")
        + ")"
        for place, rule in enumerate(model.blocking)
    ]
    return f"""
        WITH plain AS NOT MATERIALIZED ({plain}), near AS ({near}), held AS (
            FROM ({" UNION ALL ".join(keys)}) SEMI JOIN fresh_key USING (rule, key)
        )
        SELECT DISTINCT unnest(list(record_id)) FROM held
        GROUP BY rule, key HAVING count(*) <= coalesce(min(most), count(*))
    """


def solve(scratch: Warehouse, rules: Rules, decisions: pa.Table) -> tuple[dict[int, str], Mapping[str, dict[str, Any]]]:
    """The entity of each reached record under these decisions, and the golden records by entity."""
    model = _weighed(rules.model, rules.weights)
    collapse_under(scratch, model, decisions)
    scratch.execute("CREATE OR REPLACE TEMP TABLE link_key (rule UTINYINT, key UBIGINT, record_id BIGINT)")
    scratch.execute("CREATE OR REPLACE TEMP TABLE full_block (rule UTINYINT, key UBIGINT, size BIGINT)")
    for statement in keys_sql(model, nodes="node", keys="link_key"):
        scratch.execute(statement)
    scratch.execute(pairs_sql("link_key", "full_block", own="fresh_node"))
    score(scratch, model, rules.weights, records=int(scratch.rows("SELECT nodes FROM size")[0][0]))
    judge(scratch, model)
    scratch.execute(published_edges_sql())
    cluster(scratch, model)
    return _name(scratch, rules), _golden(scratch, rules)


def _weighed(model: LinkageModel, weights: Weights) -> LinkageModel:
    """The model without levels that no record of the register reaches, for these have no weight."""
    comparisons = [
        replace(each, levels=tuple(level for level in each.levels if (each.id, level.id) in weights.levels))
        for each in model.comparisons
    ]
    return replace(model, comparisons=tuple(each for each in comparisons if len(each.levels) > 1))


def fresh_nodes_sql() -> str:
    """Temporary table `fresh_node` (record_id): nodes of other records than published, or freed of a decision.

    What was published about the pairs of all others still holds.
    """
    return """
        CREATE OR REPLACE TEMP TABLE fresh_node AS
        WITH now AS (SELECT node_id, list_sort(list(record_id)) AS records FROM collapsed GROUP BY node_id),
        was AS (
            SELECT list_sort(list(linked.record_id)) AS records
            FROM linked LEFT JOIN was_node ON was_node.node = linked.record_id
            GROUP BY coalesce(was_node.component, linked.record_id)
        ), decided AS (
            SELECT least(l.node_id, r.node_id) AS node_l, greatest(l.node_id, r.node_id) AS node_r
            FROM (SELECT record_l, record_r FROM required UNION ALL SELECT record_l, record_r FROM forbidden) each
            JOIN collapsed l ON l.record_id = record_l JOIN collapsed r ON r.record_id = record_r
        ), freed AS (
            SELECT record_l AS node_l, record_r AS node_r FROM published WHERE origin = 'decision'
            EXCEPT SELECT node_l, node_r FROM decided
        )
        SELECT node_id AS record_id FROM now ANTI JOIN was USING (records)
        UNION SELECT unnest([node_l, node_r]) FROM freed
    """


def published_edges_sql() -> str:
    """Adds to `edge` what the model was published to say about nodes that are as they were."""
    return """
        INSERT INTO edge BY NAME
        SELECT record_l AS node_l, record_r AS node_r, match_weight, match_probability, origin,
               CASE WHEN status = 'cut' THEN 'accepted' ELSE status END AS status, reason
        FROM published
        WHERE origin = 'model' AND record_l IN (SELECT record_id FROM node) AND record_r IN (SELECT record_id FROM node)
          AND record_l NOT IN (FROM fresh_node) AND record_r NOT IN (FROM fresh_node)
          AND (record_l, record_r) NOT IN (SELECT node_l, node_r FROM edge)
    """


def _name(scratch: Warehouse, rules: Rules) -> dict[int, str]:
    """Temporary table `named`, by the rules of naming; the ids that would be minted are those that a run would mint."""
    for build in (overlap_sql, keeps_sql, revives_sql, fresh_sql):
        scratch.execute(build())
    fresh = scratch.arrow("SELECT cluster, anchor, births FROM fresh ORDER BY cluster")
    ids, numbers = mint(Minting(rules.model.id, "", rules.key), fresh["anchor"], fresh["births"])
    scratch.register_arrow("minted", fresh.append_column("entity_id", ids).append_column("number", numbers))
    scratch.execute(named_sql())
    scratch.unregister("minted")
    return dict(scratch.rows("SELECT record_id, entity_id FROM named"))


def _golden(scratch: Warehouse, rules: Rules) -> Mapping[str, dict[str, Any]]:
    register = rules.model.id
    scratch.execute(f"DELETE FROM resolved.member; INSERT INTO resolved.member SELECT '{register}', * FROM named")
    number_entities(scratch, is_full=True)
    build_register(scratch, rules.register, rules.golden, is_full=True)
    rows = scratch.arrow(f"SELECT * FROM resolved.{register}").to_pylist()
    return {row["entity_id"]: row for row in rows}


def _field_changes(
    rules: Rules, was: Mapping[str, dict[str, Any]], now: Mapping[str, dict[str, Any]]
) -> tuple[FieldChange, ...]:
    """Of entities that stay; a field that neighbours fill is not known from the reached records alone."""
    names = [field.name for field in rules.register.fields if field.name not in rules.golden.neighbours]
    return tuple(
        FieldChange(entity, name, _text(was[entity][name]), _text(now[entity][name]))
        for entity in sorted(was.keys() & now.keys())
        for name in names
        if was[entity][name] != now[entity][name]
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _fact_moves(snapshot: Warehouse, register: str, moved: Sequence[int] | set[int]) -> tuple[FactMove, ...]:
    _register_reached(snapshot, set(moved))
    rows = snapshot.rows(f"""
        SELECT kind, count(*) FROM fact
        WHERE (subject_register = '{register}' AND subject_id IN (FROM reached))
           OR (object_register = '{register}' AND object_id IN (FROM reached))
        GROUP BY kind ORDER BY kind
    """)
    return tuple(FactMove(kind, count) for kind, count in rows)
