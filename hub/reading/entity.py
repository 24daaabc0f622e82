"""One entity as a department reads it: its fields with their sources, how sure it is, and the own records in it."""

import json
from collections.abc import Iterator, Sequence
from functools import partial

import pyarrow as pa

from hub.reading.reader import Reader, nothing_there
from hub.reading.records import of_department
from hub.reading.standing import lead
from hub.sharing.entity_ids import REGISTERS, check_id
from hub.sharing.request import Answer, Disclosure, Reading, answer_rows
from schemas.items import ENTITY, RECORDS
from schemas.readers.purposes import Verb
from stores.entity_file import IndexedEntity
from stores.record_ids import record_id
from stores.snapshots import Snapshot

HUB, FIELD, RECORD, HOME = "hub", "field", "record", "home"
COLUMNS = {
    "entity_id": pa.string(),
    "part": pa.string(),
    "name": pa.string(),
    "value": pa.string(),
    "other_id": pa.string(),
    "department": pa.string(),
    "feed": pa.string(),
    "recorded_on": pa.string(),
}
IDS = ("entity_id", "other_id")
SOURCE = ("department", "feed", "recorded_on")
LIVES_AT = "LIVES_AT"
Row = tuple[frozenset[str], Sequence[object]]


def read_entity(reader: Reader, entity: str) -> Disclosure:
    """What the snapshot says of a person, house or unit, one thing a row.

    `part` is `hub` (what the hub says of it), `field` (`value` as JSON, with its source where that may be told),
    `record` (the caller's department's own, `name` being feed:record_key) or `home` (where a person lives, `other_id`).
    """
    check_id(entity)
    register = REGISTERS[entity[0]]

    def run(snapshot: Snapshot) -> Answer:
        with reader.index(snapshot) as index:
            found = index.entity(register, entity)
        redirects: tuple[str, ...] = ()
        if found is None:
            with reader.entities(snapshot) as tables:
                led = lead(tables, snapshot, entity)
            redirects = led.told
            with reader.index(snapshot) as index:
                found = index.entity(register, led.entity) if led.entity else None
        records = frozenset({f"{register}.{RECORDS}"})
        rows = list(_rows(reader, register, found)) if found is not None else []
        return Answer(
            answer_rows(COLUMNS, [row for _, row in rows]),
            entity,
            shows={each: records if each in SOURCE else frozenset() for each in COLUMNS if each not in IDS},
            ids=IDS,
            rows_show=tuple(items for items, _ in rows),
            redirects=redirects,
        )

    reading = Reading(
        Verb.READ,
        register,
        {"entity": entity},
        registers=frozenset({register}),
        about=(entity,),
        absent=partial(nothing_there, register),
    )
    return reader.read(reading, run)


def _rows(reader: Reader, register: str, entity: IndexedEntity) -> Iterator[Row]:
    """Everything that is said of it, each with the items that it shows."""
    own = frozenset({f"{register}.{ENTITY}"})
    said = {
        "confidence": entity.confidence,
        "records": len(entity.records),
        "feeds": len({each.feed for each in entity.records}),
        "recorded_from": entity.recorded_from,
    }
    for name, value in said.items():
        yield own, _row(entity, HUB, name, value)
    yield from _field_rows(reader, register, entity)
    for each in entity.records:
        name = f"{each.feed}:{each.record_key}"
        if of_department(reader.declarations, name) == reader.caller.department:
            yield own, _row(entity, RECORD, name, None)
    if register == "person":
        for house, since, sure in entity.homes:
            told = _row(entity, HOME, LIVES_AT, {"since": since, "confidence": sure})
            yield own | {LIVES_AT, f"house.{ENTITY}"}, (*told[:4], house, *told[5:])


def _field_rows(reader: Reader, register: str, entity: IndexedEntity) -> Iterator[Row]:
    held = {record_id(each.feed, each.record_key): each for each in entity.records}
    for field in reader.declarations.registers[register].fields:
        if field.name not in entity.fields:
            continue
        record = held.get(entity.sources.get(field.derived_from or field.name, -1))
        source: tuple[str | None, ...] = (None, None, None)
        if record is not None:
            source = (reader.declarations.contracts[record.feed].department, record.feed, record.recorded_on)
        told = _row(entity, FIELD, field.name, entity.fields[field.name])
        yield frozenset({f"{register}.{ENTITY}", f"{register}.{field.name}"}), (*told[:5], *source)


def _row(entity: IndexedEntity, part: str, name: str, value: object) -> tuple[object, ...]:
    return (entity.entity_id, part, name, json.dumps(value, ensure_ascii=False), None, None, None, None)
