"""Fills the entity index of a snapshot: what is said of each entity, its records, and where it is."""

from datetime import date
from pathlib import Path

from hub.site import Site
from resolution.identity import ended_sql
from schemas.readers.registers import Register
from stores.entity_file import ENTITIES_A_PAGE, EntityFileWriter
from stores.warehouse import Warehouse

AT_ONCE = 16384
"""Pages whose text is in memory at once; members and records are read anew for each such part."""


def write_entity_index(site: Site, file: Path, as_of: date) -> None:
    """Writes the index of all registers, places and homes as they are on this date."""
    with EntityFileWriter(file) as index:
        for register in site.declarations.registers.values():
            _write_register(site.warehouse, index, register, as_of)
        index.add_gone(site.warehouse.arrow(gone_sql()))


def _write_register(warehouse: Warehouse, index: EntityFileWriter, register: Register, as_of: date) -> None:
    warehouse.execute(pages_sql(register.id))
    index.add_register(register.id, [each.name for each in register.fields], sources_of(register))
    ((pages,),) = warehouse.rows("SELECT count(DISTINCT page) FROM entity_page")
    for start in range(0, pages, AT_ONCE):
        sql = contents_sql(register, (start, start + AT_ONCE))
        parameters = {} if register.id == "house" else {"as_of": as_of}
        index.add_pages(register.id, warehouse.arrow(sql, parameters or None))
    index.add_records(register.id, warehouse.arrow(record_pages_sql(register.id)))
    warehouse.execute("DROP TABLE temp.entity_page")


def pages_sql(register: str) -> str:
    """Temporary table `entity_page` (entity_id, page): the entities of the register in the order of their ids."""
    return f"""
        CREATE OR REPLACE TEMP TABLE entity_page AS
        SELECT entity_id, (row_number() OVER (ORDER BY entity_id) - 1) // {ENTITIES_A_PAGE} AS page
        FROM resolved.{register}
    """


def record_pages_sql(register: str) -> str:
    """Rows record_id, page, sorted: the page of each record's entity."""
    return f"""
        SELECT record_id, page FROM resolved.member JOIN entity_page USING (entity_id)
        WHERE register = '{register}' ORDER BY record_id
    """


def contents_sql(register: Register, between: tuple[int, int]) -> str:
    """Rows page, first, content: these pages, a line of JSON per entity as `stores.entity_file` reads it, unsorted."""
    start, end = between
    fields = ", ".join(f'"{each.name}"' for each in register.fields)
    sources = ", ".join(f'"{name}_source"' for name in sources_of(register))
    line = f"json_array(entity_id, confidence, recorded_from, places, homes, records, {fields}, {sources})"
    return f"""
        WITH chosen AS (FROM entity_page WHERE page >= {start} AND page < {end}),
        held AS (
            SELECT entity_id, {records_text_sql()} AS records
            FROM resolved.member JOIN chosen USING (entity_id)
            JOIN standard.{register.id}_record record USING (record_id)
            WHERE register = '{register.id}' GROUP BY entity_id
        ),
        located AS ({located_sql(register.id)}),
        line AS (
            SELECT page, entity_id, CAST({line} AS VARCHAR) AS line
            FROM resolved.{register.id} JOIN chosen USING (entity_id) JOIN held USING (entity_id)
            LEFT JOIN located USING (entity_id)
        )
        SELECT page, min(entity_id) AS first, string_agg(line, chr(10)) AS content FROM line GROUP BY page
    """


def sources_of(register: Register) -> list[str]:
    """The fields whose record is known: those that a feed may fill."""
    return sorted(register.mappable)


def gone_sql() -> str:
    """Rows entity_id, leads_to: every id that is no more, and the living one at the end of its mergers, if any."""
    return f"""
        WITH RECURSIVE ended AS MATERIALIZED ({ended_sql()}),
        walk AS (
            SELECT entity_id, other_id AS reached FROM ended
            UNION SELECT walk.entity_id, ended.other_id FROM walk JOIN ended ON ended.entity_id = walk.reached
        )
        SELECT entity_id, any_value(reached) FILTER (WHERE reached NOT IN (SELECT entity_id FROM ended)) AS leads_to
        FROM walk GROUP BY entity_id ORDER BY entity_id
    """


def records_text_sql() -> str:
    """An entity's records as one text: their parts apart by unit separators, they by record separators."""
    dates = " || chr(31) || ".join(f"coalesce(CAST({name} AS VARCHAR), '')" for name in ("recorded_on", "ended_on"))
    return f"string_agg(record.feed || chr(31) || record.record_key || chr(31) || {dates}, chr(30))"


def located_sql(register: str) -> str:
    """Rows entity_id, places, homes: committees' codes of a house, of where a person lives, of a unit's licence."""
    if register == "house":
        return """SELECT entity_id, CASE WHEN community_code <> '' THEN [community_code] END AS places,
                         CAST(NULL AS VARCHAR[][]) AS homes FROM resolved.house"""
    held = "valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)"
    homes = {
        "person": f"""SELECT person_id AS entity_id, house_id, valid_from, confidence
                      FROM resolved.residence WHERE {held}""",
        "unit": f"""SELECT subject_id AS entity_id, object_id AS house_id, valid_from, confidence
                    FROM resolved.relation WHERE kind = 'licence' AND subject_register = 'unit' AND {held}""",
    }
    each = "[house_id, CAST(valid_from AS VARCHAR), CAST(home.confidence AS VARCHAR)]"
    return f"""
        SELECT home.entity_id, list_sort(list_distinct(list(nullif(house.community_code, '')))) AS places,
               list({each} ORDER BY home.confidence DESC, house_id) AS homes
        FROM ({homes[register]}) home LEFT JOIN resolved.house house ON house.entity_id = home.house_id
        WHERE home.entity_id IN (SELECT entity_id FROM chosen) GROUP BY home.entity_id
    """
