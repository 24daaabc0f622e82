"""Where entities of a snapshot are: a house by its committee, a person at home, a unit where it is licensed."""

from collections.abc import Collection, Mapping

from hub.reading.records import RECORD_MARK, record_id, split_record
from hub.reading.standing import Lineage
from hub.sharing.entity_ids import ENTITY_ID, register_of_id
from schemas.declarations import Declarations
from stores.snapshots import Snapshot
from stores.warehouse import Warehouse

REGISTERS = ("person", "house", "unit")


def find_places(
    tables: Warehouse, snapshot: Snapshot, declarations: Declarations, names: Collection[str]
) -> Mapping[str, frozenset[str]]:
    """Codes of the places of these entities and places by their ids, and of the entities of records by their names.

    What the snapshot does not know has no entry; what is nowhere has no codes, nor has an id that has ended. An id that
    was merged away is where the entity is that it leads to.
    """
    records = _entities_of_records(tables, names)
    ids = [each for each in names if RECORD_MARK not in each]
    found = _of_entities(tables, snapshot, [*ids, *records.values()])
    gone = [each for each in ids if each not in found and ENTITY_ID.fullmatch(each)]
    leads = {each: standing.lead for each in gone if (standing := Lineage(tables).standing(each)) is not None}
    found |= _of_entities(tables, snapshot, [lead for lead in leads.values() if lead is not None])
    found |= {each: found[lead] if lead is not None else frozenset() for each, lead in leads.items()}
    found |= _of_divisions(ids, declarations)
    return found | {name: found[entity] for name, entity in records.items() if entity in found}


def _of_entities(tables: Warehouse, snapshot: Snapshot, ids: Collection[str]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for register in REGISTERS:
        asked = sorted({each for each in ids if register_of_id(each) == register})
        if asked:
            day = {} if register == "house" else {"as_of": snapshot.manifest.as_of}
            rows = tables.rows(places_sql(register), {"ids": asked, **day})
            found |= {entity: frozenset(code for code in codes if code) for entity, codes in rows}
    return found


def places_sql(register: str) -> str:
    """One row for each entity of `$ids` that there is: its id and its committees' codes, at `$as_of` but a house's."""
    held = "valid_from <= $as_of AND (valid_to IS NULL OR valid_to > $as_of)"
    homes = {
        "house": "SELECT entity_id AS id, entity_id AS house_id FROM house",
        "person": f"SELECT person_id AS id, house_id FROM residence WHERE {held}",
        "unit": f"SELECT subject_id AS id, object_id AS house_id FROM relation WHERE kind = 'licence' AND {held}",
    }
    return f"""
        SELECT one.entity_id, list_distinct(coalesce(list(house.community_code), []))
        FROM {register} one LEFT JOIN ({homes[register]}) home ON home.id = one.entity_id
        LEFT JOIN house ON house.entity_id = home.house_id
        WHERE list_contains($ids, one.entity_id) GROUP BY one.entity_id
    """


def _of_divisions(ids: Collection[str], declarations: Declarations) -> dict[str, frozenset[str]]:
    return {each: frozenset({each}) for each in ids if each in declarations.gazetteer.area_codes}


def _entities_of_records(tables: Warehouse, names: Collection[str]) -> Mapping[str, str]:
    records = {record_id(*split_record(name)): name for name in names if RECORD_MARK in name}
    if not records:
        return {}
    rows = tables.rows(
        "SELECT record_id, entity_id FROM member WHERE list_contains($records, record_id)", {"records": list(records)}
    )
    return {records[record]: entity for record, entity in rows}
