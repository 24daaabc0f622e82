"""Feed contracts: what a department hands over and what each column means."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from schemas.errors import DeclarationError, Problem
from schemas.files import DeclarationTree, read_yaml
from schemas.readers.databases import DatabaseTable, database_table, pulled_file_pattern
from schemas.readers.feed_terms import FactTerms, RecordTerms
from schemas.readers.odcs import ContractFile, PostgresServer, Property


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
    """A statement that must hold for each row; `predicate` is SQL over the row's text columns, quoted by name.

    A row breaks the rule where the predicate is false; unknown (null) passes.
    """

    id: str
    description: str
    predicate: str
    severity: Severity


@dataclass(frozen=True)
class Column:
    """One column of a feed, by its name in the delivered header.

    `codes` maps each code as delivered to the register's code; a code that it does not list is an issue.
    `reason` says why a column is dropped or only kept. `items` are the keys of the objects in a column that holds
    a JSON list. `is_date` says that the column holds days of the calendar.
    """

    name: str
    meaning: str
    use: ColumnUse
    required: bool = False
    reason: str | None = None
    codes: Mapping[str, str] | None = None
    items: tuple[str, ...] = ()
    is_date: bool = False


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
    """One feed of one department; with `database` its deliveries are pulled from there instead of handed in.

    `future_days` is how far after the delivery a date of something that began may lie. `every_days` is the promised
    frequency; the numbers of deliveries count from 1 on each date unless `numbers_run_on`.
    """

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
    future_days: int = 2
    every_days: int | None = None
    numbers_run_on: bool = False
    database: DatabaseTable | None = None

    @property
    def dropped(self) -> tuple[str, ...]:
        """Columns that are taken out before the delivery is kept."""
        return tuple(column.name for column in self.columns if column.use is ColumnUse.DROPPED)


def read_contracts(tree: DeclarationTree) -> Mapping[str, FeedContract]:
    """Every feed contract by its id; raises DeclarationError with the mistakes of all files."""
    contracts: dict[str, FeedContract] = {}
    problems: list[Problem] = []
    for file in tree.glob("feeds/*/*.odcs.yml"):
        try:
            contract = _read_contract(file)
        except DeclarationError as error:
            problems += error.problems
            continue
        if contract.id in contracts:
            problems.append(Problem(file, "id", f"{contract.id} is the id of another contract too"))
        contracts[contract.id] = contract
    if problems:
        raise DeclarationError(problems)
    return MappingProxyType(contracts)


def _read_contract(file: Path) -> FeedContract:
    content = read_yaml(file, ContractFile)
    promised = [level.promise for level in content.sla_properties]
    problems = [
        Problem(file, "slaProperties", f"{promise} must be stated exactly once")
        for promise in ("latency", "retention")
        if promised.count(promise) != 1
    ]
    problems += [
        Problem(file, f"column {each.name}", "is classified as protected and must be dropped")
        for each in content.schema_[0].properties
        if each.classification == "protected" and each.custom_properties.use != "dropped"
    ]
    if (content.domain, f"{content.id}.odcs.yml") != (file.parent.name, file.name):
        problems.append(Problem(file, "id", f"{content.domain}/{content.id} must be the folder and the file's stem"))
    if problems:
        raise DeclarationError(problems)
    return _contract(content)


def _contract(content: ContractFile) -> FeedContract:
    terms, rows, server = content.custom_properties, content.schema_[0], content.servers[0]
    days = {level.promise: level.days for level in content.sla_properties}
    keys = sorted((each for each in rows.properties if each.primary_key), key=lambda each: each.primary_key_position)
    return FeedContract(
        id=content.id,
        department=content.domain,
        version=content.version,
        title_zh=terms.title_zh,
        title_en=terms.title_en,
        owner=content.team.name,
        legal_basis=terms.legal_basis,
        purpose=content.description.purpose,
        delivery=_delivery(content),
        columns=tuple(_column(each) for each in rows.properties),
        derived=tuple(DerivedColumn(each.name, each.meaning, each.expression) for each in terms.derived),
        key=tuple(each.name for each in keys),
        version_column=terms.version_column,
        operation_column=terms.operation_column,
        operations=MappingProxyType(dict(terms.operations)),
        quality=tuple(
            QualityRule(each.name, each.description, each.predicate, Severity(each.severity)) for each in rows.quality
        ),
        records=tuple(_record(each) for each in terms.records),
        facts=tuple(_fact(each) for each in terms.facts),
        rows_at_district_size=terms.expected_volume.rows_at_district_size,
        min_share_of_previous=terms.expected_volume.min_share_of_previous,
        freshness_days=days["latency"],
        retention_days=days["retention"],
        future_days=terms.future_days,
        every_days=days.get("frequency"),
        numbers_run_on=terms.sequence == "running",
        database=database_table(server, rows) if isinstance(server, PostgresServer) else None,
    )


def _delivery(content: ContractFile) -> DeliveryFormat:
    server = content.servers[0]
    if isinstance(server, PostgresServer):
        return DeliveryFormat(FileFormat.PARQUET, pulled_file_pattern(content.id))
    terms = server.custom_properties
    return DeliveryFormat(FileFormat(server.format), terms.file_pattern, terms.encoding, terms.delimiter, terms.sheet)


def _column(content: Property) -> Column:
    terms = content.custom_properties
    return Column(
        name=content.name,
        meaning=content.description,
        use=ColumnUse(terms.use),
        required=content.required,
        reason=terms.reason,
        codes=None if terms.codes is None else MappingProxyType(dict(terms.codes)),
        items=() if content.items is None else tuple(each.name for each in content.items.properties),
        is_date=content.logical_type == "date",
    )


def _record(terms: RecordTerms) -> RecordMapping:
    return RecordMapping(
        role=terms.role,
        register=terms.register_,
        fields=tuple(
            FieldMapping(field, filled.columns, filled.standardiser) for field, filled in terms.fields_.items()
        ),
        needs=terms.needs,
        each=terms.each,
    )


def _fact(terms: FactTerms) -> FactMapping:
    return FactMapping(
        kind=terms.kind,
        subject=terms.subject,
        object=terms.object,
        valid_from=terms.valid_from,
        valid_to=terms.valid_to,
        observed_on=terms.observed_on,
        value=terms.value,
        only_where=None if terms.only_where is None else MappingProxyType(dict(terms.only_where)),
        group=terms.group,
        group_head=None if terms.group_head is None else MappingProxyType(dict(terms.group_head)),
    )
