"""Feed contracts: what a department hands over and what each column means."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FileFormat(StrEnum):
    """The format of a delivered file."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    JSONL = "jsonl"


class ColumnUse(StrEnum):
    """What becomes of a column.

    Mapped to a field or fact; kept as it is; consumed (a derived column is computed from it, then only that one is
    stored in the warehouse); or dropped before anything is kept, the archive included.
    """

    MAPPED = "mapped"
    KEPT = "kept"
    CONSUMED = "consumed"
    DROPPED = "dropped"


class Severity(StrEnum):
    """What a broken quality rule does to its row: kept out of the registers, or let through with an issue."""

    QUARANTINE = "quarantine"
    ISSUE = "issue"


@dataclass(frozen=True)
class QualityRule:
    """A statement that must hold for each row; `predicate` is SQL over the row's text columns, quoted by name."""

    id: str
    description: str
    predicate: str
    severity: Severity


@dataclass(frozen=True)
class Column:
    """One column of a feed, by its name in the delivered header.

    `codes` maps each code as delivered to the register's code; a code that it does not list is an issue.
    `reason` says why a column is dropped or only kept.
    """

    name: str
    meaning: str
    use: ColumnUse
    required: bool = False
    reason: str | None = None
    codes: Mapping[str, str] | None = None


@dataclass(frozen=True)
class DerivedColumn:
    """A column computed from others as the row comes in; `expression` is SQL over the row's text columns."""

    name: str
    meaning: str
    expression: str


@dataclass(frozen=True)
class FieldMapping:
    """A register field filled from one or more columns by a standardiser; several columns are joined with U+001F."""

    field: str
    columns: tuple[str, ...]
    standardiser: str


@dataclass(frozen=True)
class RecordMapping:
    """One record that a row yields: a register, the role it plays in the row, and its fields.

    The main role is the first one; its record key is the row's key. Other roles have `<row key>#<role>`, and
    with `each` (a column that holds a JSON list of objects; field columns are then keys of the object)
    `<row key>#<role>.<n>`, n from 1. A record exists only where at least one field of `needs` is not null.
    """

    role: str
    register: str
    fields: tuple[FieldMapping, ...]
    needs: tuple[str, ...]
    each: str | None = None


@dataclass(frozen=True)
class FactMapping:
    """A dated relation between two roles of a row (or of two rows of one group).

    Dates name columns; without `valid_from` the fact starts with the row version's date. `value` names a column
    whose (decoded) text is kept. `only_where` maps a column to the decoded codes for which the fact exists.
    `group` names a column: the object is then the role's record in the row of the same group where
    `group_head` (column -> code) holds, as for kin of the head of a household.
    """

    kind: str
    subject: str
    object: str
    valid_from: str | None = None
    valid_to: str | None = None
    observed_on: str | None = None
    value: str | None = None
    only_where: Mapping[str, tuple[str, ...]] | None = None
    group: str | None = None
    group_head: Mapping[str, str] | None = None


@dataclass(frozen=True)
class DeliveryFormat:
    """How the file is written; `file_pattern` is a regular expression with groups `mode`, `date` and `sequence`."""

    format: FileFormat
    file_pattern: str
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


@dataclass(frozen=True)
class FeedContract:
    """One feed of one department."""

    id: str
    department: str
    version: str
    title_zh: str
    title_en: str
    owner: str
    legal_basis: str
    purpose: str
    delivery: DeliveryFormat
    columns: tuple[Column, ...]
    derived: tuple[DerivedColumn, ...]
    key: tuple[str, ...]
    version_column: str | None
    operation_column: str | None
    operations: Mapping[str, str]
    quality: tuple[QualityRule, ...]
    records: tuple[RecordMapping, ...]
    facts: tuple[FactMapping, ...]
    rows_at_district_size: int
    min_share_of_previous: float
    freshness_days: int
    retention_days: int

    @property
    def dropped(self) -> tuple[str, ...]:
        """Columns that are taken out before the delivery is kept."""
        return tuple(column.name for column in self.columns if column.use is ColumnUse.DROPPED)
