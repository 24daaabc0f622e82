"""The shape of an Open Data Contract Standard v3.1 file, as far as a contract of deliveries needs it.

A key that the standard does not allow at its place is refused; the hub's own terms sit in `customProperties`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from schemas.files import StrictModel
from schemas.readers.feed_terms import ColumnTerms, ContractTerms, DatabaseTerms, ServerTerms

StableId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]
Text = Annotated[str, StringConstraints(min_length=1)]


def fold_properties(value: object) -> object:
    """A list of `{property, value}` as one mapping; raises ValueError for another shape or a name used twice."""
    if not isinstance(value, list):
        raise ValueError("expected a list of {property, value}")
    folded: dict[str, object] = {}
    for entry in value:
        if not isinstance(entry, Mapping) or not {"property", "value"} <= set(entry) <= {
            "property",
            "value",
            "description",
            "id",
        }:
            raise ValueError(f"expected {{property, value}}, found {entry!r}")
        if str(entry["property"]) in folded:
            raise ValueError(f"property written twice: {entry['property']}")
        folded[str(entry["property"])] = entry["value"]
    return folded


class OdcsModel(StrictModel):
    """One object of the standard; its keys are written in camel case."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, alias_generator=to_camel)


class AuthoritativeDefinition(OdcsModel):
    """A link to where something is defined."""

    id: StableId | None = None
    url: Text
    type: Text
    description: str | None = None


class Description(OdcsModel):
    """What the data are for, how to use them, and what they cannot tell."""

    purpose: Text
    usage: Text
    limitations: Text
    authoritative_definitions: tuple[AuthoritativeDefinition, ...] = ()


class Role(OdcsModel):
    """Who may do what with the feed."""

    id: StableId | None = None
    role: Text
    description: str | None = None
    access: str | None = None
    first_level_approvers: str | None = None
    second_level_approvers: str | None = None


class Server(OdcsModel):
    """Where and how the files are delivered."""

    id: StableId | None = None
    server: Text
    type: Literal["local"]
    description: str | None = None
    environment: str | None = None
    path: Text
    format: Literal["csv", "xlsx", "parquet", "jsonl"]
    roles: tuple[Role, ...] = ()
    custom_properties: Annotated[ServerTerms, BeforeValidator(fold_properties)]


class PostgresServer(OdcsModel):
    """The department's own PostgreSQL that holds the rows; whoever connects and their password are no part of it."""

    id: StableId | None = None
    server: Text
    type: Literal["postgres"]
    description: str | None = None
    environment: str | None = None
    host: Text
    port: int = Field(gt=0, lt=65536)
    database: Text
    schema_: Text = Field(alias="schema")
    roles: tuple[Role, ...] = ()
    custom_properties: Annotated[DatabaseTerms, BeforeValidator(fold_properties)] = DatabaseTerms()


class Quality(OdcsModel):
    """A rule as SQL that counts the rows breaking it, which must be none."""

    id: StableId | None = None
    name: StableId
    type: Literal["sql"]
    description: Text
    dimension: Literal["accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness", "uniqueness"]
    severity: Literal["quarantine", "issue"]
    business_impact: str | None = None
    query: Annotated[str, StringConstraints(pattern=r"(?s)^SELECT count\(\*\) FROM \$\{table\} WHERE NOT \((.*)\)$")]
    must_be: Literal[0]
    tags: tuple[str, ...] = ()

    @property
    def predicate(self) -> str:
        """What must hold for each row."""
        return self.query.partition("WHERE NOT (")[2][:-1].strip()


class LogicalTypeOptions(OdcsModel):
    """Limits of a logical type."""

    format: str | None = None
    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: float | str | None = None
    maximum: float | str | None = None


class Items(OdcsModel):
    """What the entries of a list are."""

    logical_type: Literal["object"]
    properties: tuple["Property", ...] = Field(min_length=1)


class Property(OdcsModel):
    """One column, by its name in the delivered header."""

    id: StableId | None = None
    name: Text
    physical_name: str | None = None
    physical_type: Text
    logical_type: Literal["string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean"]
    logical_type_options: LogicalTypeOptions | None = None
    description: Text
    business_name: str | None = None
    required: bool = False
    unique: bool = False
    primary_key: bool = False
    primary_key_position: int = -1
    classification: Literal["open", "internal", "personal", "identifying", "protected"]
    critical_data_element: bool = False
    examples: tuple[Any, ...] = ()
    tags: tuple[str, ...] = ()
    items: Items | None = None
    custom_properties: Annotated[ColumnTerms, BeforeValidator(fold_properties)] = ColumnTerms()


class SchemaObject(OdcsModel):
    """The rows of a delivery."""

    id: StableId | None = None
    name: StableId
    physical_name: str | None = None
    physical_type: str | None = None
    logical_type: Literal["object"] = "object"
    description: str | None = None
    business_name: str | None = None
    data_granularity_description: str | None = None
    tags: tuple[str, ...] = ()
    properties: tuple[Property, ...] = Field(min_length=1)
    quality: tuple[Quality, ...] = ()


class ServiceLevel(OdcsModel):
    """One promise about the feed: how often, how late, how long kept."""

    id: StableId | None = None
    promise: Literal["frequency", "latency", "retention"] = Field(alias="property")
    value: int = Field(gt=0)
    unit: Literal["d", "y"]
    element: str | None = None
    driver: Literal["regulatory", "analytics", "operational"] | None = None
    description: str | None = None
    schedule: str | None = None
    scheduler: str | None = None

    @property
    def days(self) -> int:
        """The promise in days; a year has 365."""
        return self.value * (365 if self.unit == "y" else 1)


class TeamMember(OdcsModel):
    """A post in the department, not a person."""

    id: StableId | None = None
    username: Text
    name: str | None = None
    description: str | None = None
    role: str | None = None


class Team(OdcsModel):
    """Who answers for the feed."""

    id: StableId | None = None
    name: Text
    description: str | None = None
    members: tuple[TeamMember, ...] = ()
    tags: tuple[str, ...] = ()


class ContractFile(OdcsModel):
    """A whole contract file."""

    api_version: Literal["v3.1.0"]
    kind: Literal["DataContract"]
    id: StableId
    name: Text
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
    status: Literal["proposed", "draft", "active", "deprecated", "retired"]
    domain: StableId
    tenant: str | None = None
    data_product: str | None = None
    tags: tuple[str, ...] = ()
    description: Description
    servers: tuple[Annotated[Server | PostgresServer, Field(discriminator="type")]] = Field(
        description="exactly one place of delivery"
    )
    schema_: tuple[SchemaObject] = Field(alias="schema", description="exactly one kind of row")
    sla_properties: tuple[ServiceLevel, ...]
    team: Team
    roles: tuple[Role, ...] = ()
    authoritative_definitions: tuple[AuthoritativeDefinition, ...] = ()
    contract_created_ts: str | None = None
    custom_properties: Annotated[ContractTerms, BeforeValidator(fold_properties)]
