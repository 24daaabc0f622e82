"""Where entities of a snapshot are: a house by its committee, a person at home, a unit where it is licensed."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date

from hub.reading.records import RECORD_MARK, register_of_record, split_record
from hub.sharing.entity_ids import ENTITY_ID, REGISTERS, register_of_id
from schemas.declarations import Declarations
from stores.entity_file import EntityFile
from stores.warehouse import Warehouse

MOST_BY_INDEX = 500
"""Up to so many the index of entities is faster than a walk over the tables."""
Places = dict[str, frozenset[str]]


@dataclass(frozen=True)
class PlacesIn:
    """Finds places in one snapshot; its parts are opened as they are wanted."""

    declarations: Declarations
    as_of: date
    index: Callable[[], AbstractContextManager[EntityFile]]
    tables: Callable[[], AbstractContextManager[Warehouse]]

    def find(self, names: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Codes of the places of entities and places by their ids, and of the entities of records by their names.

        What the snapshot does not know has no entry; what is nowhere has no codes, nor has an id that has ended. An id
        that was merged away is where the entity is that it leads to. What is there and what is not takes equally long.
        """
        divisions = self.declarations.gazetteer.area_codes
        found: Places = {each: frozenset({each}) for each in names if each in divisions}
        ids = {each for each in names if ENTITY_ID.fullmatch(each)}
        records = [each for each in names if RECORD_MARK in each]
        with self.index() as index:
            if records:
                found |= self._of_records(index, records)
            leads = {each: lead for each in ids if (lead := index.leads_to(each)) is not None}
            followed = {leads[each][0] or each if each in leads else each for each in ids}
            known = _by_index(index, followed) if len(followed) <= MOST_BY_INDEX else self._by_tables(followed)
        found |= {each: frozenset() for each in leads}
        return found | {each: known[at] for each in ids if (at := leads.get(each, (each,))[0] or each) in known}

    def _of_records(self, index: EntityFile, names: Collection[str]) -> Places:
        by_register: dict[str, list[str]] = {}
        for name in names:
            by_register.setdefault(register_of_record(self.declarations, name) or "", []).append(name)
        found: Places = {}
        for register, here in by_register.items():
            entities = index.entities_of(register, [split_record(name) for name in here])
            found |= {
                name: frozenset(entities[place].places) for name in here if (place := split_record(name)) in entities
            }
        return found

    def _by_tables(self, ids: Collection[str]) -> Places:
        found: Places = {}
        with self.tables() as tables:
            for register in REGISTERS.values():
                asked = sorted({each for each in ids if register_of_id(each) == register})
                day = {} if register == "house" else {"as_of": self.as_of}
                rows = tables.rows(places_sql(register), {"ids": asked, **day})
                found |= {entity: frozenset(code for code in codes if code) for entity, codes in rows}
        return found


def _by_index(index: EntityFile, ids: Collection[str]) -> Places:
    found = {each: index.entity(register_of_id(each) or "", each) for each in ids}
    return {each: frozenset(entity.places) for each, entity in found.items() if entity is not None}


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
