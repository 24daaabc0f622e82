"""What somebody disputes, checked against the snapshot that they see; through the door."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa

from hub.errors import UsageError
from hub.reading.reader import Reader
from hub.reading.records import entity_of_record, split_record
from hub.reading.standing import lead
from hub.sharing.entity_ids import REGISTERS, check_id
from hub.sharing.request import Answer, Reading
from schemas.readers.purposes import Verb
from schemas.readers.registers import Register
from stores.operational.disputes import DisputeKind, NewDispute, Said, Subject
from stores.record_ids import record_id
from stores.snapshots import Snapshot
from stores.warehouse import Warehouse


@dataclass(frozen=True)
class Claim:
    """What somebody says is wrong.

    A fact names a `field`, and a `record` (`feed:record_key`) where only that one's value is meant; `proposed` is the
    right value where they know it. `apart` names a record, `one` an `other` entity. Requests of one caller with the
    same `request_key` are one.
    """

    kind: DisputeKind
    entity: str
    why: str = field(repr=False)
    record: str | None = field(default=None, repr=False)
    proposed: str | None = field(default=None, repr=False)
    field: str | None = None
    other: str | None = None
    request_key: str | None = None


def check_claim(reader: Reader, claim: Claim) -> NewDispute:
    """The claim as a dispute of whoever asks, after the door has let it through.

    Raises UsageError where what is disputed is not there, or not so.
    """
    subject = _subject(reader, claim)

    def run(snapshot: Snapshot) -> Answer:
        with reader.entities(snapshot) as tables:
            _Checked(reader, snapshot, tables, subject).check()
        told = pa.table({"entity_id": [claim.entity], "kind": [claim.kind.value]})
        return Answer(told, shows={"kind": frozenset()}, ids=("entity_id",))

    named = (claim.entity, claim.other, claim.record)
    reading = Reading(
        Verb.DISPUTE,
        claim.kind.value,
        logged(subject),
        registers=frozenset({subject.register}),
        needs=frozenset({f"{subject.register}.{subject.field}"} if subject.field else ()),
        about=tuple(each for each in named if each is not None),
    )
    reader.read(reading, run)
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    said = Said(claim.why, claim.proposed, claim.record)
    return NewDispute(subject, said, reader.caller.name, reader.caller.department, now, claim.request_key)


def logged(subject: Subject) -> Mapping[str, str]:
    """What the audit log holds of it: ids and the name of a field, never a value or a record's key."""
    named = {
        "entity": subject.entity_id,
        "other": subject.other_id,
        "field": subject.field,
        "record": subject.record_id,
    }
    return {name: str(value) for name, value in named.items() if value is not None}


def value_of(tables: Warehouse, subject: Subject, entity: str) -> str | None:
    """What the record that the fact names says, or else the entity, as text."""
    table, key, value = f"{subject.register}_record", "record_id", subject.record_id or entity
    if subject.record_id is None:
        table, key = subject.register, "entity_id"
    found = tables.rows(f'SELECT "{subject.field}"::VARCHAR FROM {table} WHERE {key} = $value', {"value": value})
    return next((text for (text,) in found), None)


def _subject(reader: Reader, claim: Claim) -> Subject:
    """What is disputed; what the claim's kind does not need is a mistake, so that nobody believes that it counts."""
    check_id(claim.entity)
    needed = {
        DisputeKind.FACT: ({"field"}, {"record", "proposed"}),
        DisputeKind.APART: ({"record"}, set[str]()),
        DisputeKind.ONE: ({"other"}, set[str]()),
    }
    wanted, allowed = needed[claim.kind]
    given = {name for name in ("field", "record", "other", "proposed") if getattr(claim, name) is not None}
    if wanted - given or given - wanted - allowed:
        extra = f", and may name {', '.join(sorted(allowed))}" if allowed else ""
        raise UsageError(f"a dispute of the kind {claim.kind} names {', '.join(wanted)}{extra}: nothing more or less")
    register = REGISTERS[claim.entity[0]]
    record = None if claim.record is None else record_id(*split_record(claim.record))
    if claim.field is not None:
        _check_field(reader.declarations.registers[register], claim.field)
    if claim.other is not None:
        check_id(claim.other)
        if claim.other[0] != claim.entity[0] or claim.other == claim.entity:
            raise UsageError(f"{claim.entity} and {claim.other} cannot be one: name two entities of one register")
    return Subject(claim.kind, register, claim.entity, claim.field, record, claim.other)


def _check_field(register: Register, name: str) -> None:
    found = next((each for each in register.fields if each.name == name), None)
    if found is None:
        raise UsageError(f"a {register.id} has no field {name}: it has {', '.join(sorted(register.mappable))}")
    if found.derived_from is not None:
        raise UsageError(f"{name} is read out of {found.derived_from}: dispute that")


@dataclass(frozen=True)
class _Checked:
    """A dispute before the snapshot."""

    reader: Reader
    snapshot: Snapshot
    tables: Warehouse
    subject: Subject

    def check(self) -> None:
        """Raises UsageError where what is disputed is not there, or not so."""
        subject, entity = self.subject, self._living(self.subject.entity_id)
        if (
            subject.record_id is not None
            and entity_of_record(self.tables, subject.register, subject.record_id) != entity
        ):
            raise UsageError(f"no such record belongs to {entity} in snapshot {self.snapshot.id}")
        if subject.kind is DisputeKind.FACT and value_of(self.tables, subject, entity) is None:
            raise UsageError(f"nothing is known as {subject.field} there: there is no value to dispute")
        if subject.kind is DisputeKind.APART and len(members(self.tables, subject.register, entity)) < 2:
            raise UsageError(f"{entity} has no other record: there is nothing to keep it apart from")
        if subject.other_id is not None and self._living(subject.other_id) == entity:
            raise UsageError(f"{subject.entity_id} and {subject.other_id} are one already")

    def _living(self, entity: str) -> str:
        led = lead(self.tables, self.snapshot, entity).entity
        if led is None:
            raise UsageError(f"{entity} has ended: none of its records was left")
        return led


def members(tables: Warehouse, register: str, entity: str) -> dict[int, str | None]:
    """The records of an entity in this snapshot, with the versions of their rows, in order."""
    sql = f"""SELECT record_id, version FROM member JOIN {register}_record USING (record_id)
              WHERE register = $register AND entity_id = $entity ORDER BY record_id"""
    return dict(tables.rows(sql, {"register": register, "entity": entity}))
