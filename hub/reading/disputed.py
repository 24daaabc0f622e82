"""Which facts and links of entities are disputed at this moment: ids and names of fields, never a value.

Whoever shows entities asks here, inside the reading that passes the door.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Lock

from hub.reading.records import entity_of_record
from hub.reading.standing import Lineage
from hub.sharing.entity_ids import REGISTERS
from schemas.items import ENTITY
from stores.operational.disputes import Dispute, DisputeKind, DisputeState
from stores.operational.live import LiveDisputes
from stores.warehouse import Warehouse

SNAPSHOTS_KEPT = 4
Tables = Callable[[], AbstractContextManager[Warehouse]]


@dataclass(frozen=True)
class Mark:
    """One dispute that lies on an entity.

    A fact has a `field`, and the record whose value it is where one is named. `is_upheld` says that it was decided, and
    that the snapshot does not show yet what comes of it.
    """

    dispute_id: str
    register: str
    kind: DisputeKind
    field: str | None
    record_id: int | None
    is_upheld: bool


class DisputeMarks:
    """Disputes by the entities of a snapshot that they lie on, for many threads at once.

    Where a dispute lies is found once for each snapshot: a record that is named is followed to its entity, else the
    entity by its lineage to whatever lives of it.
    """

    def __init__(self, live: LiveDisputes) -> None:
        self._live = live
        self._lock = Lock()
        self._runs: dict[str, str] = {}
        self._places: OrderedDict[str, dict[str, frozenset[str]]] = OrderedDict()

    def disputed(self, snapshot: str, tables: Tables, ids: Collection[str]) -> Mapping[str, tuple[Mark, ...]]:
        """The marks of those of these entities that have any; `tables` opens those of the snapshot."""
        standing = self._live.standing(self._run_of(snapshot, tables))
        if not standing:
            return {}
        places = self._placed(snapshot, tables, standing)
        wanted, found = set(ids), dict[str, tuple[Mark, ...]]()
        for dispute in standing:
            for entity in sorted(wanted & places[dispute.dispute_id]):
                found[entity] = (*found.get(entity, ()), _mark(dispute))
        return found

    def _run_of(self, snapshot: str, tables: Tables) -> str:
        with self._lock:
            known = self._runs.get(snapshot)
        if known is None:
            with tables() as opened:
                [(known,)] = opened.rows("SELECT run_id FROM run")
            with self._lock:
                self._runs[snapshot] = known
        return known

    def _placed(self, snapshot: str, tables: Tables, standing: Iterable[Dispute]) -> Mapping[str, frozenset[str]]:
        with self._lock:
            known = self._places.pop(snapshot, {})
            unknown = [each for each in standing if each.dispute_id not in known]
            if unknown:
                with tables() as opened:
                    known |= {each.dispute_id: _entities(opened, each) for each in unknown}
            self._places[snapshot] = known
            if len(self._places) > SNAPSHOTS_KEPT:
                self._places.popitem(last=False)
            return known


def _entities(tables: Warehouse, dispute: Dispute) -> frozenset[str]:
    subject = dispute.subject
    if subject.record_id is not None:
        found = entity_of_record(tables, subject.register, subject.record_id)
        if found is not None:
            return frozenset({found})
    named = [each for each in (subject.entity_id, subject.other_id) if each is not None]
    return frozenset(each for entity in named for each in _living(Lineage(tables), entity))


def _living(lineage: Lineage, entity: str) -> Iterable[str]:
    standing = lineage.standing(entity) if entity[:1] in REGISTERS else None
    if standing is None:
        return ()
    return standing.parts if standing.lead is None else (standing.lead, *standing.parts)


def _mark(dispute: Dispute) -> Mark:
    subject = dispute.subject
    is_upheld = dispute.state is DisputeState.UPHELD
    return Mark(dispute.dispute_id, subject.register, subject.kind, subject.field, subject.record_id, is_upheld)


def mark_item(mark: Mark) -> str:
    """The item that is disputed: a field, or that the records of an entity belong together."""
    return f"{mark.register}.{mark.field or ENTITY}"
