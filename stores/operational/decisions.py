"""Stewards' decisions about pairs of records; never changed, only ended by a later one."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum

import pyarrow as pa
import sqlalchemy as sa

from stores.operational.tables import decision as table

DECISION_COLUMNS = pa.schema(
    [
        ("record_l", pa.int64()),
        ("record_r", pa.int64()),
        ("kind", pa.string()),
        ("who", pa.string()),
        ("decided_at", pa.timestamp("us")),
        ("why", pa.string()),
        ("version_l", pa.string()),
        ("version_r", pa.string()),
    ]
)


class DecisionKind(StrEnum):
    """What a steward decided about two records; `withdrawn` leaves the pair to the model again."""

    MUST_LINK = "must_link"
    CANNOT_LINK = "cannot_link"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Decision:
    """A steward's decision; `decided_at` is without a zone, in the district's time.

    The versions are those of the records that the steward saw: a key may come to stand for somebody else.
    """

    register: str
    record_l: int
    record_r: int
    kind: DecisionKind
    who: str
    decided_at: datetime
    why: str
    version_l: str | None = None
    version_r: str | None = None

    def in_order(self) -> "Decision":
        """The same with the smaller record on the left, as it is kept."""
        if self.record_l <= self.record_r:
            return self
        return replace(
            self,
            record_l=self.record_r,
            record_r=self.record_l,
            version_l=self.version_r,
            version_r=self.version_l,
        )


class Decisions:
    """Decisions in the operational database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, decision: Decision) -> None:
        """Keeps the decision; an earlier one about the same pair is ended by it and stays on file."""
        with self._engine.begin() as connection:
            self.insert(connection, decision)

    def insert(self, connection: sa.Connection, decision: Decision) -> None:
        """What `add` does, in the caller's transaction."""
        decision = decision.in_order()
        pair = (
            (table.c.register == decision.register)
            & (table.c.record_l == decision.record_l)
            & (table.c.record_r == decision.record_r)
        )
        values = {**asdict(decision), "kind": decision.kind.value}
        inserted = connection.execute(table.insert().values(**values)).inserted_primary_key
        assert inserted is not None
        earlier = pair & table.c.ended_by.is_(None) & (table.c.decision_id != inserted[0])
        connection.execute(table.update().where(earlier).values(ended_by=inserted[0]))

    def in_force(self, register: str) -> pa.Table:
        """Decisions that hold, in the columns of `DECISION_COLUMNS`; record_l < record_r, none of them `withdrawn`."""
        statement = (
            sa.select(*[table.c[name] for name in DECISION_COLUMNS.names])
            .where(table.c.register == register, table.c.ended_by.is_(None))
            .where(table.c.kind != DecisionKind.WITHDRAWN.value)
            .order_by(table.c.record_l, table.c.record_r)
        )
        with self._engine.connect() as connection:
            rows = [dict(row) for row in connection.execute(statement).mappings()]
        return pa.Table.from_pylist(rows, schema=DECISION_COLUMNS)
