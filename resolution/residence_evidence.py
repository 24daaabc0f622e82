"""What speaks for a person's living at a dwelling, and from when to when: the input of `resolution.residence`."""

from datetime import date

from schemas.readers.residence import Household, ResidenceRules


def evidence_statements(rules: ResidenceRules, as_of: date) -> tuple[str, ...]:
    """Statements that make the temporary tables `living_evidence` and `let_out`, in order."""
    return kinds_sql(rules), departures_sql(as_of), places_sql(as_of), evidence_sql(), let_out_sql(rules)


def kinds_sql(rules: ResidenceRules) -> str:
    """Temporary table `evidence_kind`: the rules as rows, with the department that an observation goes back to."""
    rows = ", ".join(
        f"('{kind}', '{rules.group(kind)}', {rule.weight}, {rule.half_life_days}, {rule.in_force_days},"
        f" {rule.divided}, {rule.sole}, {rule.leads_kin}, {rule.registers}, {rule.yearly})"
        for kind, rule in rules.evidence.items()
    )
    return f"""
        CREATE OR REPLACE TEMP TABLE evidence_kind AS
        SELECT * REPLACE (weight::DOUBLE AS weight) FROM (VALUES {rows})
            AS rule(kind, observer, weight, half_life_days, in_force_days, divided, sole, leads_kin, registers, yearly)
    """


def departures_sql(as_of: date) -> str:
    """Temporary table `departure`: the last day on which a person left a dwelling, as a yearly fact cut short tells.

    A fact of whole years, give or take three days, only ran out. One that another yearly fact there outlasts was
    replaced.
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE departure AS
        WITH yearly AS (
            SELECT subject_id AS person_id, object_id AS house_id, valid_from, valid_to, valid_to - valid_from AS days
            FROM resolved.relation JOIN evidence_kind USING (kind)
            WHERE evidence_kind.yearly AND subject_register = 'person' AND object_register = 'house'
        )
        SELECT person_id, house_id, max(valid_to) AS left_on FROM yearly
        WHERE valid_to <= DATE '{as_of}' AND abs(days - 365.25 * round(days / 365.25)) > 3
          AND NOT EXISTS (
            FROM yearly AS other
            WHERE other.person_id = yearly.person_id AND other.house_id = yearly.house_id
              AND other.valid_from <= yearly.valid_to AND coalesce(other.valid_to, DATE '9999-12-31') > yearly.valid_to)
        GROUP BY person_id, house_id
    """


def places_sql(as_of: date) -> str:
    """Temporary table `evidence_place`: each fact that places a person somewhere, with the dates it counts.

    `exact`: the place is one dwelling, because its room is known or the housing register lists it as it is. A fact of a
    sole kind ends where the person's next one of that kind starts, and one from before a departure ends with it.
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE evidence_place AS
        SELECT * EXCLUDE (sole, next_starts, registers, yearly, left_on)
               REPLACE (least(ends, CASE WHEN sole THEN next_starts END,
                              CASE WHEN starts <= left_on AND (registers OR observed_on <= left_on) THEN left_on END
                        ) AS ends)
        FROM (SELECT relation.subject_id AS person_id, relation.object_id AS house_id, rule.* EXCLUDE (in_force_days),
               relation.observed_on, relation.valid_from AS starts,
               coalesce(relation.valid_to, relation.observed_on + rule.in_force_days)::DATE AS ends,
               house.precision = 'room' OR coalesce(house.in_register, false) AS exact,
               CASE house.precision WHEN 'building' THEN house.building_key
                                    WHEN 'lane' THEN concat_ws('|', house.road, house.lane) END AS around,
               house.building_key, concat_ws('|', house.road, house.lane) AS lane_key,
               min(relation.valid_from) OVER (
                   PARTITION BY relation.subject_id, kind ORDER BY relation.valid_from
                   RANGE BETWEEN INTERVAL 1 DAY FOLLOWING AND UNBOUNDED FOLLOWING) AS next_starts,
               departure.left_on
        FROM resolved.relation relation
        LEFT JOIN departure ON departure.person_id = relation.subject_id AND departure.house_id = relation.object_id
        JOIN evidence_kind rule USING (kind)
        JOIN resolved.house house ON house.entity_id = relation.object_id
        WHERE relation.subject_register = 'person' AND relation.object_register = 'house'
          AND relation.valid_from <= DATE '{as_of}' AND house.precision IN ('room', 'building', 'lane')
        )
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
               place.exact OR only_dwelling.house_id IS NOT NULL AS exact, place.kind, place.observer, place.weight,
               place.half_life_days, place.divided, 1::DOUBLE AS size, place.leads_kin,
               place.observed_on, place.starts, place.ends
        FROM evidence_place place
        LEFT JOIN only_dwelling
          ON NOT place.exact AND only_dwelling.person_id = place.person_id AND only_dwelling.around = place.around
        WHERE place.ends > place.starts
          AND (place.exact OR only_dwelling.house_id IS NOT NULL OR place.around = place.building_key)
    """


def let_out_sql(rules: ResidenceRules) -> str:
    """Temporary table `let_out`: dwellings that a person lets, from when to when."""
    kinds = ", ".join(f"'{kind}'" for kind in rules.letting) or "NULL"
    return f"""
        CREATE OR REPLACE TEMP TABLE let_out AS
        SELECT subject_id AS person_id, object_id AS house_id, valid_from AS starts,
               coalesce(valid_to, DATE '9999-12-31') AS ends
        FROM resolved.relation
        WHERE kind IN ({kinds}) AND subject_register = 'person' AND object_register = 'house'
    """


def household_sql(household: Household) -> str:
    """Temporary table `living_evidence`: `own_evidence`, and where each person's close kin stay (`kin_stay`).

    Close kin are those tied to the person, or to somebody tied to the person. Their stays are one kind, divided by
    how sure each is.
    """
    kinds = " OR ".join(_kin_condition(kind, values) for kind, values in household.kin.items())
    return f"""
        CREATE OR REPLACE TEMP TABLE living_evidence AS
        WITH tie AS (
            SELECT subject_id AS one, object_id AS other FROM resolved.relation
            WHERE subject_register = 'person' AND object_register = 'person' AND ({kinds})
        ), near AS (
            SELECT one, other FROM tie UNION SELECT other, one FROM tie
        ), family AS (
            SELECT * FROM near WHERE one IN (
                SELECT one FROM near GROUP BY one HAVING count(*) <= {household.max_kin})
        ), kin AS (
            SELECT one, other FROM family
            UNION
            SELECT l.one, r.other FROM family l JOIN family r ON l.other = r.one AND l.one <> r.other
        )
        SELECT * FROM own_evidence
        UNION ALL BY NAME
        SELECT kin.one AS person_id, stay.house_id, stay.exact, 'household' AS kind, 'household' AS observer,
               {household.share} AS weight, stay.confidence AS size, {household.half_life_days} AS half_life_days,
               true AS divided, false AS leads_kin, stay.observed_on, stay.valid_from AS starts,
               coalesce(stay.valid_to, DATE '9999-12-31') AS ends
        FROM kin JOIN kin_stay stay ON stay.person_id = kin.other
    """


def _kin_condition(kind: str, values: tuple[str, ...]) -> str:
    among = ", ".join(f"'{value}'" for value in values)
    return f"(kind = '{kind}' AND value IN ({among}))" if values else f"kind = '{kind}'"
