"""What speaks for a person's living at a dwelling, and from when to when: the input of `resolution.residence`.

Persons and dwellings go by the numbers of `resolved.member`, kinds of evidence by their place among the rules.
"""

from collections.abc import Sequence
from datetime import date

from schemas.readers.residence import Household, ResidenceRules

OPEN = "DATE '9999-12-31'"
# A size is a share in so many parts: sums of whole numbers do not depend on the order of rows.
SCALE = 10**15
TABLES = ("evidence_kind", "placed_fact", "departure", "dwelling", "evidence_place")


def evidence_statements(as_of: date, among: str) -> tuple[str, ...]:
    """Statements that make the temporary table `evidence_place`, in order; `among` is a further condition on relations.

    They read `entity_number` (number, entity_id) and `evidence_kind`.
    """
    return placed_sql(among), departures_sql(as_of), dwellings_sql(), places_sql(as_of)


def kinds_sql(rules: ResidenceRules) -> str:
    """Temporary table `evidence_kind`: the rules of each kind that say how long a fact of it counts."""
    rows = ", ".join(
        f"({place}, '{kind}', {rule.in_force_days}, {rule.sole}, {rule.registers}, {rule.yearly})"
        for place, (kind, rule) in enumerate(rules.evidence.items())
    )
    return f"""
        CREATE OR REPLACE TEMP TABLE evidence_kind AS
        SELECT * REPLACE (kind::UTINYINT AS kind)
        FROM (VALUES {rows}) AS rule(kind, name, in_force_days, sole, registers, yearly)
    """


def placed_sql(among: str) -> str:
    """Temporary table `placed_fact`: each relation that places a person somewhere, with the rules of its kind."""
    return f"""
        CREATE OR REPLACE TEMP TABLE placed_fact AS
        SELECT person.number AS person, house.number AS house, rule.* EXCLUDE (name), relation.valid_from,
               relation.valid_to, relation.observed_on
        FROM resolved.relation relation
        JOIN evidence_kind rule ON rule.name = relation.kind
        JOIN entity_number person ON person.entity_id = relation.subject_id
        JOIN entity_number house ON house.entity_id = relation.object_id
        WHERE relation.subject_register = 'person' AND relation.object_register = 'house'{among}
    """


def departures_sql(as_of: date) -> str:
    """Temporary table `departure`: the last day on which a person left a dwelling, as a yearly fact cut short tells.

    A fact of whole years, give or take three days, only ran out. One that another yearly fact there outlasts was
    replaced.
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE departure AS
        WITH yearly AS (
            SELECT person, house, valid_from, valid_to, valid_to - valid_from AS days FROM placed_fact WHERE yearly
        )
        SELECT person, house, max(valid_to) AS left_on FROM yearly
        WHERE valid_to <= DATE '{as_of}' AND abs(days - 365.25 * round(days / 365.25)) > 3
          AND NOT EXISTS (
            FROM yearly AS other
            WHERE other.person = yearly.person AND other.house = yearly.house
              AND other.valid_from <= yearly.valid_to AND coalesce(other.valid_to, {OPEN}) > yearly.valid_to)
        GROUP BY person, house
    """


def dwellings_sql() -> str:
    """Temporary table `dwelling`: houses that say where they are; building and lane as hashes of their keys.

    `exact`: the place is one dwelling, because its room is known or the housing register lists it as it is. `around`
    is the building or lane of which only so much is known.
    """
    return """
        CREATE OR REPLACE TEMP TABLE dwelling AS
        SELECT *, CASE precision WHEN 'building' THEN building WHEN 'lane' THEN lane END AS around
        FROM (
            SELECT entity_number.number AS house, precision,
                   precision = 'room' OR coalesce(in_register, false) AS exact,
                   CASE WHEN building_key IS NOT NULL THEN hash(building_key) END AS building,
                   hash(concat_ws('|', road, lane)) AS lane
            FROM resolved.house JOIN entity_number USING (entity_id)
            WHERE precision IN ('room', 'building', 'lane') AND entity_number.number IN (SELECT house FROM placed_fact)
        )
    """


def places_sql(as_of: date) -> str:
    """Temporary table `evidence_place`: each placed fact at a dwelling, with the dates it counts.

    A fact of a sole kind ends where the person's next one of that kind starts, and one from before a departure ends
    with it.
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE evidence_place AS
        SELECT person, house, kind, observed_on, starts, exact, building, lane, around,
               least(ends, CASE WHEN sole THEN next_starts END,
                     CASE WHEN starts <= left_on AND (registers OR observed_on <= left_on) THEN left_on END) AS ends
        FROM (
            SELECT placed_fact.*, valid_from AS starts, dwelling.* EXCLUDE (house, precision), departure.left_on,
                   coalesce(valid_to, observed_on + in_force_days)::DATE AS ends,
                   min(valid_from) OVER (
                       PARTITION BY person, kind ORDER BY valid_from
                       RANGE BETWEEN INTERVAL 1 DAY FOLLOWING AND UNBOUNDED FOLLOWING) AS next_starts
            FROM placed_fact JOIN dwelling USING (house) LEFT JOIN departure USING (person, house)
            WHERE valid_from <= DATE '{as_of}'
        )
    """


def evidence_sql() -> str:
    """Rows of evidence: `evidence_place` with each place narrowed to a dwelling where that is sure.

    A fact about a building or lane counts for the only dwelling in it that other evidence names for the person. A
    building stays a dwelling of unknown room where there is no such one; a lane says nothing then.
    """
    return f"""
        WITH vague AS (
            SELECT DISTINCT person, around FROM evidence_place WHERE NOT exact
        ), only_dwelling AS (
            SELECT person, around, min(house) AS house
            FROM (
                SELECT person, building AS around, house FROM evidence_place WHERE exact
                UNION ALL SELECT person, lane, house FROM evidence_place WHERE exact
            ) SEMI JOIN vague USING (person, around)
            GROUP BY person, around HAVING min(house) = max(house)
        )
        SELECT place.person, coalesce(only_dwelling.house, place.house) AS house, place.kind,
               place.exact OR only_dwelling.house IS NOT NULL AS exact, count(*) * {SCALE} AS size, place.observed_on,
               place.starts, place.ends
        FROM evidence_place place
        LEFT JOIN only_dwelling
          ON NOT place.exact AND only_dwelling.person = place.person AND only_dwelling.around = place.around
        WHERE place.ends > place.starts
          AND (place.exact OR only_dwelling.house IS NOT NULL OR place.around = place.building)
        GROUP BY ALL
    """


def let_out_sql(rules: ResidenceRules, among: str) -> str:
    """Rows of dwellings that a person lets, from when to when; `among` is a further condition on relations."""
    kinds = ", ".join(f"'{kind}'" for kind in rules.letting) or "NULL"
    return f"""
        SELECT DISTINCT person.number AS person, house.number AS house, valid_from AS starts,
               coalesce(valid_to, {OPEN}) AS ends
        FROM resolved.relation relation
        JOIN entity_number person ON person.entity_id = subject_id
        JOIN entity_number house ON house.entity_id = object_id
        WHERE kind IN ({kinds}) AND subject_register = 'person' AND object_register = 'house'{among}
    """


def kin_sql(household: Household) -> str:
    """Rows one, other of close kin: tied to each other, or both to somebody."""
    kinds = " OR ".join(_kin_condition(kind, values) for kind, values in household.kin.items())
    return f"""
        WITH tie AS (
            SELECT one.number AS one, other.number AS other
            FROM resolved.relation
            JOIN entity_number one ON one.entity_id = subject_id
            JOIN entity_number other ON other.entity_id = object_id
            WHERE subject_register = 'person' AND object_register = 'person' AND ({kinds})
        ), near AS (
            SELECT one, other FROM tie UNION SELECT other, one FROM tie
        ), family AS (
            SELECT * FROM near WHERE one IN (
                SELECT one FROM near GROUP BY one HAVING count(*) <= {household.max_kin})
        )
        SELECT one, other FROM family
        UNION
        SELECT l.one, r.other FROM family l JOIN family r ON l.other = r.one AND l.one <> r.other
    """


def leading_sql(kinds: Sequence[int], among: str) -> str:
    """Temporary table `asked_evidence`: evidence of these kinds about persons whose kin may follow them."""
    numbers = ", ".join(str(kind) for kind in kinds) or "NULL"
    return f"""
        CREATE OR REPLACE TEMP TABLE asked_evidence AS
        FROM resolved.living_evidence WHERE kind IN ({numbers}) AND person IN (SELECT other FROM resolved.kin){among}
    """


def own_sql(among: str) -> str:
    """Temporary table `asked_evidence`: all that is known of the persons themselves."""
    return f"CREATE OR REPLACE TEMP TABLE asked_evidence AS FROM resolved.living_evidence WHERE true{among}"


def household_sql(kind: int, among: str) -> str:
    """Adds to `asked_evidence` where each person's close kin stay, divided by how sure each is."""
    return f"""
        INSERT INTO asked_evidence BY NAME
        SELECT kin.one AS person, stay.house, {kind}::UTINYINT AS kind, stay.exact,
               (stay.confidence * {SCALE})::BIGINT AS size, stay.observed_on, stay.valid_from AS starts, stay.ends
        FROM resolved.kin JOIN resolved.kin_stay stay ON stay.person = kin.other WHERE true{among}
    """


def _kin_condition(kind: str, values: tuple[str, ...]) -> str:
    among = ", ".join(f"'{value}'" for value in values)
    return f"(kind = '{kind}' AND value IN ({among}))" if values else f"kind = '{kind}'"
