"""Corrections of single values in single records: what the steward said, for as long as the department says the same.

The wrong value is known by a keyed hash alone; the right one and the record's key are sealed. Times are UTC without a
zone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from stores.operational.personal import PersonalTexts
from stores.operational.tables import correction as table
from stores.operational.tables import correction_event as event_table


class CorrectionState(StrEnum):
    """What has become of a correction.

    `decided` awaits the next run, `applied` stands in for the wrong value, `superseded` rests while the department says
    something else, `absent` waits for a record that is gone, `ended` was ended by a later dispute.
    """

    DECIDED = "decided"
    APPLIED = "applied"
    SUPERSEDED = "superseded"
    ABSENT = "absent"
    ENDED = "ended"


@dataclass(frozen=True)
class NewCorrection:
    """A correction as a steward makes it; `right` None says that the value is void.

    `version` is that of the record that the steward saw: a key may come to stand for somebody else. `replaces` are
    earlier corrections of the same value, which end.
    """

    register: str
    record_id: int
    feed: str
    field: str
    wrong_value: str
    record_key: str = attribute(repr=False)
    right: str | None = attribute(default=None, repr=False)
    version: str | None = None
    wrong_text: str | None = None
    replaces: tuple[int, ...] = ()


@dataclass(frozen=True)
class Correction(NewCorrection):
    """A correction as it is kept."""

    correction_id: int = 0
    dispute_id: str = ""
    made_by: str = ""
    made_at: datetime = datetime.min
    ended_by: str | None = None
    state: CorrectionState = CorrectionState.DECIDED


@dataclass(frozen=True)
class CorrectionEvent:
    """One change of a correction's state; positions grow and are given out once."""

    position: int
    state: CorrectionState
    at: datetime
    correction: Correction


@dataclass(frozen=True)
class Maker:
    """Who decides the dispute that a correction comes of, and when."""

    dispute_id: str
    who: str
    at: datetime


class Corrections:
    """Corrections in the operational database."""

    def __init__(self, engine: sa.Engine, personal: PersonalTexts) -> None:
        self._engine = engine
        self._personal = personal

    def insert(self, connection: sa.Connection, new: NewCorrection, maker: Maker) -> None:
        """Keeps the correction in the caller's transaction; those that it replaces end."""
        label = _label(new.register, new.record_id, new.field)
        values = {
            name: getattr(new, name)
            for name in ("register", "record_id", "version", "feed", "field", "wrong_value", "wrong_text")
        }
        sealed = self._personal.seal({"record_key": new.record_key, "right": new.right}, label)
        made = {"dispute_id": maker.dispute_id, "made_by": maker.who, "made_at": maker.at, "sealed": sealed}
        inserted = connection.execute(table.insert().values(**values, **made)).inserted_primary_key
        assert inserted is not None
        _tell(connection, inserted[0], CorrectionState.DECIDED, maker.at)
        self.end(connection, new.replaces, maker)

    def end(self, connection: sa.Connection, ended: Collection[int], maker: Maker) -> None:
        """Ends these corrections in the caller's transaction: the next run reads the values as delivered."""
        for number in sorted(ended):
            connection.execute(table.update().where(table.c.correction_id == number).values(ended_by=maker.dispute_id))
            _tell(connection, number, CorrectionState.ENDED, maker.at)

    def in_force(self) -> list[Correction]:
        """The corrections that nobody has ended, oldest first."""
        return self._read(table.c.ended_by.is_(None))

    def of_feeds(self, feeds: Collection[str]) -> list[Correction]:
        """Every correction of records of these feeds, ended ones too, oldest first."""
        return self._read(table.c.feed.in_(sorted(feeds)))

    def of_dispute(self, dispute_id: str) -> list[Correction]:
        """The corrections that came of this dispute."""
        return self._read(table.c.dispute_id == dispute_id)

    def settle(self, states: Mapping[int, CorrectionState], at: datetime) -> None:
        """Notes where each correction stands; one that stands where it stood leaves no event."""
        with self._engine.begin() as connection:
            known = {row.correction_id: row.state for row in connection.execute(_states())}
            for number, state in sorted(states.items()):
                if known.get(number) != state.value:
                    _tell(connection, number, state, at)

    def note(self, hashes: Mapping[int, tuple[str, str]]) -> None:
        """Notes the hashes by which wrong values are known today: standardised, and as they were read."""
        with self._engine.begin() as connection:
            for number, (value, text) in sorted(hashes.items()):
                here = table.update().where(table.c.correction_id == number)
                connection.execute(here.values(wrong_value=value, wrong_text=text))

    def since(self, position: int, feeds: Collection[str], limit: int) -> list[CorrectionEvent]:
        """What has become of corrections of records of these feeds after the position, in order, `limit` at most.

        Told as of now: an event's correction has the state and hashes of today.
        """
        chosen = sa.select(event_table).join(table).where(table.c.feed.in_(sorted(feeds)))
        after = chosen.where(event_table.c.event_id > position).order_by(event_table.c.event_id).limit(limit)
        with self._engine.connect() as connection:
            rows = connection.execute(after).all()
        wanted = {row.correction_id for row in rows}
        corrections = {each.correction_id: each for each in self._read(table.c.correction_id.in_(sorted(wanted)))}
        return [
            CorrectionEvent(row.event_id, CorrectionState(row.state), row.at, corrections[row.correction_id])
            for row in rows
        ]

    def _read(self, *conditions: sa.ColumnElement[bool]) -> list[Correction]:
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(table).where(*conditions).order_by(table.c.correction_id)).all()
            states: dict[int, str] = (
                {row.correction_id: row.state for row in connection.execute(_states())} if rows else {}
            )
        return [self._correction(row, states) for row in rows]

    def _correction(self, row: sa.Row[tuple[object, ...]], states: Mapping[int, str]) -> Correction:
        texts = self._personal.open(row.sealed, _label(row.register, row.record_id, row.field))
        return Correction(
            **{name: getattr(row, name) for name in _KEPT},
            record_key=texts["record_key"] or "",
            right=texts["right"],
            state=CorrectionState(states[row.correction_id]),
        )


_KEPT: Sequence[str] = (
    *("register", "record_id", "feed", "field", "wrong_value", "version", "wrong_text"),
    *("correction_id", "dispute_id", "made_by", "made_at", "ended_by"),
)


def _label(register: str, record_id: int, field_name: str) -> str:
    return f"correction of {register} {record_id} {field_name}"


def _states() -> sa.Select[tuple[int, str]]:
    """The newest state of each correction."""
    newest = sa.select(sa.func.max(event_table.c.event_id)).group_by(event_table.c.correction_id)
    return sa.select(event_table.c.correction_id, event_table.c.state).where(event_table.c.event_id.in_(newest))


def _tell(connection: sa.Connection, number: int, state: CorrectionState, at: datetime) -> None:
    connection.execute(event_table.insert().values(correction_id=number, state=state.value, at=at))
