"""The columns that a linkage model compares, computed from standard records and from facts."""

from dataclasses import dataclass, replace

from schemas.readers.linkage import Comparison, KeyRule, LinkageModel, LinkContext
from stores.warehouse import Warehouse


@dataclass(frozen=True)
class FittedModel:
    """A linkage model cut to what the records can answer; `left_out` names what was cut, and why."""

    model: LinkageModel
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Sources:
    """Where the records of a register are read, and facts, members and links of all registers."""

    records: str
    facts: str = "standard.fact"
    members: str = "resolved.member"
    links: str = "resolved.link"


def snapshot_sources(model: LinkageModel) -> Sources:
    """The tables of a snapshot's `entities.duckdb`."""
    return Sources(_records(model, f"{model.id}_record", f"prepared_{model.id}"), "fact", "member", "link")


def resolved_sources(model: LinkageModel) -> Sources:
    """The tables of a warehouse whose records are resolved: what preparation added is read, not computed again."""
    return Sources(_records(model, f"standard.{model.id}_record", f"resolved.prepared_{model.id}"))


def _records(model: LinkageModel, records: str, prepared: str) -> str:
    if not model.prepared:
        return records
    names = ", ".join(f"'{name}'" for name in model.prepared)
    return (
        f"(FROM (SELECT COLUMNS(lambda name: name NOT IN ({names})) FROM {records}) JOIN {prepared} USING (record_id))"
    )


def build_linked(warehouse: Warehouse, model: LinkageModel, sources: Sources) -> None:
    """Temporary table `linked`: record_id, feed, source_key, is_current, is_main and every column of the model."""
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE linked AS {linked_sql(model, sources)}")


def linked_sql(model: LinkageModel, sources: Sources, only: str = "true") -> str:
    """Rows of `linked`, one per record; `only` is a condition on the register's records."""
    values = [
        f'CASE WHEN ({each.value}) IS NOT NULL THEN [{each.value}] END AS "{each.id}"'
        if each.many
        else f'({each.value}) AS "{each.id}"'
        for each in model.columns
    ]
    contexts = [f'context_{each.id}.entities AS "{each.id}"' for each in model.contexts]
    joins = [
        f"LEFT JOIN ({context_sql(model.id, each, sources)}) context_{each.id} USING (record_id)"
        for each in model.contexts
    ]
    return f"""
        SELECT {", ".join(["own.*", *contexts])}
        FROM (
            SELECT record_id, feed, record_key AS source_key, ended_on IS NULL AS is_current,
                   record_key = row_key AS is_main, {", ".join(values)}
            FROM {sources.records} WHERE {only}
        ) own {" ".join(joins)}
    """


def context_sql(register: str, context: LinkContext, sources: Sources) -> str:
    """Rows record_id, entities: the entities that facts tie a record to, busy ones left out."""
    return f"""
        WITH tie AS ({ties_sql(register, context, sources)}), busy AS ({busy_sql(context, sources, "tie")})
        SELECT record_id, list(entity_id ORDER BY entity_id) AS entities
        FROM tie WHERE entity_id NOT IN (SELECT entity_id FROM busy) GROUP BY record_id
    """


def ties_sql(register: str, context: LinkContext, sources: Sources) -> str:
    """Rows record_id, entity_id: the entities of the other register that facts tie a record to."""
    kinds = ", ".join(f"'{kind}'" for kind in context.kinds)
    return f"""
        SELECT DISTINCT fact.subject_id AS record_id, member.entity_id
        FROM {sources.facts} fact
        JOIN {sources.members} member ON member.record_id = fact.object_id AND member.register = '{context.of}'
        WHERE fact.subject_register = '{register}' AND fact.object_register = '{context.of}' AND fact.kind IN ({kinds})
    """


def busy_sql(context: LinkContext, sources: Sources, ties: str) -> str:
    """Rows entity_id: those to which more records are tied than the context allows."""
    crowded = f"SELECT entity_id FROM {ties} GROUP BY entity_id HAVING count(*) > {context.max_records}"
    if context.counted_by is None:
        return crowded
    return f"""
        SELECT entity_id FROM {ties} SEMI JOIN ({crowded}) USING (entity_id) JOIN {sources.records} USING (record_id)
        GROUP BY entity_id HAVING count(DISTINCT {context.counted_by}) > {context.max_records}
    """


def fit_model(warehouse: Warehouse, model: LinkageModel, *, table: str = "linked") -> FittedModel:
    """The model without the rules, levels and comparisons on columns that no row of the table fills."""
    return cut_model(model, filled_columns(warehouse, model, table))


def cut_model(model: LinkageModel, filled: frozenset[str]) -> FittedModel:
    """The model without the rules, levels and comparisons on other columns than these."""
    ids = frozenset(each.id for each in model.columns) | {each.id for each in model.contexts}
    empty = ids - filled
    comparisons = [_fit_comparison(each, empty) for each in model.comparisons]
    fitted = replace(
        model,
        collapse=_fit_rules(model.collapse, empty),
        blocking=_fit_rules(model.blocking, empty),
        comparisons=tuple(each for each in comparisons if each is not None),
    )
    return FittedModel(fitted, _left_out(model, fitted, empty))


def filled_columns(warehouse: Warehouse, model: LinkageModel, table: str = "linked") -> frozenset[str]:
    """The model's columns that some row of the table fills."""
    ids = [each.id for each in model.columns] + [each.id for each in model.contexts]
    counted = ", ".join(f'count("{name}")' for name in ids)
    counts = warehouse.rows(f"SELECT {counted} FROM {table}")[0]
    return frozenset(name for name, count in zip(ids, counts, strict=True) if count > 0)


def _fit_rules(rules: tuple[KeyRule, ...], empty: frozenset[str]) -> tuple[KeyRule, ...]:
    return tuple(rule for rule in rules if not empty & set(rule.columns))


def _fit_comparison(comparison: Comparison, empty: frozenset[str]) -> Comparison | None:
    levels = tuple(level for level in comparison.levels if not empty & level.columns)
    if empty & set(comparison.needs) or len(levels) < 2:
        return None
    return replace(comparison, levels=levels)


def _left_out(model: LinkageModel, fitted: LinkageModel, empty: frozenset[str]) -> tuple[str, ...]:
    kept = {each.id for each in (*fitted.collapse, *fitted.blocking)}
    gone = [(f"rule {each.id}", each.columns) for each in (*model.collapse, *model.blocking) if each.id not in kept]
    levels = {each.id: {level.id for level in each.levels} for each in fitted.comparisons}
    for comparison in model.comparisons:
        if comparison.id not in levels:
            read = (*comparison.needs, *(name for level in comparison.levels for name in level.columns))
            gone.append((f"comparison {comparison.id}", read))
            continue
        for level in comparison.levels:
            if level.id not in levels[comparison.id]:
                gone.append((f"level {comparison.id}.{level.id}", tuple(level.columns)))
    return tuple(f"{what}: no record fills {', '.join(sorted(empty & set(read)))}" for what, read in gone)
