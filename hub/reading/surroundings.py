"""What lies around an entity, and how two of them hang together, as of a date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import pyarrow as pa

from hub.graph.port import Edge, EntityRef
from hub.reading.reader import Reader, nothing_there
from hub.reading.standing import lead
from hub.sharing.entity_ids import check_id
from hub.sharing.request import Answer, Disclosure, Reading
from schemas.readers.purposes import Verb
from stores.snapshots import Snapshot
from stores.warehouse import Warehouse

LABELS = {"P": "Person", "H": "House", "U": "Unit"}
NAMES = {"Person": ("person", "name"), "House": ("house", "address"), "Unit": ("unit", "name")}
COLUMNS = ("from_id", "from_name", "relationship", "to_id", "to_name")


@dataclass(frozen=True)
class Reach:
    """How far a reading goes: the date (None is the snapshot's), hops and number of nodes."""

    as_of: date | None = None
    hops: int = 1
    limit: int = 50


def neighbourhood(reader: Reader, entity: str, reach: Reach) -> Disclosure:
    """Relationships among what lies within so many hops of an entity, one a row."""
    centre = entity_of(entity)

    def run(snapshot: Snapshot) -> Answer:
        day = reach.as_of or snapshot.manifest.as_of
        (here,), told = _led(reader, snapshot, centre)
        if here is None:
            return _answer(_table([]), f"Around {entity}", (), told)
        with reader.graph(snapshot) as graph:
            found = graph.neighbourhood(here, as_of=day, hops=reach.hops, limit=reach.limit)
        notes = () if found.complete else (f"more than {reach.limit} lie that near; --limit shows more",)
        with reader.entities(snapshot) as entities:
            rows = _rows(found.edges, entities)
        return _answer(rows, f"Around {here.id}, {reach.hops} hops, as of {day}", notes, told)

    reading = _reading(Verb.NEIGHBOURHOOD, centre.label, _logged(reach, entity=entity), (centre,))
    return reader.read(reading, run)


def path(reader: Reader, start: str, end: str, reach: Reach) -> Disclosure:
    """The shortest way between two entities, one step a row; no rows where there is none so short."""
    ends = entity_of(start), entity_of(end)

    def run(snapshot: Snapshot) -> Answer:
        day = reach.as_of or snapshot.manifest.as_of
        (one, other), told = _led(reader, snapshot, *ends)
        if one is None or other is None:
            return _answer(_table([]), f"From {start} to {end}", (), told)
        if one == other:
            return _answer(_table([]), f"From {start} to {end}", (f"both are {one.id} today",), told)
        with reader.graph(snapshot) as graph:
            found = graph.path(one, other, as_of=day, max_hops=reach.hops)
        notes = () if found else (f"no way of {reach.hops} steps or fewer at {day}",)
        with reader.entities(snapshot) as entities:
            rows = _rows(found.edges if found else (), entities)
        return _answer(rows, f"From {one.id} to {other.id}, as of {day}", notes, told)

    what = f"{ends[0].label}-{ends[1].label}"
    return reader.read(_reading(Verb.PATH, what, _logged(reach, start=start, end=end), ends), run)


def entity_of(entity: str) -> EntityRef:
    """The node of an entity id, or of a town or committee by its code; raises UsageError where it is neither."""
    if entity.isdigit():
        return EntityRef("Community" if len(entity) == 12 else "Town", entity)
    check_id(entity)
    return EntityRef(LABELS[entity[0]], entity)


def _led(reader: Reader, snapshot: Snapshot, *nodes: EntityRef) -> tuple[list[EntityRef | None], tuple[str, ...]]:
    """The node that each leads to in this snapshot, None for one that has ended, and what must be told of it."""
    led: list[EntityRef | None] = []
    told: list[str] = []
    with reader.entities(snapshot) as entities:
        for node in nodes:
            if node.label not in NAMES:
                led.append(node)
                continue
            found = lead(entities, snapshot, node.id)
            led.append(None if found.entity is None else EntityRef(node.label, found.entity))
            told += found.told
    return led, tuple(dict.fromkeys(told))


def _reading(verb: Verb, what: str, logged: Mapping[str, str], named: Sequence[EntityRef]) -> Reading:
    ids = tuple(each.id for each in named)
    registers = frozenset(NAMES[each.label][0] for each in named if each.label in NAMES)
    words = " or ".join(dict.fromkeys(each.label.lower() for each in named))
    return Reading(verb, what, logged, registers=registers, about=ids, absent=partial(nothing_there, words))


def _answer(rows: pa.Table, title: str, remarks: tuple[str, ...], redirects: tuple[str, ...]) -> Answer:
    """Each row is judged by what it ties to what; a name may be that of a person, a house or a unit."""
    names = frozenset(f"{register}.{field}" for register, field in NAMES.values())
    return Answer(
        rows,
        title,
        remarks=remarks,
        shows={"from_name": names, "to_name": names, "relationship": frozenset()},
        ids=("from_id", "to_id"),
        tie="relationship",
        redirects=redirects,
    )


def _logged(reach: Reach, **ids: str) -> dict[str, str]:
    limits = {"hops": str(reach.hops), "limit": str(reach.limit)}
    return ids | limits | ({"as_of": reach.as_of.isoformat()} if reach.as_of else {})


def _rows(edges: Sequence[Edge], entities: Warehouse) -> pa.Table:
    names = _names({end for edge in edges for end in (edge.start, edge.end)}, entities)
    rows = [(edge.start.id, names.get(edge.start), edge.type, edge.end.id, names.get(edge.end)) for edge in edges]
    return _table(rows)


def _table(rows: Sequence[tuple[str | None, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    return pa.table({name: pa.array(column, pa.string()) for name, column in zip(COLUMNS, columns, strict=True)})


def _names(nodes: set[EntityRef], entities: Warehouse) -> dict[EntityRef, str]:
    names: dict[EntityRef, str] = {}
    for label, (register, field) in NAMES.items():
        ids = sorted(node.id for node in nodes if node.label == label)
        found = entities.rows(
            f'SELECT entity_id, "{field}" FROM {register} WHERE list_contains($ids, entity_id)', {"ids": ids}
        )
        names |= {EntityRef(label, entity): name for entity, name in found if name is not None}
    return names
