"""What the door is told and what it hands out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from stores.home import Home


@dataclass(frozen=True)
class Caller:
    """Who asks: a name that the audit log can hold against them, and the department they act for."""

    name: str
    department: str | None = None


@dataclass(frozen=True)
class Request:
    """One reading of one snapshot.

    `parameters` are written to the audit log as they are: opaque ids, dates and numbers only, never a name, a
    phone or an identity number (see `parameters_for_audit`). `purposes` are those that what is read was declared for,
    any where there are none.
    """

    home: Home
    snapshot: str
    verb: str
    what: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    purposes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Answer:
    """Rows to be disclosed; `notes` stand beside the table uncut and so never name a person or a place.

    `redirects` say that an id which was asked for leads elsewhere now; they are told in every format.
    `entities` are the ids of those whom the rows are about, as far as no column holds them.
    """

    table: pa.Table
    title: str = ""
    notes: tuple[str, ...] = ()
    redirects: tuple[str, ...] = ()
    entities: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Disclosure:
    """An answer that may leave, with the snapshot it was read from and the audit line that says so."""

    answer: Answer
    snapshot: str
    audit_sequence: int
    rule: str


def answer_rows(columns: Mapping[str, pa.DataType], rows: Iterable[Sequence[object]]) -> pa.Table:
    """A table with these typed columns, also where there is no row; each row has its values in their order."""
    return pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in rows], schema=pa.schema(columns))
