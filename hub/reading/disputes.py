"""Disputes and corrections read by whoever may: through the door, for they say what was said of somebody."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import pyarrow as pa

from hub.errors import NothingThereError, UsageError
from hub.reading.claims import logged, value_of
from hub.reading.reader import Reader
from hub.reading.records import entity_of_record
from hub.reading.standing import Lineage
from hub.sharing.request import Answer, Disclosure, Reading, answer_rows
from schemas.declarations import Declarations
from schemas.items import ENTITY, RECORDS
from schemas.readers.purposes import Verb
from stores.operational import Operational, read_operational
from stores.operational.corrections import CorrectionEvent
from stores.operational.disputes import Dispute, DisputeKind, DisputeState
from stores.snapshots import Snapshot

DISPUTES = {
    "dispute": pa.string(),
    "kind": pa.string(),
    "state": pa.string(),
    "register": pa.string(),
    "entity_id": pa.string(),
    "other_id": pa.string(),
    "field": pa.string(),
    "by": pa.string(),
    "department": pa.string(),
    "at": pa.string(),
    "decided_by": pa.string(),
    "decided_at": pa.string(),
}
CORRECTIONS = {
    "position": pa.int64(),
    "state": pa.string(),
    "at": pa.string(),
    "feed": pa.string(),
    "record_key": pa.string(),
    "register": pa.string(),
    "field": pa.string(),
    "right": pa.string(),
    "is_void": pa.bool_(),
    "correction": pa.int64(),
    "dispute": pa.string(),
}
IDS = ("entity_id", "other_id")
PARTS = {"part": pa.string(), "what": pa.string()}
ALL_AT_ONCE = 10_000


def list_disputes(reader: Reader, states: Sequence[DisputeState]) -> Disclosure:
    """Disputes in these states, all where none is named, one a row, oldest first; without what was said."""

    verb = verb_of(reader)

    def run(_: Snapshot) -> Answer:
        with read_operational(reader.home) as operational:
            found = [each for each in operational.disputes.all(*states) if verb is Verb.REVIEW or is_own(reader, each)]
        return _told(found)

    return reader.read(Reading(verb, "disputes", {"states": ",".join(states)}), run)


def verb_of(reader: Reader) -> Verb:
    """Stewards review everybody's disputes; a department sees its own."""
    purpose = reader.declarations.purposes.get(reader.purpose)
    reviews = purpose is None or purpose.reach is None or Verb.REVIEW in purpose.reach.verbs
    return Verb.REVIEW if reviews else Verb.DISPUTE


def is_own(reader: Reader, dispute: Dispute) -> bool:
    """Whether the dispute was made for the reader's department, or by them."""
    own = reader.caller.department is not None and dispute.department == reader.caller.department
    return own or dispute.made_by == reader.caller.name


def items_of(dispute: Dispute) -> frozenset[str]:
    """What a dispute shows: an entity, and of a fact its field."""
    subject = dispute.subject
    own = frozenset({f"{subject.register}.{ENTITY}"})
    return own | {f"{subject.register}.{subject.field}"} if subject.field else own


def find_dispute(reader: Reader, dispute_id: str, *, verb: Verb) -> Dispute | None:
    """The dispute of this number, None where there is none for the reader."""
    with read_operational(reader.home) as operational:
        found = operational.disputes.find(dispute_id)
    return found if found is not None and (verb is Verb.REVIEW or is_own(reader, found)) else None


def reading_of(dispute: Dispute | None, dispute_id: str, verb: Verb, what: str) -> Reading:
    """What is to be read or done about a dispute; one that is not there and one of others go the same way."""
    if dispute is None:
        return Reading(verb, what, about=(dispute_id,), absent=_no_dispute)
    subject = dispute.subject
    return Reading(
        verb,
        what,
        {"dispute": dispute.dispute_id, **logged(subject)},
        registers=frozenset({subject.register}),
        needs=items_of(dispute),
        about=(subject.entity_id,),
        absent=_no_dispute,
    )


def _no_dispute(missing: Sequence[str]) -> str:
    return "there is no such dispute that you may read"


def show_dispute(reader: Reader, dispute_id: str) -> Disclosure:
    """One dispute with what was said, what is known of it in the snapshot, and what came of it: one part a row."""
    verb = verb_of(reader)
    dispute = find_dispute(reader, dispute_id, verb=verb)

    def run(snapshot: Snapshot) -> Answer:
        assert dispute is not None
        with reader.entities(snapshot) as tables, read_operational(reader.home) as operational:
            parts = [(name, value) for name, value in zip(DISPUTES, _row(dispute), strict=True) if value is not None]
            parts += _said(operational, dispute)
            subject = dispute.subject
            standing = Lineage(tables).standing(subject.entity_id)
            if subject.record_id is not None:
                parts.append(
                    ("entity of the record now", entity_of_record(tables, subject.register, subject.record_id))
                )
            if subject.kind is DisputeKind.FACT and standing is not None and standing.lead is not None:
                parts.append((f"{subject.field} now", value_of(tables, subject, standing.lead)))
            parts += _effects(operational, dispute)
        told = [(name, None if value is None else str(value)) for name, value in parts]
        shows = frozenset({f"{subject.register}.{RECORDS}"}) | items_of(dispute)
        return Answer(
            answer_rows(PARTS, told),
            f"Dispute {dispute_id} 异议",
            shows=dict.fromkeys(PARTS, shows),
            entities=frozenset({subject.entity_id}),
        )

    return reader.read(reading_of(dispute, dispute_id, verb, "dispute"), run)


def read_dispute(reader: Reader, dispute_id: str) -> Disclosure:
    """One dispute as a list of them tells it; raises NothingThereError where there is none for the reader."""
    verb = verb_of(reader)
    dispute = find_dispute(reader, dispute_id, verb=verb)

    def run(_: Snapshot) -> Answer:
        assert dispute is not None
        return _told([dispute])

    return reader.read(reading_of(dispute, dispute_id, verb, "dispute"), run)


def list_corrections(reader: Reader, department: str, *, after: int = 0, limit: int = ALL_AT_ONCE) -> Disclosure:
    """What the department is asked to put right in its own records, and what has become of it, one event a row."""

    def run(_: Snapshot) -> Answer:
        with read_operational(reader.home) as operational:
            events = corrections_since(operational, reader.declarations, department, after=after, limit=limit)
        kept = [each.correction for each in events]
        return Answer(
            answer_rows(CORRECTIONS, map(_event, events)),
            f"Corrections for {department} 更正",
            shows=dict.fromkeys(CORRECTIONS, frozenset()),
            rows_show=tuple(frozenset({f"{each.register}.{ENTITY}", f"{each.register}.{each.field}"}) for each in kept),
        )

    verb = verb_of(reader)
    if verb is Verb.DISPUTE and department != reader.caller.department:
        raise NothingThereError("there are no corrections for that department that you may read")
    logging = {"department": department, "after": str(after)}
    return reader.read(Reading(verb, "corrections", logging), run)


def corrections_since(
    operational: Operational, declarations: Declarations, department: str, *, after: int, limit: int
) -> list[CorrectionEvent]:
    """The events of corrections addressed to a department after a position, in order, for the change feed.

    Only to be used inside a reading. Raises UsageError for a department without feeds.
    """
    feeds = declarations.feeds_of(department)
    if not feeds:
        known = ", ".join(sorted(declarations.departments))
        raise UsageError(f"{department} hands in nothing: the departments are {known}")
    return operational.corrections.since(after, feeds, limit)


def _told(found: Sequence[Dispute]) -> Answer:
    return Answer(
        answer_rows(DISPUTES, map(_row, found)),
        "Disputes 异议",
        shows={name: frozenset() for name in DISPUTES if name not in IDS},
        ids=IDS,
        rows_show=tuple(map(items_of, found)),
    )


def _row(dispute: Dispute) -> tuple[object, ...]:
    subject = dispute.subject
    return (
        *(dispute.dispute_id, subject.kind.value, dispute.state.value, subject.register, subject.entity_id),
        *(subject.other_id, subject.field, dispute.made_by, dispute.department, _time(dispute.made_at)),
        *(dispute.decided_by, _time(dispute.decided_at)),
    )


def _said(operational: Operational, dispute: Dispute) -> Iterator[tuple[str, object]]:
    said, reason = operational.disputes.said(dispute.dispute_id), operational.disputes.reason(dispute.dispute_id)
    yield "why", said.why
    parts = (("record", said.record), ("proposed", said.proposed), ("decided because", reason))
    yield from ((name, text) for name, text in parts if text is not None)


def _effects(operational: Operational, dispute: Dispute) -> Iterator[tuple[str, object]]:
    for each in operational.corrections.of_dispute(dispute.dispute_id):
        told = "void" if each.right is None else each.right
        yield f"correction {each.correction_id}", f"{each.feed}:{each.record_key} {each.field} = {told} ({each.state})"


def _event(event: CorrectionEvent) -> tuple[object, ...]:
    kept = event.correction
    return (
        *(event.position, event.state.value, _time(event.at), kept.feed, kept.record_key, kept.register, kept.field),
        *(kept.right, kept.right is None, kept.correction_id, kept.dispute_id),
    )


def _time(at: datetime | None) -> str | None:
    return None if at is None else f"{at.isoformat(timespec='seconds')}Z"
