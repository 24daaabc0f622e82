"""Which persons must be placed anew: those about whom something has changed since the last results, or lapsed."""

from datetime import date

from resolution.renewal import changed_sql
from schemas.readers.residence import ResidenceRules

TABLES = ("moved_person", "moved_kin", "unsettled", "untold")
PLACE = "entity_id, precision, in_register, building_key, road, lane"
SAYING = "kind, subject_register, subject_id, object_register, object_id, valid_from, valid_to, observed_on"


def numbers_sql(*, is_full: bool) -> str:
    """Temporary view `entity_number` (number, entity_id): every entity, and those that are touched and gone."""
    gone = (
        ""
        if is_full
        else (
            " UNION ALL SELECT number, entity_id FROM touched_entity"
            " WHERE number NOT IN (SELECT number FROM resolved.entity)"
        )
    )
    return f"CREATE OR REPLACE TEMP VIEW entity_number AS SELECT number, entity_id FROM resolved.entity{gone}"


def moved_persons_sql(rules: ResidenceRules, since: date, as_of: date) -> str:
    """Temporary table `moved_person` (person, entity_id): those whose own evidence is another than at `since`.

    A relation or a golden house has changed, or a date of the person's evidence lies between the two days.
    """
    kinds = ", ".join(f"'{kind}'" for kind in (*rules.evidence, *rules.letting))
    at_home = f"subject_register = 'person' AND object_register = 'house' AND kind IN ({kinds})"
    first, last = sorted((since, as_of))
    between = f"BETWEEN DATE '{first}' + 1 AND DATE '{last}'"
    return f"""
        CREATE OR REPLACE TEMP TABLE moved_person AS
        SELECT number AS person, entity_id FROM entity_number WHERE entity_id IN (
            SELECT subject_id FROM {changed_sql("relation", SAYING)} WHERE {at_home}
            UNION
            SELECT subject_id FROM resolved.relation
            LEFT JOIN (SELECT name AS kind, in_force_days FROM evidence_kind) USING (kind)
            WHERE {at_home} AND (
                valid_from {between} OR coalesce(valid_to, observed_on + in_force_days) {between}
                OR object_id IN (SELECT entity_id FROM {changed_sql("house", PLACE)})))
    """


def moved_kin_sql() -> str:
    """Temporary table `moved_kin` (person): those whose stays, as far as kin follow them, may have changed."""
    return """
        CREATE OR REPLACE TEMP TABLE moved_kin AS
        SELECT person FROM moved_person UNION SELECT other FROM lost_kin UNION SELECT other FROM gained_kin
    """


def unsettled_sql(*, has_household: bool) -> str:
    """Temporary table `unsettled` (person): those whose stays may have changed."""
    kin = """
        UNION SELECT one FROM lost_kin UNION SELECT one FROM gained_kin
        UNION SELECT one FROM resolved.kin
        WHERE other IN (SELECT person FROM lost_kin_stay UNION SELECT person FROM gained_kin_stay)
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE unsettled AS
        SELECT person FROM moved_person {kin if has_household else ""}
    """


def untold_sql() -> str:
    """Temporary table `untold` (person, entity_id): those whose residence may have changed.

    Everybody known by a surname alone is among them: where they live depends on who else lives there.
    """
    return f"""
        CREATE OR REPLACE TEMP TABLE untold AS
        SELECT number AS person, entity_id FROM entity_number
        WHERE number IN (SELECT person FROM lost_stay UNION SELECT person FROM gained_stay)
           OR entity_id IN (
            SELECT entity_id FROM {changed_sql("person", "entity_id, surname_key, given_key")}
            UNION SELECT entity_id FROM resolved.person WHERE given_key IS NULL AND surname_key IS NOT NULL)
    """
