"""What a publication changes: the snapshot that readers have until now, compared with the tables to be published."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date

import pyarrow as pa

from hub.changes_sql import BEFORE, COMPARED, REGISTERS, TEMPORARY, compare_sql, corrected_sql
from hub.site import Site
from schemas.declarations import Declarations
from schemas.readers.graph import GraphModel, RelationshipSource
from stores.changes import ENTRY, Note
from stores.instalments import Instalment
from stores.snapshots import ENTITIES, Snapshot, SnapshotError
from stores.summaries import columns_of
from stores.warehouse import Warehouse

TIE = pa.schema([("kind", pa.string()), ("type", pa.string())])


@dataclass(frozen=True)
class Correction:
    """A field of a department's record that was decided to be wrong.

    `number` rises from one to the next and is given out once. The entry goes to the readers of the feed, who find the
    record by its id; its key is not kept in the entry, for it may be the number of an identity card.
    """

    number: int
    register: str
    feed: str
    record_key: str
    field: str


Corrections = Callable[[int], Sequence[Correction]]
"""Gives the corrections whose number is greater, in any order."""
CORRECTION = pa.schema(
    [(name, pa.int64() if name == "number" else pa.string()) for name in Correction.__dataclass_fields__]
)


def none_decided(after: int) -> Sequence[Correction]:
    """Where nothing is ever corrected."""
    return ()


@dataclass(frozen=True)
class Step:
    """From the snapshot that readers have until now, None where there is none, to the one to be published."""

    before: Snapshot | None
    snapshot: str
    as_of: date


def note_changes(site: Site, step: Step, corrections: Corrections) -> Instalment:
    """Adds to the feed what the step changes, before readers get the snapshot; called again it adds nothing.

    What is added counts for readers of the new snapshot alone. One that is never published stays aside, as a branch
    of the feed that leads nowhere. Where nobody can know what changes, an instalment without entries begins it anew.
    """
    feed = site.changes
    follows = _reached(site, step)
    told = follows.corrections if follows else 0
    pending = corrections(told)
    newest = max((each.number for each in pending), default=told)
    there, reached = feed.newest(step.snapshot), follows.end if follows else None
    if there is not None and there.corrections == newest and (there == follows or there.before == reached):
        return there
    with _entries(site.warehouse):
        if follows is not None and step.before is not None and follows.snapshot != step.snapshot:
            compare(site.warehouse, step.before, site.declarations)
        if pending:
            add_corrections(site.warehouse, pending)
        return feed.append(site.warehouse, "entry", Note(step.snapshot, step.as_of, follows, newest))


def _reached(site: Site, step: Step) -> Instalment | None:
    """The instalment to go on from, None where the feed has to begin anew.

    A home without a snapshot was restored where the feed leads to the very one that it publishes.
    """
    if step.before is None:
        newest = site.changes.newest()
        return newest if newest is not None and newest.snapshot == step.snapshot else None
    reached = site.changes.newest(step.before.id)
    if reached is None or step.before.id == step.snapshot or is_comparable(site.warehouse, step.before):
        return reached
    return None


@contextmanager
def _entries(warehouse: Warehouse) -> Iterator[None]:
    warehouse.execute(f"CREATE OR REPLACE TEMP TABLE entry ({ENTRY})")
    try:
        yield
    finally:
        for table in (*TEMPORARY, "entry"):
            warehouse.execute(f"DROP TABLE IF EXISTS temp.{table}")


def is_comparable(warehouse: Warehouse, snapshot: Snapshot) -> bool:
    """Whether a snapshot is whole and has the tables that are compared; one of an earlier hub may lack some."""
    try:
        file = snapshot.file(ENTITIES)
    except SnapshotError:
        return False
    with warehouse.attached(file, "before", read_only=True):
        names = warehouse.rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'before'")
    return set(COMPARED) <= {name for (name,) in names}


def compare(warehouse: Warehouse, before: Snapshot, declarations: Declarations) -> None:
    """Adds to the temporary table `entry` what differs between the snapshot and `resolved` with `standard`.

    One entry for each entity: what has happened to it in between, however often, as a whole.
    """
    tie = pa.Table.from_pylist([{"kind": kind, "type": name} for kind, name in ties(declarations.graph)], schema=TIE)
    warehouse.register_arrow("declared_tie", tie)
    with warehouse.attached(before.file(ENTITIES), "before", read_only=True):
        fields = {name: _shared_fields(warehouse, name, declarations) for name in REGISTERS}
        for statement in compare_sql(fields):
            warehouse.execute(statement)
    warehouse.unregister("declared_tie")


def add_corrections(warehouse: Warehouse, corrections: Sequence[Correction]) -> None:
    """Adds one entry for each correction to the temporary table `entry`."""
    table = pa.Table.from_pylist([asdict(each) for each in corrections], schema=CORRECTION)
    warehouse.register_arrow("correction", table)
    warehouse.execute(corrected_sql())
    warehouse.unregister("correction")


def ties(model: GraphModel) -> Iterator[tuple[str, str]]:
    """Kinds of facts with the types of relationships that they become; a residence has the kind ''."""
    for each in model.types.values():
        if each.source is RelationshipSource.RESIDENCE:
            yield "", each.type
        for kind in each.kinds:
            yield kind, each.type


def _shared_fields(warehouse: Warehouse, register: str, declarations: Declarations) -> list[str]:
    """The fields of a register that both sides have, alike: one that was declared since has not changed."""
    was = set(columns_of(warehouse, f"{BEFORE}.{register}"))
    both = {name for name, _ in was & set(columns_of(warehouse, f"resolved.{register}"))}
    return [each.name for each in declarations.registers[register].fields if each.name in both]
