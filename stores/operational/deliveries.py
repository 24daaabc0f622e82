"""The ledger of deliveries: what came in, from which feed, and how far it got."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from stores.operational.tables import delivery as table

Place = tuple[date, int, str]


class DeliveryState(StrEnum):
    """How far a delivery got.

    `received` waits in the spool, `archived` is durable in the archive, `waiting` needs a person's approval,
    `applied` is in the warehouse, `refused` could not be read; a refused one may be sent again corrected.
    """

    RECEIVED = "received"
    ARCHIVED = "archived"
    WAITING = "waiting"
    APPLIED = "applied"
    REFUSED = "refused"


@dataclass(frozen=True)
class DeliveryName:
    """What makes a delivery this one: its feed, mode (`full` or `delta`), date and sequence."""

    feed: str
    mode: str
    date: date
    sequence: int

    @property
    def place(self) -> Place:
        """Where it counts among the deliveries of its feed: by date, then sequence, a full dump after a delta."""
        return self.date, self.sequence, self.mode

    def __str__(self) -> str:
        return f"{self.feed} {self.mode} of {self.date.isoformat()} no. {self.sequence}"


@dataclass(frozen=True)
class Delivery:
    """One line of the ledger; `sha256` is of the file as it came, `outcome` what the report said."""

    delivery_id: int
    name: DeliveryName
    file: str
    sha256: str
    state: DeliveryState
    note: str
    outcome: dict[str, Any]


class Ledger:
    """Deliveries in the operational database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def find(self, name: DeliveryName) -> Delivery | None:
        """The delivery of this feed, mode, date and sequence, if it ever came."""
        found = self._select(
            table.c.feed == name.feed,
            table.c.mode == name.mode,
            table.c.date == name.date,
            table.c.sequence == name.sequence,
        )
        return found[0] if found else None

    def get(self, delivery_id: int) -> Delivery:
        """The delivery of this number; raises KeyError where there is none."""
        found = self._select(table.c.delivery_id == delivery_id)
        if not found:
            raise KeyError(delivery_id)
        return found[0]

    def receive(self, name: DeliveryName, *, file: str, sha256: str) -> Delivery:
        """Notes a delivery as received; one that was refused before keeps its number."""
        known = self.find(name)
        values = {"file": file, "sha256": sha256, "state": DeliveryState.RECEIVED.value, "note": "", "outcome": {}}
        with self._engine.begin() as connection:
            if known is None:
                # Not left to the database: one that counts in a sequence leaves numbers out where it was killed.
                last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.delivery_id), 0))).scalar_one()
                named = {"feed": name.feed, "mode": name.mode, "date": name.date, "sequence": name.sequence}
                connection.execute(table.insert().values(delivery_id=last + 1, **named, **values))
            else:
                connection.execute(table.update().where(table.c.delivery_id == known.delivery_id).values(**values))
        received = self.find(name)
        assert received is not None
        return received

    def mark(
        self, delivery_id: int, state: DeliveryState, *, note: str = "", outcome: dict[str, Any] | None = None
    ) -> None:
        """Notes how far the delivery got; without `outcome` the one on file stays."""
        values: dict[str, Any] = {"state": state.value, "note": note}
        if outcome is not None:
            values["outcome"] = outcome
        with self._engine.begin() as connection:
            connection.execute(table.update().where(table.c.delivery_id == delivery_id).values(**values))

    def all(self) -> list[Delivery]:
        """Every delivery, in the order of its number."""
        return self._select()

    def in_state(self, *states: DeliveryState, feed: str | None = None) -> list[Delivery]:
        """The deliveries in these states, of one feed or of all, in the order of their numbers."""
        conditions = [table.c.state.in_([state.value for state in states])]
        return self._select(*conditions, *([] if feed is None else [table.c.feed == feed]))

    def undecided(self) -> list[Delivery]:
        """The deliveries that wait for a person, but for those that a later full dump of the feed has overtaken."""
        fulls = table.c.mode == "full"
        applied = self._select(table.c.state == DeliveryState.APPLIED.value, fulls)
        return [
            each
            for each in self.in_state(DeliveryState.WAITING)
            if not any(other.name.feed == each.name.feed and other.name.place > each.name.place for other in applied)
        ]

    def reopen(self, delivery_ids: Sequence[int]) -> None:
        """Notes all these deliveries as archived and no more, at once: they are to be applied again."""
        with self._engine.begin() as connection:
            for delivery_id in delivery_ids:
                reopened = table.update().where(table.c.delivery_id == delivery_id)
                connection.execute(reopened.values(state=DeliveryState.ARCHIVED.value, note=""))

    def latest_date(self) -> date | None:
        """The date of the newest applied delivery: the date as of which the hub knows the district."""
        applied = table.c.state == DeliveryState.APPLIED.value
        with self._engine.connect() as connection:
            latest: date | None = connection.execute(sa.select(sa.func.max(table.c.date)).where(applied)).scalar()
        return latest

    def _select(self, *conditions: sa.ColumnElement[bool]) -> list[Delivery]:
        statement = sa.select(table).where(*conditions).order_by(table.c.delivery_id)
        with self._engine.connect() as connection:
            return [_delivery(row) for row in connection.execute(statement)]


def _delivery(row: sa.Row[Any]) -> Delivery:
    name = DeliveryName(row.feed, row.mode, row.date, row.sequence)
    state = DeliveryState(row.state)
    return Delivery(row.delivery_id, name, row.file, row.sha256, state, row.note, dict(row.outcome))
