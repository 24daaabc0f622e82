"""What the door is told and what it hands out."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from hub.sharing.policies import Rules
from schemas.readers.purposes import DISTRICT, Role, Verb
from stores.home import Home

Places = Mapping[str, frozenset[str]]
"""Codes of the committees or towns where entities are, by id: none where nobody knows, and no entry for no entity."""


@dataclass(frozen=True)
class Caller:
    """Who asks: a name that the audit log can hold against them, their department, roles and the areas of their duty.

    Without a role they are a trainee. Roles never add up: what one of them alone may do is done.
    """

    name: str
    department: str | None = None
    roles: frozenset[Role] = frozenset({Role.TRAINEE})
    areas: frozenset[str] = frozenset({DISTRICT})


@dataclass(frozen=True)
class Reading:
    """What is to be read.

    `parameters` are written to the audit log as they are: opaque ids, dates and numbers only, never a name, a
    phone or an identity number (see `parameters_for_audit`). `purposes` are those that it was declared for, any
    where there are none; `registers` those that it is about, `needs` further items without which it is refused.
    `about` are the entities and records that the asker named; where some are not there for the asker, all that is told
    is `absent` of these.
    """

    verb: Verb
    what: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    purposes: frozenset[str] = frozenset()
    registers: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    about: tuple[str, ...] = ()
    absent: Callable[[Sequence[str]], str] = lambda missing: "it is not there, or not for you 不存在或无权查阅"


@dataclass(frozen=True)
class Request:
    """A reading of one snapshot of a home under the rules in force; `case` is the number of the case it is for."""

    home: Home
    rules: Rules
    snapshot: str
    reading: Reading
    places: Callable[[Collection[str]], Places] = lambda ids: {}
    case: str = ""
    today: date = field(default_factory=date.today)


@dataclass(frozen=True)
class Answer:
    """Rows to be disclosed, with what they show.

    `shows` has the items behind each column; a column that it lacks is not handed out, unless it is one of `ids`. These
    hold the entities and places that a row is about: a row leaves if all of them lie where the reader may look, and
    whether those of a column without `shows` may be seen is judged row by row. `tie` is the column of relationships.
    `notes` are the same whatever was found. `remarks` speak of what was found: they leave where what they show may be
    seen (None: everything) and no row may be cut. `rows_show` has the items behind each row, none where rows do not
    differ. `items` is a column of lists of items: those that may not be seen are left out. `redirects` say that an id
    leads elsewhere now, where the entities that they name may be seen. `entities` are those whom the rows are about and
    no column holds. `disputed` has what is disputed now of entities in rows, as items (`<register>.entity`: a link).
    `withheld` are places of what was asked that is answered with nothing, whatever there is; `limit` the most rows.
    """

    table: pa.Table
    title: str = ""
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    remarks_show: frozenset[str] | None = None
    shows: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    tie: str | None = None
    rows_show: tuple[frozenset[str], ...] = ()
    items: str | None = None
    redirects: tuple[str, ...] = ()
    entities: frozenset[str] = frozenset()
    disputed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    withheld: tuple[int, ...] = ()
    limit: int | None = None


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
