"""Facts between records become relations between entities; equal ones are merged."""

from resolution.context import Resolved
from resolution.membership import held_sql


def build_relations(context: Resolved) -> None:
    """Fills `resolved.relation` from `standard.fact` and `resolved.member`."""
    context.warehouse.execute(relations_sql())


def relations_sql() -> str:
    """`resolved.relation`: facts of one feed with the same kind, ends and value whose validity overlaps or touches.

    A merged relation lasts from the first start to the last end (null = open) and was observed when the newest of
    its facts was. `n_records` counts the feed's rows behind it. `confidence` is the best product, over its facts, of
    how surely the two records belong to their entities. A fact that ends before it starts was never in force and
    yields nothing; nor does one whose two ends are the same entity.
    """
    return f"""
        CREATE OR REPLACE TABLE resolved.relation AS
        WITH held AS ({held_sql()}), lifted AS (
            SELECT fact.kind, fact.subject_register, subject.entity_id AS subject_id, fact.object_register,
                   object.entity_id AS object_id, fact.feed, fact.department, fact.value, fact.fact_id, fact.row_key,
                   fact.valid_from, fact.valid_to, fact.observed_on,
                   coalesce(subject_held.probability, 1) * coalesce(object_held.probability, 1) AS confidence
            FROM standard.fact fact
            {_end_sql("subject")}
            {_end_sql("object")}
            WHERE (fact.valid_to IS NULL OR fact.valid_to > fact.valid_from)
              AND NOT (fact.subject_register = fact.object_register AND subject.entity_id = object.entity_id)
        ), reached AS (
            SELECT *, max(coalesce(valid_to, DATE '9999-12-31')) OVER (
                {_same()} ORDER BY valid_from, fact_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS reached FROM lifted
        ), numbered AS (
            SELECT *, sum((reached IS NULL OR valid_from > reached)::INTEGER) OVER (
                {_same()} ORDER BY valid_from, fact_id ROWS UNBOUNDED PRECEDING
            ) AS stretch FROM reached
        ), merged AS (
            SELECT {SAME}, min(valid_from) AS valid_from,
                   nullif(max(coalesce(valid_to, DATE '9999-12-31')), DATE '9999-12-31') AS valid_to,
                   max(observed_on) AS observed_on, count(DISTINCT row_key) AS n_records,
                   max(confidence)::DOUBLE AS confidence
            FROM numbered GROUP BY {SAME}, stretch
        )
        SELECT md5(concat_ws(chr(31), kind, subject_register, subject_id, object_register, object_id, feed,
                             coalesce(value, ''), valid_from)) AS relation_id,
               kind, subject_register, subject_id, object_register, object_id, feed, department, valid_from, valid_to,
               observed_on, value, n_records, confidence
        FROM merged ORDER BY relation_id
    """


SAME = "kind, subject_register, subject_id, object_register, object_id, feed, department, value"


def _same() -> str:
    return f"PARTITION BY {SAME}"


def _end_sql(end: str) -> str:
    return f"""
        JOIN resolved.member {end}
          ON {end}.register = fact.{end}_register AND {end}.record_id = fact.{end}_id
        LEFT JOIN held {end}_held
          ON {end}_held.register = fact.{end}_register AND {end}_held.record_id = fact.{end}_id
    """
