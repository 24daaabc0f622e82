"""Where each person lives: at most one dwelling on any date, from all evidence in force.

Persons are placed twice: by what is known of themselves, then with where their close kin were placed as one kind more.
"""

from datetime import date

from resolution.context import Resolved
from resolution.residence_evidence import evidence_statements, household_sql
from schemas.readers.residence import ResidenceRules
from stores.warehouse import Warehouse

TABLES = ("evidence_kind", "departure", "evidence_place", "living_evidence", "let_out", "kin_stay", "stretch", "winner")
INEXACT_SHARE = 0.5


def build_residence(context: Resolved) -> None:
    """Fills `resolved.residence` up to the date of the run in `resolved.run`."""
    [(as_of,)] = context.warehouse.rows("SELECT as_of FROM resolved.run")
    place_persons(context.warehouse, context.declarations.residence, as_of)


def place_persons(warehouse: Warehouse, rules: ResidenceRules, as_of: date) -> None:
    """Fills `resolved.residence` from relations and golden houses; a stay that holds at `as_of` is open."""
    for statement in evidence_statements(rules, as_of):
        warehouse.execute(statement)
    if rules.household is not None:
        warehouse.execute("ALTER TABLE living_evidence RENAME TO own_evidence")
        warehouse.execute("CREATE TEMP TABLE living_evidence AS FROM own_evidence WHERE leads_kin")
        _place(warehouse, rules, as_of)
        warehouse.execute("ALTER TABLE stay RENAME TO kin_stay")
        warehouse.execute(household_sql(rules.household))
        warehouse.execute("DROP TABLE temp.own_evidence")
    _place(warehouse, rules, as_of)
    warehouse.execute(residence_sql())
    for table in (*TABLES, "stay"):
        warehouse.execute(f"DROP TABLE IF EXISTS temp.{table}")


def _place(warehouse: Warehouse, rules: ResidenceRules, as_of: date) -> None:
    for statement in (stretches_sql(as_of), winners_sql(rules.let_share), stays_sql(rules.minimum_confidence)):
        warehouse.execute(statement)


def stretches_sql(as_of: date) -> str:
    """Temporary table `stretch`: person, from, until (null: open), between two changes of the person's evidence."""
    return f"""
        CREATE OR REPLACE TEMP TABLE stretch AS
        SELECT person_id, starts, lead(starts) OVER (PARTITION BY person_id ORDER BY starts) AS ends
        FROM (
            SELECT DISTINCT person_id, unnest([starts, ends, DATE '{as_of}']) AS starts FROM living_evidence
            UNION
            SELECT person_id, unnest([starts, ends]) FROM let_out SEMI JOIN living_evidence USING (person_id, house_id)
        ) WHERE starts <= DATE '{as_of}'
    """


def winners_sql(let_share: float) -> str:
    """Temporary table `winner`: the dwelling with most support in each stretch, and the support of all.

    A kind counts weight · 0.5^(age / half-life), the age of its newest fact against the person's newest fact anywhere:
    evidence is outdated by fresher evidence, not by the calendar. Kinds that go back to one department are one
    observation, the strongest of them. Support is 1 - product(1 - count) over observations, halved for a building
    without a room; confidence is support² / (support of all dwellings). Of a divided kind, dwellings that the person
    lets take the smaller part. Equal support goes to the newest observation.
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE winner AS
        WITH in_force AS (
            SELECT stretch.person_id, stretch.starts, stretch.ends, evidence.* EXCLUDE (person_id, starts, ends),
                   max(evidence.observed_on) OVER (PARTITION BY stretch.person_id, stretch.starts) AS newest,
                   EXISTS (SELECT 1 FROM let_out
                           WHERE let_out.person_id = stretch.person_id AND let_out.house_id = evidence.house_id
                           AND let_out.starts <= stretch.starts AND let_out.ends > stretch.starts) AS is_let
            FROM stretch
            JOIN living_evidence evidence ON evidence.person_id = stretch.person_id
             AND evidence.starts <= stretch.starts AND evidence.ends > stretch.starts
        ), fact AS (
            SELECT person_id, starts, ends, house_id, kind, observer, divided, bool_or(exact) AS exact,
                   max(weight * pow(0.5, (newest - observed_on) / half_life_days)) AS counts,
                   sum(size * CASE WHEN is_let THEN {let_share} ELSE 1 END) AS size, max(observed_on) AS observed_on
            FROM in_force GROUP BY ALL
        ), observation AS (
            SELECT person_id, starts, ends, house_id, observer, bool_or(exact) AS exact,
                   max(observed_on) AS observed_on,
                   max(CASE WHEN divided THEN counts * size / whole ELSE counts END) AS counts
            FROM (SELECT *, sum(size) OVER (PARTITION BY person_id, starts, kind) AS whole FROM fact) GROUP BY ALL
        ), dwelling AS (
            SELECT person_id, starts, ends, house_id, bool_or(exact) AS exact, max(observed_on) AS observed_on,
                   (1 - product(1 - counts)) * CASE WHEN bool_or(exact) THEN 1 ELSE {INEXACT_SHARE} END AS support
            FROM observation GROUP BY ALL
        ), ranked AS (
            SELECT *, sum(support) OVER (PARTITION BY person_id, starts) AS all_support,
                   row_number() OVER (PARTITION BY person_id, starts
                                      ORDER BY support DESC, exact DESC, observed_on DESC, house_id) AS place
            FROM dwelling
        )
        SELECT person_id, starts, ends, house_id, exact, observed_on, support * support / all_support AS confidence
        FROM ranked WHERE place = 1
    """


def stays_sql(minimum_confidence: float) -> str:
    """Temporary table `stay` from the winners that are sure enough; stays at one dwelling run together.

    Time between two stays at the same dwelling, in which nothing places the person elsewhere, is part of the stay.
    The confidence is that of the stay's last stretch; `observed_on` the newest observation behind the stay.
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE stay AS
        WITH moved AS (
            SELECT *, house_id IS DISTINCT FROM lag(house_id) OVER (PARTITION BY person_id ORDER BY starts) AS moved
            FROM winner WHERE confidence >= {minimum_confidence}
        ), numbered AS (
            SELECT *, sum(moved::INTEGER) OVER (PARTITION BY person_id ORDER BY starts) AS stay FROM moved
        )
        SELECT person_id, house_id, min(starts) AS valid_from,
               nullif(max(coalesce(ends, DATE '9999-12-31')), DATE '9999-12-31') AS valid_to,
               arg_max(confidence, starts)::DOUBLE AS confidence, bool_or(exact) AS exact,
               max(observed_on) AS observed_on
        FROM numbered GROUP BY person_id, house_id, stay
    """


def residence_sql() -> str:
    """`resolved.residence` from the stays of persons with a full name.

    Somebody known by a surname alone (王师傅) is taken for the resident of that surname at the same dwelling and
    time, where there is one: too little says that they are two.
    """
    return """
        CREATE OR REPLACE TABLE resolved.residence AS
        WITH named AS (
            SELECT stay.*, person.surname_key, person.given_key
            FROM stay LEFT JOIN resolved.person person ON person.entity_id = stay.person_id
        )
        SELECT person_id, house_id, valid_from, valid_to, confidence FROM named
        WHERE given_key IS NOT NULL OR surname_key IS NULL OR NOT EXISTS (
            SELECT 1 FROM named other
            WHERE other.house_id = named.house_id AND other.surname_key = named.surname_key
              AND other.given_key IS NOT NULL
              AND other.valid_from < coalesce(named.valid_to, DATE '9999-12-31')
              AND named.valid_from < coalesce(other.valid_to, DATE '9999-12-31'))
        ORDER BY person_id, valid_from
    """
