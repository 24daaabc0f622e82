"""Where an entity id leads in a snapshot: every one ever published leads to the entities of now, or to its end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from hub.errors import UsageError
from hub.sharing.entity_ids import REGISTERS
from stores.operational.identity import EventKind
from stores.snapshots import Snapshot
from stores.warehouse import Warehouse

ENDS = frozenset({EventKind.MERGED, EventKind.RETIRED})


@dataclass(frozen=True)
class Event:
    """One event of the lineage in a snapshot."""

    event_id: int
    generation: int
    run_id: str
    as_of: date | None
    kind: EventKind
    entity_id: str
    other_id: str | None

    @property
    def when(self) -> str:
        """The date that the run stands for, and the run."""
        return f"{self.as_of}, {self.run_id}" if self.as_of else self.run_id


@dataclass(frozen=True)
class Standing:
    """Where an id leads in one snapshot.

    `lead` is the entity to read on as: the id itself while it lives, else the one at the end of its chain of mergers,
    else the only part that is left; None where it has ended, or where several parts have the same claim. `parts` are
    the other entities that hold what once was the id's, `ends` the mergers on the way and the end, if there is one,
    `events` all of them.
    """

    entity: str
    lead: str | None
    parts: tuple[str, ...]
    ends: tuple[Event, ...]
    events: tuple[Event, ...]

    def told(self) -> Iterator[str]:
        """What whoever named the id must know, in English and Chinese; nothing where the id lives undivided."""
        if self.lead != self.entity:
            way = "; ".join(_told(each) for each in self.ends) or f"{self.entity} is not in this snapshot"
            onwards = "编号已终止" if self.lead is None else f"read on as {self.lead} 编号已变更，现为 {self.lead}"
            yield f"{way}: {onwards}"
        if self.parts:
            named = ", ".join(self.parts)
            yield f"{self.entity} has been split: part of what it held is now {named} 已拆分，另见 {named}"


def _told(end: Event) -> str:
    if end.other_id is not None:
        return f"{end.entity_id} was merged into {end.other_id} ({end.when})"
    return f"{end.entity_id} has ended ({end.when}), none of its records was left"


class Lineage:
    """The lineage that a snapshot holds; a snapshot from before there was one holds none."""

    def __init__(self, entities: Warehouse) -> None:
        self._entities = entities

    def standing(self, entity: str) -> Standing | None:
        """Where the id leads; None where this home never published it up to this snapshot."""
        walk = _Walk(self)
        walk.follow(entity, after=0)
        if not walk.living and not walk.events:
            return None
        lead = walk.last if walk.last in walk.living else None
        if lead is None and len(walk.living) == 1:
            [lead] = walk.living
        walk.events |= {each.event_id: each for each in self.events_of(entity)}
        events = tuple(walk.events[number] for number in sorted(walk.events))
        return Standing(entity, lead, tuple(sorted(walk.living - {lead})), tuple(walk.ends), events)

    def lives(self, entity: str) -> bool:
        """Whether the id is one of the snapshot's entities."""
        register = REGISTERS[entity[0]]
        return bool(self._entities.rows(f"SELECT 1 FROM {register} WHERE entity_id = ?", [entity]))

    def events_of(self, entity: str) -> list[Event]:
        """The events in which the id has a part, in order."""
        if not self._is_kept:
            return []
        rows = self._entities.rows(
            """SELECT event_id, generation, run_id, as_of, kind, entity_id, other_id FROM lineage
               WHERE register = $register AND (entity_id = $entity OR other_id = $entity) ORDER BY event_id""",
            {"register": REGISTERS[entity[0]], "entity": entity},
        )
        return [
            Event(number, generation, run, as_of, EventKind(kind), one, other)
            for number, generation, run, as_of, kind, one, other in rows
        ]

    @cached_property
    def _is_kept(self) -> bool:
        return bool(self._entities.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = 'lineage'"))


class _Walk:
    """Follows mergers to their survivor, and what was split off on the way."""

    def __init__(self, lineage: Lineage) -> None:
        self.living: set[str] = set()
        self.events: dict[int, Event] = {}
        self.ends: list[Event] = []
        self.last = ""
        self._lineage = lineage
        self._seen: set[str] = set()

    def follow(self, entity: str, *, after: int, is_chain: bool = True) -> None:
        """What became of the entity after this generation; `is_chain` while only mergers have led here."""
        if entity in self._seen:
            return
        self._seen.add(entity)
        own, parted = [], []
        for each in self._lineage.events_of(entity):
            if each.entity_id == entity:
                own.append(each)
            elif each.kind is EventKind.SPLIT and each.generation > after:
                parted.append(each)
        self.events |= {each.event_id: each for each in own + parted}
        end = own[-1] if own and own[-1].kind in ENDS else None
        if is_chain:
            self.last = entity
            self.ends += [end] if end is not None else []
        if self._lineage.lives(entity):
            self.living.add(entity)
        elif end is not None and end.other_id is not None:
            self.follow(end.other_id, after=end.generation, is_chain=is_chain)
        for each in parted:
            self.follow(each.entity_id, after=each.generation, is_chain=False)


@dataclass(frozen=True)
class Led:
    """The entity to read on as, None where the id has ended; `told` says so to whoever asked."""

    entity: str | None
    told: tuple[str, ...]


def lead(entities: Warehouse, snapshot: Snapshot, entity: str) -> Led:
    """Where an id leads in this snapshot; raises UsageError for one never published, or where a part must be named."""
    found = Lineage(entities).standing(entity)
    if found is None:
        raise UsageError(f"snapshot {snapshot.id} knows no {REGISTERS[entity[0]]} {entity}, and never did")
    if found.lead is None and found.parts:
        raise UsageError(f"{entity} is no more, and several entities hold its records: name {' or '.join(found.parts)}")
    return Led(found.lead, tuple(found.told()))
