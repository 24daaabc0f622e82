"""What happened to an entity id since it was minted, through the door."""

from collections.abc import Mapping
from functools import partial

import pyarrow as pa

from hub.errors import NothingThereError
from hub.reading.reader import Reader, nothing_there
from hub.reading.standing import Lineage, Standing
from hub.sharing.entity_ids import REGISTERS, check_id
from hub.sharing.request import Answer, Disclosure, Reading, answer_rows
from schemas.items import ENTITY
from schemas.readers.purposes import Verb
from stores.operational.identity import EventKind
from stores.snapshots import Snapshot

KINDS: Mapping[str, tuple[str, str]] = {
    EventKind.BORN: ("新生", "born of new records"),
    EventKind.SPLIT: ("拆出", "split off the other"),
    EventKind.MERGED: ("并入", "merged into the other"),
    EventKind.RETIRED: ("注销", "ended: none of its records was left"),
    EventKind.REVIVED: ("恢复", "lives again with its records"),
}
COLUMNS = {
    "as_of": pa.date32(),
    "run_id": pa.string(),
    "kind": pa.string(),
    "entity_id": pa.string(),
    "other_id": pa.string(),
    "what": pa.string(),
    "说明": pa.string(),
}


def lineage(reader: Reader, entity: str) -> Disclosure:
    """What happened to an id since it was minted, one event a row, with where it leads today."""
    check_id(entity)
    register = REGISTERS[entity[0]]

    def run(snapshot: Snapshot) -> Answer:
        with reader.entities(snapshot) as entities:
            found = Lineage(entities).standing(entity)
        if found is None:
            raise NothingThereError(nothing_there(register, [entity]))
        told = tuple(found.told()) or (f"{entity} lives, and was never divided or merged away. 编号有效",)
        own = frozenset({f"{register}.{ENTITY}"})
        ids = ("entity_id", "other_id")
        shows = {name: own for name in COLUMNS if name not in ids}
        return Answer(_table(found), f"Lineage of {entity} 沿革", redirects=told, shows=shows, ids=ids)

    reading = Reading(
        Verb.LINEAGE,
        register,
        {"entity": entity},
        registers=frozenset({register}),
        about=(entity,),
        absent=partial(nothing_there, register),
    )
    return reader.read(reading, run)


def _table(found: Standing) -> pa.Table:
    rows = [
        (each.as_of, each.run_id, each.kind.value, each.entity_id, each.other_id, *reversed(KINDS[each.kind]))
        for each in found.events
    ]
    return answer_rows(COLUMNS, rows)
