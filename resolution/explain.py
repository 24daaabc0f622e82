"""Why two records are one or not: what each comparison said, how much it weighed, and what was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resolution.blocking import key_condition_sql
from resolution.clusters import sided_sql, statement_sql
from resolution.collapse import nodes_sql, placed_sql
from resolution.columns import Sources, linked_sql, snapshot_sources
from resolution.errors import UnknownRecordError
from resolution.models import condition_sql, missing_sql
from resolution.weights import Weights, level_weight, log_odds, probability
from schemas.readers.linkage import Comparison, LinkageModel
from stores.warehouse import Warehouse


@dataclass(frozen=True)
class Step:
    """What one comparison said; `weight` is log2 of how much likelier that is for one than for two."""

    comparison: str
    level: str
    zh: str
    en: str
    left: str | None
    right: str | None
    weight: float


@dataclass(frozen=True)
class RuleOutcome:
    """Whether a blocking rule brings the two records together."""

    rule: str
    why: str
    agrees: bool


@dataclass(frozen=True)
class Explanation:
    """Why two records are one entity or not.

    `left` and `right` are the records, `nodes` the records that stood for them when pairs were scored. `weight` is
    the sum of `prior_weight` and the steps' weights; `outcome` is `collapse`, the status of the link
    (`accepted`, `review`, `cut`, `forbidden`), or `unlinked` where the two were never likely to be one.
    """

    register: str
    left: int
    right: int
    nodes: tuple[int, int]
    same_entity: bool
    outcome: str
    reason: str | None
    prior_weight: float
    steps: tuple[Step, ...]
    rules: tuple[RuleOutcome, ...]

    @property
    def weight(self) -> float:
        """Match weight of the pair, equal to Splink's."""
        return self.prior_weight + sum(step.weight for step in self.steps)

    @property
    def probability(self) -> float:
        """Match probability of the pair."""
        return probability(self.weight)


def explain_pair(
    warehouse: Warehouse,
    pair: tuple[int, int],
    *,
    model: LinkageModel,
    weights: Weights,
    sources: Sources | None = None,
) -> Explanation:
    """Why two records of the model's register are one entity or not.

    Reads the tables of a snapshot, or those of `sources`. Raises UnknownRecordError where one record is not there.
    """
    sources = sources or snapshot_sources(model)
    left, right = sorted(pair)
    groups = _groups(warehouse, sources, model.id, (left, right))
    collapsed = right in groups[left]
    placed = {left: [left], right: [right]} if collapsed else groups
    found = warehouse.arrow(pair_sql(model, sources, placed)).to_pylist()[0]
    outcome, reason = (
        ("collapse", _collapse_reason(warehouse, sources, model.id, left, right))
        if collapsed
        else (_outcome(warehouse, sources, model.id, found))
    )
    nodes = _count_nodes(warehouse, sources, model.id)
    sized = weights.at_size(model, nodes)
    return Explanation(
        register=model.id,
        left=left,
        right=right,
        nodes=(found["record_id_l"], found["record_id_r"]),
        same_entity=_same_entity(warehouse, sources, model.id, left, right),
        outcome=outcome,
        reason=reason,
        prior_weight=log_odds(weights.prior(nodes, smallest_population=model.training.smallest_population)),
        steps=tuple(_step(each, found, sized) for each in model.comparisons if found[f"level_{each.id}"] >= 0),
        rules=tuple(RuleOutcome(rule.id, rule.why, found[f"rule_{rule.id}"]) for rule in model.blocking),
    )


def pair_sql(model: LinkageModel, sources: Sources, groups: Mapping[int, Sequence[int]]) -> str:
    """One row for the nodes of two groups of records: columns of both sides, levels, rules and stewards' statement."""
    members = [(record, group) for group, records in groups.items() for record in records]
    only = ", ".join(str(record) for record, _ in members)
    placed = ", ".join(f"({record}, {group})" for record, group in members)
    levels = [f"{level_sql(each)} AS level_{each.id}" for each in model.comparisons]
    rules = [f"{key_condition_sql(rule, model.many)} AS rule_{rule.id}" for rule in model.blocking]
    return f"""
        WITH linked AS ({linked_sql(model, sources, f"record_id IN ({only})")}),
        component AS (
            SELECT linked.*, own.component FROM linked
            JOIN (VALUES {placed}) AS own(record_id, component) USING (record_id)
        ),
        collapsed AS ({placed_sql(model, "component")}),
        node AS ({nodes_sql(model)})
        SELECT *, {", ".join([*levels, *rules])}, {statement_sql(model.stewards)} AS statement
        FROM {sided_sql("node", "l")} l JOIN {sided_sql("node", "r")} r ON record_id_l < record_id_r
    """


def level_sql(comparison: Comparison) -> str:
    """The place of the level that holds for a pair; -1 where the comparison says nothing."""
    cases = [f"WHEN {missing_sql(comparison)} THEN -1"]
    cases += [
        f"WHEN {condition_sql(level.when)} THEN {place}"
        for place, level in enumerate(comparison.levels)
        if level.when is not None
    ]
    return f"CASE {' '.join(cases)} ELSE {len(comparison.levels) - 1} END"


def _step(comparison: Comparison, pair: Mapping[str, Any], weights: Weights) -> Step:
    level = comparison.levels[pair[f"level_{comparison.id}"]]
    shared = pair[f"{level.term_frequency}_l"] if level.term_frequency else None
    left, right = (shown(pair, comparison.needs, side) for side in "lr")
    weight = level_weight(weights, comparison.id, level, shared)
    return Step(comparison.id, level.id, level.zh, level.en, left, right, weight)


def shown(pair: Mapping[str, Any], columns: Sequence[str], side: str) -> str:
    """What one side of a pair has in these columns, as people read it."""
    values = (pair[f"{name}_{side}"] for name in columns)
    return " ".join(", ".join(map(str, value)) if isinstance(value, list) else str(value) for value in values)


def _groups(warehouse: Warehouse, sources: Sources, register: str, records: tuple[int, int]) -> dict[int, list[int]]:
    found = {}
    for record in records:
        if not warehouse.rows(f"SELECT 1 FROM {sources.records} WHERE record_id = $record", {"record": record}):
            raise UnknownRecordError(f"the register {register} has no record {record}: look it up by feed and key")
        group = {record}
        # Collapse links are a star: from any record every other one is two steps away at most.
        for _ in range(2):
            group |= {each for row in warehouse.rows(neighbours_sql(sources, register, group)) for each in row}
        found[record] = sorted(group)
    return found


def neighbours_sql(sources: Sources, register: str, group: set[int]) -> str:
    """Rows record_l, record_r of the collapse links that touch these records."""
    ids = ", ".join(str(record) for record in sorted(group))
    return f"""
        SELECT record_l, record_r FROM {sources.links}
        WHERE register = '{register}' AND origin = 'collapse' AND (record_l IN ({ids}) OR record_r IN ({ids}))
    """


def _collapse_reason(warehouse: Warehouse, sources: Sources, register: str, left: int, right: int) -> str | None:
    found = warehouse.rows(
        f"""SELECT min(reason) FROM {sources.links} WHERE register = $register AND origin = 'collapse'
            AND (record_l IN ($left, $right) OR record_r IN ($left, $right))""",
        {"register": register, "left": left, "right": right},
    )
    return found[0][0] if found else None


def _outcome(warehouse: Warehouse, sources: Sources, register: str, pair: Mapping[str, Any]) -> tuple[str, str | None]:
    found = warehouse.rows(
        f"""SELECT status, reason FROM {sources.links}
            WHERE register = $register AND record_l = $left AND record_r = $right AND origin <> 'collapse'""",
        {"register": register, "left": pair["record_id_l"], "right": pair["record_id_r"]},
    )
    return found[0] if found else ("unlinked", None)


def _same_entity(warehouse: Warehouse, sources: Sources, register: str, left: int, right: int) -> bool:
    found = warehouse.rows(
        f"""SELECT count(DISTINCT entity_id) FROM {sources.members}
            WHERE register = $register AND record_id IN ($left, $right)""",
        {"register": register, "left": left, "right": right},
    )
    return bool(found[0][0] == 1)


def _count_nodes(warehouse: Warehouse, sources: Sources, register: str) -> int:
    ((records, collapsed),) = warehouse.rows(f"""
        SELECT (SELECT count(*) FROM {sources.records}),
               (SELECT count(*) FROM {sources.links} WHERE register = '{register}' AND origin = 'collapse')
    """)
    return int(records - collapsed)
