"""What a contract says in `customProperties`, because the standard has no key for it."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from schemas.files import StrictModel

Name = Annotated[str, StringConstraints(min_length=1)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Codes = dict[str, str]


class Terms(StrictModel):
    """A group of the hub's own terms, written in camel case like the standard's."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, alias_generator=to_camel)


class ServerTerms(Terms):
    """How a file is named and written."""

    file_pattern: Name
    encoding: Literal["GB18030", "UTF-8", "UTF-8-BOM"] | None = None
    delimiter: str | None = None
    sheet: str | None = None


class DatabaseTerms(Terms):
    """How a department's database is spoken to; without a word the server must prove who it is."""

    ssl_mode: Literal["verify-full", "verify-ca", "require", "disable"] = "verify-full"
    time_zone: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+/-]+$")] = "Asia/Shanghai"
    connect_timeout_seconds: int = Field(default=10, ge=2, le=600)
    statement_timeout_seconds: int = Field(default=1800, ge=1, le=86400)


class ColumnTerms(Terms):
    """What becomes of a column."""

    use: Literal["mapped", "kept", "consumed", "dropped"] = "mapped"
    reason: str | None = None
    codes: Codes | None = Field(default=None, min_length=1)


class DerivedTerms(Terms):
    """A column computed from others."""

    name: Name
    meaning: Name
    expression: Name


class FieldTerms(Terms):
    """Columns that fill a register field; several are joined."""

    columns: tuple[Name, ...] = Field(min_length=1)
    standardiser: Identifier


class RecordTerms(Terms):
    """One record that a row yields."""

    role: Identifier
    register_: Identifier = Field(alias="register")
    fields_: dict[Identifier, FieldTerms] = Field(alias="fields", min_length=1)
    needs: tuple[Identifier, ...] = Field(min_length=1)
    each: Name | None = None


class FactTerms(Terms):
    """A dated relation between two roles."""

    kind: Identifier
    subject: Identifier
    object: Identifier
    valid_from: Name | None = None
    valid_to: Name | None = None
    observed_on: Name | None = None
    value: Name | None = None
    only_where: dict[Name, tuple[str, ...]] | None = Field(default=None, min_length=1)
    group: Name | None = None
    group_head: Codes | None = Field(default=None, min_length=1)


class VolumeTerms(Terms):
    """How many rows to expect, and when a full dump is too short to be believed."""

    rows_at_district_size: int = Field(gt=0)
    min_share_of_previous: float = Field(ge=0, le=1)


class ContractTerms(Terms):
    """The hub's terms of a whole contract."""

    title_zh: Name
    title_en: Name
    legal_basis: Name
    expected_volume: VolumeTerms
    version_column: Name | None = None
    operation_column: Name | None = None
    operations: dict[Name, Literal["insert", "update", "delete"]] = Field(default_factory=dict)
    sequence: Literal["per_date", "running"] = "per_date"
    future_days: int = Field(default=2, ge=0)
    derived: tuple[DerivedTerms, ...] = ()
    records: tuple[RecordTerms, ...] = Field(min_length=1)
    facts: tuple[FactTerms, ...] = ()
