"""Disputes of facts and links: who says that something is wrong, and what another person decided about it.

They are handed in without waiting for whoever writes, and read from the tray until a writer has taken them in. What was
said (values, reasons, record keys) is sealed. Times are UTC without a zone.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from stores.errors import StoreError
from stores.operational.corrections import Corrections, Maker, NewCorrection
from stores.operational.decisions import Decision, Decisions
from stores.operational.in_tray import InTray
from stores.operational.personal import Texts
from stores.operational.tables import dispute as table
from stores.operational.tables import run as run_table


class DisputeError(StoreError):
    """A dispute that cannot be handed in or decided so: whoever tries must act."""


class DisputeKind(StrEnum):
    """What is disputed: a field's value, that a record belongs to its entity, that two entities are two."""

    FACT = "fact"
    APART = "apart"
    ONE = "one"


class DisputeState(StrEnum):
    """Where a dispute stands; only an open one can go on."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Subject:
    """What a dispute is about, by ids: nothing of it is personal by itself.

    A fact has a `field`, and the `record_id` whose value it is where one is named; `apart` has a record, `one` another
    entity.
    """

    kind: DisputeKind
    register: str
    entity_id: str
    field: str | None = None
    record_id: int | None = None
    other_id: str | None = None


@dataclass(frozen=True)
class Said:
    """What whoever disputes says: why, the right value where they know it, and the record (`feed:record_key`)."""

    why: str
    proposed: str | None = None
    record: str | None = None


@dataclass(frozen=True)
class NewDispute:
    """A dispute as it is handed in; of one caller, those with the same `request_key` are one."""

    subject: Subject
    said: Said = field(repr=False)
    made_by: str
    department: str | None
    made_at: datetime
    request_key: str | None = None


@dataclass(frozen=True)
class Dispute:
    """A dispute as it is kept, without what was said.

    `decided_after` is the number of the newest run when it was decided: what the decision changes shows in the results
    of a later one.
    """

    dispute_id: str
    subject: Subject
    made_by: str
    department: str | None
    made_at: datetime
    state: DisputeState
    decided_by: str | None = None
    decided_at: datetime | None = None
    decided_after: int | None = None


@dataclass(frozen=True)
class Ruling:
    """How a person ends a dispute: `why`, and what comes of it where it is upheld; `ended` are corrections that end."""

    who: str
    at: datetime
    why: str = field(repr=False)
    state: DisputeState
    corrections: Sequence[NewCorrection] = ()
    ended: Collection[int] = ()
    decisions: Sequence[Decision] = ()


class Disputes:
    """Disputes in the operational database."""

    def __init__(self, engine: sa.Engine, tray: InTray) -> None:
        self._engine = engine
        self._tray = tray
        self._personal = tray.personal
        self._corrections = Corrections(engine, tray.personal)
        self._decisions = Decisions(engine)

    def hand_in(self, new: NewDispute) -> Dispute:
        """Keeps the dispute in the tray, whoever writes; the same request again gives the dispute that it made.

        Raises DisputeError where nobody or no reason is named, or the request key stands for another dispute.
        """
        if not (new.made_by.strip() and new.said.why.strip()):
            raise DisputeError("a dispute needs somebody who says it and a reason: say why with --why")
        number, texts = self._number(new), _texts(new)
        # The tray is looked at first, here and below: what leaves it is in the database by then.
        known = self._tray.waiting().get(number)
        kept = self._row(number)
        if known is None and kept is None:
            self._tray.put(number, texts)
            return _open(number, new)
        hashed = kept.request_hash if known is None and kept is not None else self._hash(known or {})
        if hashed != self._hash(texts):
            raise DisputeError("this request key has handed in another dispute before: take a new one")
        return self.get(number)

    def take_in(self) -> None:
        """Moves what waits in the tray into the database, for its one writer; cut off, the next one does the rest."""
        for number, texts in self._tray.waiting().items():
            if self._row(number) is None:
                said = {name: texts[name] for name in ("why", "proposed", "record")}
                values = {**_columns(_new(texts)), "request_hash": self._hash(texts), "dispute_id": number}
                with self._engine.begin() as connection:
                    sealed = self._personal.seal(said, number)
                    connection.execute(table.insert().values(**values, sealed=sealed))
            self._tray.remove(number)

    def get(self, dispute_id: str) -> Dispute:
        """The dispute of this number; raises DisputeError where there is none."""
        texts, row = self._tray.waiting().get(dispute_id), self._row(dispute_id)
        if row is not None:
            return _dispute(row)
        if texts is not None:
            return _open(dispute_id, _new(texts))
        raise DisputeError(f"there is no dispute {dispute_id}: `hub dispute list` shows them")

    def find(self, dispute_id: str) -> Dispute | None:
        """The dispute of this number, None where there is none."""
        try:
            return self.get(dispute_id)
        except DisputeError:
            return None

    def all(self, *states: DisputeState) -> list[Dispute]:
        """The disputes in these states, all where none is named, oldest first."""
        chosen = states or tuple(DisputeState)
        handed_in = waiting(self._tray) if DisputeState.OPEN in chosen else []
        return together(self._select(table.c.state.in_([each.value for each in chosen])), handed_in)

    def standing(self, run_id: str) -> list[Dispute]:
        """The disputes that mark the results of this run: open ones, and upheld ones that it knew nothing of."""
        number = sa.select(run_table.c.number).where(run_table.c.run_id == run_id).scalar_subquery()
        is_later = table.c.decided_after >= sa.func.coalesce(number, 0)
        unsettled = (table.c.state == DisputeState.UPHELD.value) & is_later
        handed_in = waiting(self._tray)
        return together(self._select((table.c.state == DisputeState.OPEN.value) | unsettled), handed_in)

    def said(self, dispute_id: str) -> Said:
        """What whoever disputes has said."""
        texts = self._tray.waiting().get(dispute_id)
        if texts is None:
            row = self._row(dispute_id)
            if row is None:
                raise DisputeError(f"there is no dispute {dispute_id}: `hub dispute list` shows them")
            texts = self._personal.open(row.sealed, dispute_id)
        return Said(texts["why"] or "", texts["proposed"], texts["record"])

    def reason(self, dispute_id: str) -> str | None:
        """Why it was decided as it was, None while it is open."""
        row = self._row(dispute_id)
        if row is None or row.sealed_decision is None:
            return None
        return self._personal.open(row.sealed_decision, dispute_id)["why"]

    def rule(self, dispute_id: str, ruling: Ruling) -> None:
        """Ends an open dispute, with the corrections and decisions that come of it, all or nothing.

        Raises DisputeError where it is not open, nobody or no reason is named, somebody decides their own, or withdraws
        another's.
        """
        if not (ruling.who.strip() and ruling.why.strip()):
            raise DisputeError("a decision is a person's, with a reason: say why with --why")
        with self._engine.begin() as connection:
            row = connection.execute(sa.select(table).where(table.c.dispute_id == dispute_id).with_for_update()).first()
            _assert_may(row, dispute_id, ruling)
            newest = connection.execute(sa.select(sa.func.coalesce(sa.func.max(run_table.c.number), 0))).scalar_one()
            sealed = self._personal.seal({"why": ruling.why}, dispute_id)
            decided = {"decided_by": ruling.who, "decided_at": ruling.at, "decided_after": newest}
            _change(connection, dispute_id, {"state": ruling.state.value, "sealed_decision": sealed, **decided})
            maker = Maker(dispute_id, ruling.who, ruling.at)
            self._corrections.end(connection, ruling.ended, maker)
            for correction in ruling.corrections:
                self._corrections.insert(connection, correction, maker)
            for decision in ruling.decisions:
                self._decisions.insert(connection, decision)

    def _number(self, new: NewDispute) -> str:
        """Drawn, or the same for the same request: two who hand it in at once make one dispute."""
        if new.request_key is None:
            return f"D{secrets.token_hex(8).upper()}"
        return f"D{self._personal.hash('dispute of request', new.made_by, new.request_key)[:16].upper()}"

    def _hash(self, texts: Texts) -> str:
        told = {name: text for name, text in texts.items() if name != "made_at"}
        return self._personal.hash("dispute", *(f"{name}={told[name]}" for name in sorted(told)))

    def _row(self, dispute_id: str) -> sa.Row[tuple[object, ...]] | None:
        with self._engine.connect() as connection:
            return connection.execute(sa.select(table).where(table.c.dispute_id == dispute_id)).first()

    def _select(self, *conditions: sa.ColumnElement[bool]) -> list[Dispute]:
        ordered = sa.select(table).where(*conditions).order_by(table.c.made_at, table.c.dispute_id)
        with self._engine.connect() as connection:
            return [_dispute(row) for row in connection.execute(ordered)]


def waiting(tray: InTray) -> list[Dispute]:
    """The disputes in the tray. Whoever reads the database too reads it afterwards: what leaves the tray is there."""
    return [_open(number, _new(texts)) for number, texts in tray.waiting().items()]


def together(kept: Sequence[Dispute], handed_in: Sequence[Dispute]) -> list[Dispute]:
    """Those of the database and of the tray, of one that is in both that of the database; oldest first."""
    numbers = {each.dispute_id for each in kept}
    found = [*kept, *(each for each in handed_in if each.dispute_id not in numbers)]
    return sorted(found, key=lambda each: (each.made_at, each.dispute_id))


def _texts(new: NewDispute) -> Texts:
    subject, said = new.subject, new.said
    record = None if subject.record_id is None else str(subject.record_id)
    about = {name: getattr(subject, name) for name in ("register", "entity_id", "other_id", "field")}
    told = {"why": said.why, "proposed": said.proposed, "record": said.record}
    made = {"made_by": new.made_by, "department": new.department, "made_at": new.made_at.isoformat()}
    return {"kind": subject.kind.value, **about, "record_id": record, **told, **made}


def _new(texts: Texts) -> NewDispute:
    kept = {name: text or "" for name, text in texts.items()}
    record = int(kept["record_id"]) if kept["record_id"] else None
    subject = Subject(
        *(DisputeKind(kept["kind"]), kept["register"], kept["entity_id"]),
        field=texts["field"],
        record_id=record,
        other_id=texts["other_id"],
    )
    said = Said(kept["why"], texts["proposed"], texts["record"])
    return NewDispute(subject, said, kept["made_by"], texts["department"], datetime.fromisoformat(kept["made_at"]))


def _open(number: str, new: NewDispute) -> Dispute:
    return Dispute(number, new.subject, new.made_by, new.department, new.made_at, DisputeState.OPEN)


def _assert_may(row: sa.Row[tuple[object, ...]] | None, dispute_id: str, ruling: Ruling) -> None:
    if row is None:
        raise DisputeError(f"there is no dispute {dispute_id}: `hub dispute list` shows them")
    if row.state != DisputeState.OPEN.value:
        raise DisputeError(f"dispute {dispute_id} is {row.state} already: what was decided stays; dispute it anew")
    is_own = row.made_by == ruling.who
    if ruling.state is DisputeState.WITHDRAWN and not is_own:
        raise DisputeError(f"dispute {dispute_id} is somebody else's: only they withdraw it")
    if ruling.state is not DisputeState.WITHDRAWN and is_own:
        raise DisputeError(f"dispute {dispute_id} is your own: somebody else decides it")


def _columns(new: NewDispute) -> dict[str, object]:
    subject = new.subject
    about = {name: getattr(subject, name) for name in ("register", "entity_id", "other_id", "field", "record_id")}
    made = {name: getattr(new, name) for name in ("made_by", "department", "made_at")}
    return {"kind": subject.kind.value, **about, **made, "state": DisputeState.OPEN.value}


def _change(connection: sa.Connection, dispute_id: str, values: dict[str, object]) -> None:
    connection.execute(table.update().where(table.c.dispute_id == dispute_id).values(**values))


def _dispute(row: sa.Row[tuple[object, ...]]) -> Dispute:
    subject = Subject(DisputeKind(row.kind), row.register, row.entity_id, row.field, row.record_id, row.other_id)
    return Dispute(
        *(row.dispute_id, subject, row.made_by, row.department, row.made_at, DisputeState(row.state)),
        *(row.decided_by, row.decided_at, row.decided_after),
    )
