"""Where house records are: one key per dwelling, however its quarter is called.

An estate is another name for its road and lane, a homestead for its village group. Which one is which is learnt from
the records that write both, and only where they agree; parts left out are filled in only where there is no choice.
"""

from resolution.occupants import LEAST_SUPPORT, settle_quarters
from stores.warehouse import Warehouse

LEAST_SHARE = 0.9
"""Share of an estate's records that must agree on the lane; with less, the estate has several and names none."""
LEAST_DOOR_RECORDS = 3
"""Records that must know a lane's only house before a record without a number is taken to mean it."""

ALIAS_LEVELS = ("quarter", "quarter, town", "quarter, number")
"""What an alias may depend on, tried in this order: the name alone, the name within a town, the name with a house."""


def place_houses(warehouse: Warehouse) -> str:
    """Builds `placed_house`, the house records with canonical keys, and returns its name.

    `building_key` is then the chain of the building whatever its quarter is called, `address_key` that of the dwelling:
    null where the record does not name one, having no house, or no room in a building that has several.
    """
    warehouse.execute(town_codes_sql())
    warehouse.execute(parts_sql())
    warehouse.execute(village_towns_sql())
    warehouse.execute(named_sql())
    for place, level in enumerate(ALIAS_LEVELS):
        warehouse.execute(alias_sql(level, place))
    warehouse.execute(quarters_sql())
    settle_quarters(warehouse)
    warehouse.execute(only_doors_sql())
    warehouse.execute(places_sql())
    warehouse.execute(several_sql())
    warehouse.execute(placed_sql())
    tables = (
        "town_code",
        "part",
        "village_town",
        "named",
        *(f"alias_{place}" for place in range(3)),
        "quarter",
        "only_door",
    )
    for table in (*tables, "place", "several"):
        warehouse.execute(f"DROP TABLE temp.{table}")
    return "placed_house"


def parts_sql() -> str:
    """Temporary table `part`: the slots of each record's address key, and what kind of quarter its first ones name."""
    slots = ", ".join(
        f"nullif(split_part(address_key, '|', {place}), '') AS {name}"
        for place, name in enumerate(("area", "lane_slot", "sub_lane_slot", "number", "building", "room_slot"), start=1)
    )
    return f"""
        CREATE OR REPLACE TEMP TABLE part AS
        SELECT *, CASE WHEN area IS NULL THEN NULL
                       WHEN road IS NOT NULL AND lane IS NOT NULL THEN 'lane'
                       WHEN area = replace(replace(road, '公路', '路'), '大路', '路') THEN 'road'
                       WHEN area = village THEN 'village' ELSE 'estate' END AS sort
        FROM (
            SELECT record_id, coalesce(record.town, town_code.town) AS town, road, lane, village, village_group,
                   estate, CASE WHEN address_key IS NOT NULL AND regexp_matches(room, '^[0-9A-Z-]+$')
                                THEN concat(room, '室') END AS room_name, {slots}
            FROM standard.house_record record
            LEFT JOIN town_code ON town_code.code = left(community_code, 9)
        )
    """


def town_codes_sql() -> str:
    """Temporary table `town_code` (code, town): what the addresses of a town's committees call the town."""
    return """
        CREATE OR REPLACE TEMP TABLE town_code AS
        SELECT left(community_code, 9) AS code, mode(town ORDER BY town) AS town FROM standard.house_record
        WHERE community_code IS NOT NULL AND town IS NOT NULL GROUP BY ALL
    """


def village_towns_sql() -> str:
    """Temporary table `village_town` (village, town): villages whose name several towns have."""
    return f"""
        CREATE OR REPLACE TEMP TABLE village_town AS
        SELECT area AS village, town FROM part WHERE sort = 'village' AND town IS NOT NULL
        GROUP BY area, town HAVING count(*) >= {LEAST_SUPPORT}
        QUALIFY count(*) OVER (PARTITION BY area) > 1
    """


def named_sql() -> str:
    """Temporary table `named`: each record's quarter by the name it uses, and by the canonical one where it has both.

    `quarter` is the estate, or the village with its homestead; `canonical` the road with its lane, or the village
    with its group.
    """
    return """
        CREATE OR REPLACE TEMP TABLE named AS
        SELECT record_id, part.town, sort, number, building, sub_lane_slot,
               coalesce(room_slot, room_name) AS room_slot, room_slot IS NOT NULL AS is_keyed,
               CASE WHEN sort = 'village' AND estate IS NOT NULL THEN concat(home, '|', estate)
                    WHEN sort <> 'village' THEN estate END AS quarter,
               CASE WHEN sort = 'lane' THEN concat(area, '|', lane_slot)
                    WHEN sort = 'road' THEN concat(area, '|')
                    WHEN sort = 'village' AND village_group IS NOT NULL THEN concat(home, '|', lane_slot)
               END AS canonical,
               concat(home, '|', lane_slot) AS written
        FROM (
            SELECT part.*, CASE WHEN sort = 'village' AND area IN (SELECT village FROM village_town)
                                THEN concat(area, '@', coalesce(part.town, '?')) ELSE area END AS home
            FROM part
        ) part
        WHERE sort IS NOT NULL
    """


def alias_sql(level: str, place: int) -> str:
    """Temporary table `alias_<place>`: the canonical quarter that (nearly) all records with both names agree on.

    A house on the road itself tells only about its own number: the estate may have houses on other roads.
    """
    sorts = "('lane', 'road', 'village')" if "number" in level else "('lane', 'village')"
    return f"""
        CREATE OR REPLACE TEMP TABLE alias_{place} AS
        SELECT {level}, max_by(canonical, (records, canonical)) AS canonical, max(records) AS support
        FROM (
            SELECT {level}, canonical, count(*) AS records FROM named
            WHERE quarter IS NOT NULL AND canonical IS NOT NULL AND sort IN {sorts}
            GROUP BY {level}, canonical
        )
        GROUP BY {level}
        HAVING max(records) >= {LEAST_SUPPORT} AND max(records) >= {LEAST_SHARE} * sum(records)
    """


def quarters_sql() -> str:
    """Temporary table `quarter`: the canonical quarter of each record, by its own words or by an alias.

    A record `is_open` where its words fit several quarters, or one that nothing ties to a lane or a village.
    """
    joins = " ".join(
        f"LEFT JOIN alias_{place} ON "
        + " AND ".join(f"alias_{place}.{column} = named.{column}" for column in level.split(", "))
        for place, level in enumerate(ALIAS_LEVELS)
    )
    aliases = ", ".join(f"alias_{place}.canonical" for place in range(len(ALIAS_LEVELS)))
    return f"""
        CREATE OR REPLACE TEMP TABLE quarter AS
        SELECT * EXCLUDE (sure, sort) REPLACE (coalesce(sure, base) AS base),
               contains(coalesce(sure, base), '@?') OR (sure IS NULL AND sort <> 'village') AS is_open,
               concat(coalesce(sure, base), '|', sub_lane_slot) AS quarter
        FROM (
            SELECT record_id, coalesce(named.canonical, {aliases}) AS sure, named.written AS base, sub_lane_slot, sort,
                   CASE WHEN sort = 'village' THEN named.written ELSE named.quarter END AS goes_by,
                   named.number, building, room_slot, is_keyed
            FROM named {joins}
        )
    """


def only_doors_sql() -> str:
    """Temporary table `only_door` (quarter, number): lanes and estates in which all records know one house only."""
    return f"""
        CREATE OR REPLACE TEMP TABLE only_door AS
        SELECT quarter, min(number) AS number FROM quarter WHERE number IS NOT NULL
        GROUP BY quarter HAVING count(DISTINCT number) = 1 AND count(*) >= {LEAST_DOOR_RECORDS}
    """


def places_sql() -> str:
    """Temporary table `place`: the canonical building and room of each record that names a building.

    A room that its address key places without a house number is in a quarter of one building: 汇金大厦852室.
    """
    return """
        CREATE OR REPLACE TEMP TABLE place AS
        SELECT record_id, door, concat(quarter, '|', door) AS number_key,
               CASE WHEN door IS NOT NULL OR building IS NOT NULL OR is_keyed
                    THEN concat(quarter, '|', coalesce(door, ''), '|', coalesce(building, '')) END AS place_key,
               building, room_slot
        FROM (
            SELECT quarter.*, coalesce(quarter.number, CASE WHEN building IS NULL THEN only_door.number END) AS door
            FROM quarter LEFT JOIN only_door USING (quarter)
        )
    """


def several_sql() -> str:
    """Temporary table `several` (place_key): buildings of several rooms, and numbers with several buildings.

    A single room among many records without one is a slip or a part of the house, not a second dwelling.
    """
    return """
        CREATE OR REPLACE TEMP TABLE several AS
        WITH counted AS (
            SELECT place_key, count(DISTINCT room_slot) AS rooms, count(room_slot) AS roomed, count(*) AS records
            FROM place WHERE place_key IS NOT NULL GROUP BY place_key
        )
        SELECT place_key FROM counted
        WHERE (rooms > 1 AND 3 * roomed >= records) OR (rooms = 1 AND 2 * roomed > records)
        UNION
        SELECT concat(number_key, '|') FROM place WHERE building IS NOT NULL AND door IS NOT NULL
        GROUP BY number_key HAVING count(DISTINCT building) > 1
    """


def placed_sql() -> str:
    """Temporary table `placed_house`: the standard records, with canonical building_key and address_key."""
    return """
        CREATE OR REPLACE TEMP TABLE placed_house AS
        SELECT record.* REPLACE (
            place.place_key AS building_key,
            CASE WHEN place.place_key IS NULL THEN NULL
                 WHEN record.room IS NOT NULL THEN concat(place.place_key, '|', place.room_slot)
                 WHEN several.place_key IS NULL THEN place.place_key END AS address_key)
        FROM standard.house_record record
        LEFT JOIN place USING (record_id)
        LEFT JOIN several ON several.place_key = place.place_key
    """
