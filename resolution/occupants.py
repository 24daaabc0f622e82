"""Which of several places of one name a house record means: the only one where somebody it names is known.

Where nobody tells, it is the only one that has such a dwelling at all; else the record is left open.
"""

from stores.warehouse import Warehouse

LEAST_SUPPORT = 2
"""Records that must write both names before one may stand for the other."""
TABLES = ("called", "opening", "near", "occupant", "meant_quarter")


def settle_quarters(warehouse: Warehouse) -> None:
    """Lets the open records of `quarter` mean the only place where somebody they name is known; reads `named`."""
    for build in (called_sql, opening_sql, near_sql, occupant_sql, meant_sql, settled_sql):
        warehouse.execute(build())
    for table in TABLES:
        warehouse.execute(f"DROP TABLE temp.{table}")


def nameless_sql(quarter: str) -> str:
    """A quarter without the town that tells it from others of its name."""
    return f"regexp_replace({quarter}, '@[^|]*', '')"


def called_sql() -> str:
    """Temporary table `called` (name, base): every place that records show to go by a name."""
    return f"""
        CREATE OR REPLACE TEMP TABLE called AS
        SELECT name, base FROM (
            SELECT {nameless_sql("quarter")} AS name, canonical AS base FROM named
            WHERE quarter IS NOT NULL AND canonical IS NOT NULL
            UNION ALL
            SELECT {nameless_sql("written")}, written FROM named WHERE sort = 'village' AND contains(written, '@')
        )
        WHERE NOT contains(base, '@?') GROUP BY name, base HAVING count(*) >= {LEAST_SUPPORT}
    """


def opening_sql() -> str:
    """Temporary table `opening`: each open record with every place that it can mean."""
    return f"""
        CREATE OR REPLACE TEMP TABLE opening AS
        SELECT record_id, concat(called.base, '|', sub_lane_slot) AS quarter, number, room_slot
        FROM quarter JOIN called ON called.name = {nameless_sql("goes_by")}
        WHERE is_open AND number IS NOT NULL
    """


def near_sql() -> str:
    """Temporary table `near`: open records beside those that are known to mean the same house of such a place.

    `is_dwelling`: the room is the same too.
    """
    return """
        CREATE OR REPLACE TEMP TABLE near AS
        SELECT opening.record_id, opening.quarter, quarter.record_id AS other,
               quarter.room_slot IS NOT DISTINCT FROM opening.room_slot AS is_dwelling
        FROM opening JOIN quarter USING (quarter, number)
        WHERE NOT is_open AND coalesce(quarter.room_slot = opening.room_slot, true)
    """


def occupant_sql() -> str:
    """Temporary table `occupant` (record_id, known_by): names, numbers and telephones of whom these records name."""
    return """
        CREATE OR REPLACE TEMP TABLE occupant AS
        WITH house AS (SELECT record_id FROM near UNION SELECT other FROM near),
        named_at AS (
            SELECT object_id AS record_id, subject_register AS register, subject_id FROM standard.fact
            SEMI JOIN house ON house.record_id = object_id
            WHERE object_register = 'house'
        )
        SELECT DISTINCT * FROM (
            SELECT named_at.record_id, unnest([name_key, id_number, phone]) AS known_by
            FROM named_at JOIN standard.person_record person ON person.record_id = subject_id WHERE register = 'person'
            UNION ALL
            SELECT named_at.record_id, name FROM named_at JOIN standard.unit_record unit ON unit.record_id = subject_id
            WHERE register = 'unit'
        ) WHERE known_by IS NOT NULL
    """


def meant_sql() -> str:
    """Temporary table `meant_quarter` (record_id, quarter): the only place that knows an occupant, or the dwelling."""
    return """
        CREATE OR REPLACE TEMP TABLE meant_quarter AS
        WITH by_occupant AS (
            SELECT DISTINCT near.record_id, near.quarter
            FROM near
            JOIN occupant own ON own.record_id = near.record_id
            JOIN occupant known ON known.record_id = near.other AND known.known_by = own.known_by
        ), by_dwelling AS (
            SELECT DISTINCT record_id, quarter FROM near ANTI JOIN by_occupant USING (record_id) WHERE is_dwelling
        )
        SELECT record_id, min(quarter) AS quarter FROM (FROM by_occupant UNION ALL FROM by_dwelling)
        GROUP BY record_id HAVING count(*) = 1
    """


def settled_sql() -> str:
    """Temporary table `quarter`, with what is meant in the place of what was left open."""
    return """
        CREATE OR REPLACE TEMP TABLE quarter AS
        SELECT quarter.* REPLACE (coalesce(meant_quarter.quarter, quarter.quarter) AS quarter)
        FROM quarter LEFT JOIN meant_quarter USING (record_id)
    """
