"""Entities, their members and their lineage: an id is minted once and stays findable for good.

Which record belongs to which entity is millions of rows: each generation of a register is two Parquet files that never
change, and the row that names them with their hashes is what makes them count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from stores.durable import file_hash, remove_durably, sync_file, sync_folder
from stores.errors import StoreError
from stores.operational.tables import generation, lineage

KEPT_GENERATIONS = 2
"""The current one, and the one before it to fall back on."""


class EventKind(StrEnum):
    """What happened to an entity.

    `born` (of new records; those of a register's first generation have no event), `split` (born out of `other_id`),
    `merged` (retired, its records went to `other_id`), `retired` (no records left), `revived` (a retired id holds
    records again).
    """

    BORN = "born"
    SPLIT = "split"
    MERGED = "merged"
    RETIRED = "retired"
    REVIVED = "revived"


@dataclass(frozen=True)
class LineageEvent:
    """One change to an entity."""

    kind: EventKind
    entity_id: str
    other_id: str | None = None


LINEAGE_COLUMNS = pa.schema(
    [
        ("event_id", pa.int64()),
        ("register", pa.string()),
        ("generation", pa.int64()),
        ("run_id", pa.string()),
        ("as_of", pa.date32()),
        ("kind", pa.string()),
        ("entity_id", pa.string()),
        ("other_id", pa.string()),
    ]
)


@dataclass(frozen=True)
class GenerationNote:
    """What is written down with a generation: the run that made it, the date it stands for, how much it changed."""

    run_id: str
    as_of: date | None = None
    churn: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class IdentityFiles:
    """One generation of a register.

    `members` has record_id, entity_id, number, sorted by record. `entities` has every one ever minted, sorted by id:
    entity_id, number (which stands for the id), anchor (the record that it was minted from), born_run, retired_run,
    merged_into.
    """

    members: Path
    entities: Path


class Identity:
    """Entity ids of a home."""

    def __init__(self, engine: sa.Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    def current(self, register: str) -> IdentityFiles | None:
        """The newest generation that is whole, None before the first.

        One that is damaged is dropped with its events, for the run that made it is then done again. Raises StoreError
        where all are damaged.
        """
        kept = self._generations(register)
        for row in kept:
            files = self._files(register, row.number)
            if _is_whole(files.members, row.members_sha256) and _is_whole(files.entities, row.entities_sha256):
                return files
            if row is not kept[-1]:
                self._drop(register, row.number)
        if kept:
            raise StoreError(
                f"{self._folder}: the entities of register {register} are damaged: restore the folder from a backup"
            )
        return None

    def newest_entities(self, register: str) -> Path | None:
        """The newest generation's file of entities, for whoever only reads: nothing is checked, and nothing dropped."""
        newest = next(iter(self._generations(register)), None)
        return None if newest is None else self._files(register, newest.number).entities

    def digest(self, register: str) -> str | None:
        """The hash of the current generation's members, by which it is told from every other."""
        return next((row.members_sha256 for row in self._generations(register)), None)

    def begin(self, register: str) -> IdentityFiles:
        """Where the next generation is to be written."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        return self._files(register, self._next_number(register))

    def keep(self, register: str, note: GenerationNote, files: IdentityFiles, events: Sequence[LineageEvent]) -> None:
        """Makes the files written at `begin` the current generation and keeps the events, all or nothing."""
        number = self._next_number(register)
        sync_file(files.members)
        sync_file(files.entities)
        sync_folder(self._folder)
        named = {"register": register, "run_id": note.run_id}
        hashes = {"members_sha256": file_hash(files.members), "entities_sha256": file_hash(files.entities)}
        dated = {**named, "generation": number, "as_of": note.as_of}
        rows = [{**dated, **asdict(each), "kind": each.kind.value} for each in events]
        with self._engine.begin() as connection:
            values = {**named, "number": number, **hashes, "churn": dict(note.churn)}
            connection.execute(generation.insert().values(**values))
            if rows:
                connection.execute(lineage.insert(), rows)
        for row in self._generations(register)[KEPT_GENERATIONS:]:
            self._forget(register, row.number)

    def churn(self, register: str, run_id: str) -> Mapping[str, int] | None:
        """What was noted of the current generation, None where another run made it."""
        row = next(iter(self._generations(register)), None)
        return row.churn if row is not None and row.run_id == run_id else None

    def events(self, register: str) -> list[tuple[str, LineageEvent]]:
        """(run_id, event) of the register, in the order in which they were kept."""
        rows = [row for row in self.lineage().to_pylist() if row["register"] == register]
        return [
            (row["run_id"], LineageEvent(EventKind(row["kind"]), row["entity_id"], row["other_id"])) for row in rows
        ]

    def lineage(self, after: int = 0) -> pa.Table:
        """Events of all registers whose event_id is greater, in order: the columns of `LINEAGE_COLUMNS`.

        An event_id is given out once: whoever has read up to one misses nothing by asking for those after it.
        """
        columns = [lineage.c[name] for name in LINEAGE_COLUMNS.names]
        statement = sa.select(*columns).where(lineage.c.event_id > after).order_by(lineage.c.event_id)
        with self._engine.connect() as connection:
            rows = [dict(row) for row in connection.execute(statement).mappings()]
        return pa.Table.from_pylist(rows, schema=LINEAGE_COLUMNS)

    def count_events(self, up_to: int) -> int:
        """How many events there are up to this event_id."""
        statement = sa.select(sa.func.count()).select_from(lineage).where(lineage.c.event_id <= up_to)
        with self._engine.connect() as connection:
            return int(connection.execute(statement).scalar_one())

    def _generations(self, register: str) -> list[sa.Row[Any]]:
        statement = sa.select(generation).where(generation.c.register == register)
        with self._engine.connect() as connection:
            return list(connection.execute(statement.order_by(generation.c.number.desc())))

    def _next_number(self, register: str) -> int:
        return max((row.number for row in self._generations(register)), default=0) + 1

    def _files(self, register: str, number: int) -> IdentityFiles:
        stem = f"{register}-{number:06d}"
        return IdentityFiles(self._folder / f"{stem}.members.parquet", self._folder / f"{stem}.entities.parquet")

    def _drop(self, register: str, number: int) -> None:
        here = (lineage.c.register == register) & (lineage.c.generation == number)
        with self._engine.begin() as connection:
            connection.execute(lineage.delete().where(here))
        self._forget(register, number)

    def _forget(self, register: str, number: int) -> None:
        here = (generation.c.register == register) & (generation.c.number == number)
        with self._engine.begin() as connection:
            connection.execute(generation.delete().where(here))
        files = self._files(register, number)
        remove_durably(files.members)
        remove_durably(files.entities)


def _is_whole(file: Path, sha256: str) -> bool:
    return file.is_file() and file_hash(file) == sha256
