"""Facts between records become relations between entities; equal ones are merged."""

from resolution.context import Resolved
from resolution.renewal import TOUCHED, renew
from stores.quoting import number_sql
from stores.warehouse import Warehouse

TABLES = ("changed_fact", "stirred", "stirred_record", "fact_sort", "lifted_fact", "merged_fact")
OPEN = "DATE '9999-12-31'"
SAME = "sort, subject, object"
COLUMNS = {"valid_from": "min", "ends": "max", "observed_on": "max", "confidence": "max"}
MERGED = ", ".join(f"{function}({column}) AS {column}" for column, function in COLUMNS.items())


def build_relations(context: Resolved) -> None:
    """Fills `resolved.relation` from `standard.fact`, `resolved.member` and `resolved.entity`."""
    relate_entities(context.warehouse, is_full=context.is_full)


def relate_entities(warehouse: Warehouse, *, is_full: bool) -> None:
    """Fills `resolved.relation`, or only brings it up to date with `touched_entity` and the facts that have changed.

    `resolved.fact_print` keeps what each fact said, to know which have changed.
    """
    among, part = "", None
    if is_full:
        warehouse.execute(f"CREATE OR REPLACE TABLE resolved.fact_print AS {prints_sql()}")
    else:
        for build in (changed_facts_sql, keep_prints_sql, stirred_sql):
            warehouse.execute(build())
        among = " AND (subject_id IN (FROM stirred_record) OR object_id IN (FROM stirred_record))"
        stirred = "SELECT entity_id FROM stirred"
        part = f"subject_id IN ({stirred}) OR object_id IN ({stirred})"
    for statement in (sorts_sql(), lifted_sql(among), merged_sql()):
        warehouse.execute(statement)
    renew(warehouse, "relation", relations_sql(), key="relation_id", part=part)
    for table in TABLES:
        warehouse.execute(f"DROP TABLE IF EXISTS temp.{table}")


def prints_sql() -> str:
    """Rows of every fact: its id, a hash of what it says, and the record it is about."""
    return """
        SELECT fact_id, hash(kind, subject_register, object_register, feed, department, value, row_key, object_id,
                             valid_from, valid_to, observed_on) AS print, subject_id
        FROM standard.fact
    """


def changed_facts_sql() -> str:
    """Temporary table `changed_fact`: facts that came, went or changed; `print` is null where the fact is gone."""
    return f"""
        CREATE OR REPLACE TEMP TABLE changed_fact AS
        SELECT fact_id, now.print, coalesce(now.subject_id, was.subject_id) AS subject_id
        FROM ({prints_sql()}) now FULL JOIN resolved.fact_print was USING (fact_id)
        WHERE now.print IS DISTINCT FROM was.print OR now.subject_id IS DISTINCT FROM was.subject_id
    """


def keep_prints_sql() -> str:
    """Brings `resolved.fact_print` up to date with `changed_fact`."""
    return """
        DELETE FROM resolved.fact_print WHERE fact_id IN (SELECT fact_id FROM changed_fact);
        INSERT INTO resolved.fact_print SELECT fact_id, print, subject_id FROM changed_fact WHERE print IS NOT NULL
    """


def stirred_sql() -> str:
    """Temporary tables of the entities whose relations may have changed, and of their records.

    `stirred` (entity_id): those that are touched, and those that a changed fact is about. A fact that is gone was about
    the entity of its record still, or that entity is touched.
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE stirred_record AS
        SELECT record_id FROM resolved.member
        WHERE number IN ({TOUCHED} UNION ALL SELECT number FROM resolved.member WHERE record_id IN (
            SELECT subject_id FROM changed_fact));
        CREATE OR REPLACE TEMP TABLE stirred AS
        SELECT entity_id FROM touched_entity
        UNION SELECT entity_id FROM resolved.member WHERE record_id IN (SELECT subject_id FROM changed_fact)
    """


def sorts_sql() -> str:
    """Temporary table `fact_sort`: what facts must share beside their two ends, under one number."""
    return """
        CREATE OR REPLACE TEMP TABLE fact_sort AS
        SELECT *, row_number() OVER ()::INTEGER AS sort FROM (
            SELECT DISTINCT kind, subject_register, object_register, feed, department, value FROM standard.fact)
    """


def lifted_sql(among: str) -> str:
    """Temporary table `lifted_fact`: facts with the numbers of the entities at their ends; `ends` is never null.

    `confidence` is how surely the two records belong to their entities. A fact that ends before it starts was never
    in force and is left out, as is one whose two ends are the same entity. `among` is a further condition on facts.
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE lifted_fact AS
        WITH sorted AS (
            SELECT fact_sort.sort, fact_sort.subject_register, fact_sort.object_register, fact.subject_id,
                   fact.object_id, hash(fact.row_key) AS row_hash, fact.valid_from,
                   coalesce(fact.valid_to, {OPEN}) AS ends, fact.observed_on
            FROM standard.fact fact
            JOIN fact_sort ON {_same_sort_sql()}
            WHERE (fact.valid_to IS NULL OR fact.valid_to > fact.valid_from){among}
        )
        SELECT sorted.sort, subject.number AS subject, object.number AS object, sorted.row_hash, sorted.valid_from,
               sorted.ends, sorted.observed_on,
               coalesce(subject.probability, 1) * coalesce(object.probability, 1) AS confidence
        FROM sorted
        {_end_sql("subject")}
        {_end_sql("object")}
        WHERE subject.number <> object.number
    """


def merged_sql() -> str:
    """Temporary table `merged_fact`: facts of one sort and the same ends whose validity overlaps or touches, as one.

    A merged fact lasts from the first start to the last end and was observed when the newest was. `n_records` counts
    the feed's rows behind it, `confidence` is the best of theirs. Most facts are alone and need no look at the order.
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE merged_fact AS
        WITH counted AS (
            SELECT {SAME}, count(*) AS facts, {MERGED} FROM lifted_fact GROUP BY {SAME}
        ), several AS (
            SELECT * FROM lifted_fact SEMI JOIN (FROM counted WHERE facts > 1) USING ({SAME})
        ), reached AS (
            SELECT *, max(ends) OVER (
                PARTITION BY {SAME} ORDER BY valid_from ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS reached FROM several
        ), numbered AS (
            SELECT *, sum((reached IS NULL OR valid_from > reached)::INTEGER) OVER (
                PARTITION BY {SAME} ORDER BY valid_from RANGE UNBOUNDED PRECEDING
            ) AS stretch FROM reached
        )
        SELECT {SAME}, {", ".join(COLUMNS)}, 1 AS n_records FROM counted WHERE facts = 1
        UNION ALL
        SELECT {SAME}, {MERGED}, count(DISTINCT row_hash) FROM numbered GROUP BY {SAME}, stretch
    """


def relations_sql() -> str:
    """Rows of `resolved.relation` from the merged facts; `valid_to` is null where the relation is open."""
    same = "kind, subject_register, subject_id, object_register, object_id, feed, coalesce(value, ''), valid_from"
    identity = f"concat_ws(chr(31), {same})"
    return f"""
        WITH relation AS (
            SELECT kind, subject_register, subject.entity_id AS subject_id, object_register,
                   object.entity_id AS object_id, feed, department, valid_from, nullif(ends, {OPEN}) AS valid_to,
                   observed_on, value, n_records, confidence::DOUBLE AS confidence
            FROM merged_fact
            JOIN fact_sort USING (sort)
            JOIN resolved.entity subject ON subject.number = merged_fact.subject
            JOIN resolved.entity object ON object.number = merged_fact.object
        )
        SELECT {number_sql(identity)} AS relation_id, *
        FROM relation
    """


def _same_sort_sql() -> str:
    columns = ("kind", "subject_register", "object_register", "feed", "department", "value")
    return " AND ".join(f"fact_sort.{column} IS NOT DISTINCT FROM fact.{column}" for column in columns)


def _end_sql(end: str) -> str:
    return f"""
        JOIN resolved.member {end} ON {end}.record_id = sorted.{end}_id AND {end}.register = sorted.{end}_register
    """
