"""What a feed consists of: rows as text, and beside them who and what each row truly means."""

from dataclasses import dataclass, field

import numpy as np

from synthetic.clerk import UNKNOWN, Recorded
from synthetic.text import Flags, Ints, Text

DAY = 86400


@dataclass(frozen=True)
class PersonRole:
    """One record of a person in each of `rows`; keys are what can be read, UNKNOWN where nothing can.

    `role` is empty for the main role; `places` numbers the records of a role that a row has several of.
    """

    role: str
    rows: Ints
    person: Ints
    name: Ints
    number: Ints | None = None
    born: Ints | None = None
    phone: Ints | None = None
    house: Ints | None = None
    places: Ints | None = None

    def kept(self, rows: Flags) -> "PersonRole":
        """The records of these places."""
        optional = (self.number, self.born, self.phone, self.house, self.places)
        chosen = [None if column is None else column[rows] for column in optional]
        return PersonRole(self.role, self.rows[rows], self.person[rows], self.name[rows], *chosen)


@dataclass(frozen=True)
class HouseRole:
    """One record of a house in each of `rows`: the house truly meant, the one that is named, and the one that the
    row named in `column` before it was changed (UNKNOWN: the same)."""

    role: str
    rows: Ints
    house: Ints
    named: Ints
    before: Ints | None = None
    column: str = ""


@dataclass(frozen=True)
class UnitRole:
    """One record of a unit in each of `rows`: the unit truly meant, whose code is written, which name is written
    (short names count on from the last unit).
    """

    role: str
    rows: Ints
    unit: Ints
    code: Ints
    name: Ints

    def kept(self, rows: Flags) -> "UnitRole":
        """The records of these places."""
        return UnitRole(self.role, *(column[rows] for column in (self.rows, self.unit, self.code, self.name)))


@dataclass(frozen=True)
class Facts:
    """Dated facts of one kind; subject and object are true entities, `exact`: the row names the house to the room."""

    kind: str
    rows: Ints
    subject: Ints
    object: Ints
    begin: Ints
    end: Ints
    observed: Ints
    exact: Flags

    def kept(self, rows: Flags) -> "Facts":
        """The facts of these places."""
        ends = (self.rows[rows], self.subject[rows], self.object[rows])
        return Facts(self.kind, *ends, self.begin[rows], self.end[rows], self.observed[rows], self.exact[rows])


@dataclass(frozen=True)
class Feed:
    """One feed before delivery. `version` is in seconds; `previous` holds older values of columns that may change."""

    name: str
    key_column: str
    columns: dict[str, Text]
    version: Ints
    persons: tuple[PersonRole, ...] = ()
    houses: tuple[HouseRole, ...] = ()
    units: tuple[UnitRole, ...] = ()
    facts: tuple[Facts, ...] = ()
    previous: dict[str, Text] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.version)

    @property
    def keys(self) -> Text:
        """The key of each row."""
        return self.columns[self.key_column]


def person_role(role: str, rows: Ints, person: Ints, name: Recorded, **keys: Recorded | Ints | None) -> PersonRole:
    """A person's records from what the clerk wrote."""
    read = {which: value.key if isinstance(value, Recorded) else value for which, value in keys.items()}
    return PersonRole(role, rows, person, name.key, **read)


def unknown(size: int) -> Ints:
    """UNKNOWN in every row."""
    return np.full(size, UNKNOWN)
