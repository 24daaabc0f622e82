"""Entities, their members and their lineage: an id is minted once and stays findable for good."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from stores.operational.tables import entity, lineage, member

MEMBER_COLUMNS = pa.schema([("record_id", pa.int64()), ("entity_id", pa.string())])
ENTITY_COLUMNS = pa.schema(
    [
        ("entity_id", pa.string()),
        ("anchor", pa.int64()),
        ("born_run", pa.string()),
        ("retired_run", pa.string()),
        ("merged_into", pa.string()),
    ]
)
BATCH = 50_000


class EventKind(StrEnum):
    """What happened to an entity.

    `born` (with its anchor record), `split` (born out of `other_id`), `merged` (retired, its records went to
    `other_id`), `retired` (no records left), `revived` (a retired id holds records again).
    """

    BORN = "born"
    SPLIT = "split"
    MERGED = "merged"
    RETIRED = "retired"
    REVIVED = "revived"


@dataclass(frozen=True)
class LineageEvent:
    """One change to an entity; `anchor` is the record whose id the entity id was minted from."""

    kind: EventKind
    entity_id: str
    other_id: str | None = None
    anchor: int | None = None


class Identity:
    """Entity ids in the operational database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def members(self, register: str) -> pa.Table:
        """record_id, entity_id of the register, in the order of record_id."""
        statement = (
            sa.select(member.c.record_id, member.c.entity_id)
            .where(member.c.register == register)
            .order_by(member.c.record_id)
        )
        return self._arrow(statement, MEMBER_COLUMNS)

    def entities(self, register: str) -> pa.Table:
        """Every entity ever minted: entity_id, anchor, born_run, retired_run, merged_into."""
        columns = [entity.c[name] for name in ENTITY_COLUMNS.names]
        statement = sa.select(*columns).where(entity.c.register == register).order_by(entity.c.entity_id)
        return self._arrow(statement, ENTITY_COLUMNS)

    def events(self, register: str) -> list[tuple[str, LineageEvent]]:
        """(run_id, event) of the register, in the order in which they were kept."""
        statement = sa.select(lineage).where(lineage.c.register == register).order_by(lineage.c.event_id)
        with self._engine.connect() as connection:
            return [
                (row.run_id, LineageEvent(EventKind(row.kind), row.entity_id, row.other_id, row.anchor))
                for row in connection.execute(statement)
            ]

    def store(self, register: str, run_id: str, members: pa.Table, events: Sequence[LineageEvent]) -> None:
        """Makes `members` (record_id, entity_id) the members of the register and keeps the events, all or nothing."""
        old, new = self.members(register), members.select(MEMBER_COLUMNS.names).cast(MEMBER_COLUMNS)
        keys = MEMBER_COLUMNS.names
        gone = old.join(new, keys=keys, join_type="left anti")
        come = new.join(old, keys=keys, join_type="left anti").sort_by("record_id")
        with self._engine.begin() as connection:
            _remove_members(connection, register, gone)
            for batch in come.to_batches(max_chunksize=BATCH):
                rows = [{"register": register, **row} for row in batch.to_pylist()]
                connection.execute(member.insert(), rows)
            _note_events(connection, register, run_id, events)

    def _arrow(self, statement: sa.Select[Any], schema: pa.Schema) -> pa.Table:
        with self._engine.connect() as connection:
            columns = list(zip(*connection.execute(statement), strict=True)) or [()] * len(schema)
        arrays = [pa.array(list(column), kind.type) for column, kind in zip(columns, schema, strict=True)]
        return pa.Table.from_arrays(arrays, schema=schema)


def _remove_members(connection: sa.Connection, register: str, gone: pa.Table) -> None:
    if gone.num_rows == 0:
        return
    statement = member.delete().where(member.c.register == register, member.c.record_id == sa.bindparam("gone"))
    connection.execute(statement, [{"gone": record} for record in gone["record_id"].to_pylist()])


def _note_events(connection: sa.Connection, register: str, run_id: str, events: Sequence[LineageEvent]) -> None:
    same = {"register": register, "run_id": run_id}
    for some in batched(events, BATCH):
        connection.execute(lineage.insert(), [{**same, **asdict(each), "kind": each.kind.value} for each in some])
        born = [each for each in some if each.kind in (EventKind.BORN, EventKind.SPLIT)]
        if born:
            rows = [{"entity_id": each.entity_id, "register": register, "anchor": each.anchor} for each in born]
            connection.execute(entity.insert().values(born_run=run_id), rows)
    for each in events:
        if each.kind not in (EventKind.BORN, EventKind.SPLIT):
            retired = None if each.kind is EventKind.REVIVED else run_id
            into = each.other_id if each.kind is EventKind.MERGED else None
            here = entity.c.entity_id == each.entity_id
            connection.execute(entity.update().where(here).values(retired_run=retired, merged_into=into))


def batched(events: Sequence[LineageEvent], size: int) -> Iterable[Sequence[LineageEvent]]:
    return (events[start : start + size] for start in range(0, len(events), size))


def follow_redirect(entity_id: str, merged_into: Iterable[tuple[str, str]]) -> str:
    """The entity that holds the records of `entity_id` today, through every merge since."""
    redirects = dict(merged_into)
    while entity_id in redirects:
        entity_id = redirects.pop(entity_id)
    return entity_id
