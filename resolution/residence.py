"""Where each person lives: at most one dwelling on any date, from all evidence in force.

Between two dates on which evidence starts or ends the evidence is the same, so is the dwelling. On such a stretch
a kind counts weight · 0.5^(age / half-life), the age being that of its newest fact there against the person's newest
fact anywhere, because evidence is outdated by fresher evidence and not by the calendar. Kinds of one
department, or copied from it, are one observation: the strongest counts. The support of a dwelling is
1 - product(1 - count) over departments, and its confidence support² / (support of all the person's dwellings).
"""

from datetime import date

from resolution.context import Resolved
from schemas.readers.residence import ResidenceRules
from stores.warehouse import Warehouse


def build_residence(context: Resolved) -> None:
    """Fills `resolved.residence` up to the date of the run in `resolved.run`."""
    (as_of,) = context.warehouse.rows("SELECT as_of FROM resolved.run")[0]
    place_persons(context.warehouse, context.declarations.residence, as_of)


def place_persons(warehouse: Warehouse, rules: ResidenceRules, as_of: date) -> None:
    """Fills `resolved.residence` from relations and golden houses; a stay that holds at `as_of` is open."""
    for statement in _statements(rules, as_of):
        warehouse.execute(statement)
    for table in ("evidence_kind", "evidence_place", "living_evidence", "stretch", "winner"):
        warehouse.execute(f"DROP TABLE temp.{table}")


def kinds_sql(rules: ResidenceRules) -> str:
    """Temporary table `evidence_kind`: the rules as rows, with the department that an observation goes back to."""
    rows = ", ".join(
        f"('{kind}', '{rules.group(kind)}', {rule.weight}, {rule.half_life_days}, {rule.in_force_days})"
        for kind, rule in rules.evidence.items()
    )
    return f"""
        CREATE OR REPLACE TEMP TABLE evidence_kind AS
        SELECT * FROM (VALUES {rows}) AS rule(kind, observer, weight, half_life_days, in_force_days)
    """


def places_sql(as_of: date) -> str:
    """Temporary table `evidence_place`: each fact that places a person somewhere, with the dates it is in force.

    `exact`: the place is one dwelling, because its room is known or the housing register lists it as it is.
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE evidence_place AS
        SELECT relation.subject_id AS person_id, relation.object_id AS house_id, rule.observer, rule.weight,
               rule.half_life_days, relation.observed_on, relation.valid_from AS starts,
               coalesce(relation.valid_to, relation.observed_on + rule.in_force_days)::DATE AS ends,
               house.precision = 'room' OR coalesce(house.in_register, false) AS exact,
               CASE house.precision WHEN 'building' THEN house.building_key
                                    WHEN 'lane' THEN concat_ws('|', house.road, house.lane) END AS around,
               house.building_key, concat_ws('|', house.road, house.lane) AS lane_key
        FROM resolved.relation relation
        JOIN evidence_kind rule USING (kind)
        JOIN resolved.house house ON house.entity_id = relation.object_id
        WHERE relation.subject_register = 'person' AND relation.object_register = 'house'
          AND relation.valid_from <= DATE '{as_of}' AND house.precision IN ('room', 'building', 'lane')
    """


def evidence_sql() -> str:
    """Temporary table `living_evidence`: `evidence_place` with each place narrowed to a dwelling where that is sure.

    A fact about a building or lane counts for the only dwelling in it that other evidence names for the person. A
    building stays a dwelling of unknown room where there is no such one; a lane says nothing then.
    """
    return """
        CREATE OR REPLACE TEMP TABLE living_evidence AS
        WITH only_dwelling AS (
            SELECT person_id, around, min(house_id) AS house_id
            FROM (
                SELECT person_id, house_id, unnest([building_key, lane_key]) AS around FROM evidence_place WHERE exact
            ) GROUP BY person_id, around HAVING count(DISTINCT house_id) = 1
        )
        SELECT place.person_id, coalesce(only_dwelling.house_id, place.house_id) AS house_id,
               place.exact OR only_dwelling.house_id IS NOT NULL AS exact,
               place.observer, place.weight, place.half_life_days, place.observed_on, place.starts, place.ends
        FROM evidence_place place
        LEFT JOIN only_dwelling
          ON NOT place.exact AND only_dwelling.person_id = place.person_id AND only_dwelling.around = place.around
        WHERE place.ends > place.starts
          AND (place.exact OR only_dwelling.house_id IS NOT NULL OR place.around = place.building_key)
    """


def stretches_sql(as_of: date) -> str:
    """Temporary table `stretch`: person, from, until (null: open), between two changes of the person's evidence."""
    return f"""
        CREATE OR REPLACE TEMP TABLE stretch AS
        SELECT person_id, starts, lead(starts) OVER (PARTITION BY person_id ORDER BY starts) AS ends
        FROM (
            SELECT DISTINCT person_id, unnest([starts, ends, DATE '{as_of}']) AS starts FROM living_evidence
        ) WHERE starts <= DATE '{as_of}'
    """


def winners_sql() -> str:
    """Temporary table `winner`: the dwelling with most support in each stretch, and its confidence.

    An exact dwelling goes before a building without a room; equal support goes to the newest observation.
    """
    return """
        CREATE OR REPLACE TEMP TABLE winner AS
        WITH in_force AS (
            SELECT stretch.person_id, stretch.starts, stretch.ends, evidence.house_id, evidence.exact,
                   evidence.observer, evidence.weight, evidence.half_life_days, evidence.observed_on,
                   max(evidence.observed_on) OVER (PARTITION BY stretch.person_id, stretch.starts) AS newest
            FROM stretch
            JOIN living_evidence evidence ON evidence.person_id = stretch.person_id
             AND evidence.starts <= stretch.starts AND evidence.ends > stretch.starts
        ), observation AS (
            SELECT person_id, starts, ends, house_id, observer, bool_or(exact) AS exact,
                   max(weight * pow(0.5, (newest - observed_on) / half_life_days)) AS counts,
                   max(observed_on) AS observed_on
            FROM in_force GROUP BY ALL
        ), dwelling AS (
            SELECT person_id, starts, ends, house_id, bool_or(exact) AS exact, 1 - product(1 - counts) AS support,
                   max(observed_on) AS observed_on
            FROM observation GROUP BY ALL
        )
        SELECT person_id, starts, ends,
               arg_min(house_id, (NOT exact, -support, -epoch(observed_on), house_id)) AS house_id,
               arg_min(support, (NOT exact, -support, -epoch(observed_on), house_id)) AS support,
               sum(support) AS all_support
        FROM dwelling GROUP BY ALL
    """


def residence_sql(rules: ResidenceRules) -> str:
    """`resolved.residence` from the winners that are sure enough; stays at one dwelling run together.

    Time between two stays at the same dwelling, in which nothing places the person elsewhere, is part of the stay.
    The confidence is that of the stay's last stretch.
    """
    return f"""
        CREATE OR REPLACE TABLE resolved.residence AS
        WITH placed AS (
            SELECT person_id, house_id, starts, ends, support * support / all_support AS confidence
            FROM winner WHERE support * support / all_support >= {rules.minimum_confidence}
        ), moved AS (
            SELECT *, house_id IS DISTINCT FROM lag(house_id) OVER (PARTITION BY person_id ORDER BY starts) AS moved
            FROM placed
        ), stay AS (
            SELECT *, sum(moved::INTEGER) OVER (PARTITION BY person_id ORDER BY starts) AS stay FROM moved
        )
        SELECT person_id, house_id, min(starts) AS valid_from,
               nullif(max(coalesce(ends, DATE '9999-12-31')), DATE '9999-12-31') AS valid_to,
               arg_max(confidence, starts)::DOUBLE AS confidence
        FROM stay GROUP BY person_id, house_id, stay
        ORDER BY person_id, valid_from
    """


def _statements(rules: ResidenceRules, as_of: date) -> tuple[str, ...]:
    return (
        kinds_sql(rules),
        places_sql(as_of),
        evidence_sql(),
        stretches_sql(as_of),
        winners_sql(),
        residence_sql(rules),
    )
