"""SQL that turns what the standardisers read into standard records, one per key, and older dwellings beside them."""

from collections.abc import Mapping

from ingestion.standard_sql import COLUMN_TYPES, record_table, value_columns, value_table
from ingestion.standardise.registry import Standardiser
from schemas.readers.contracts import FeedContract, RecordMapping
from schemas.readers.registers import Field, Register
from stores.quoting import quote_name, quote_text

PERSON = "person"


def role_standard_sql(record: RecordMapping, register: Register, standardisers: Mapping[str, Standardiser]) -> str:
    """Makes `role_standard` from `role_input`: every version's standard fields, where one of those needed is there."""
    sources = _field_sources(record, standardisers)
    fields = ", ".join(f"{_field_sql(field, sources)} AS {quote_name(field.name)}" for field in register.fields)
    joins = "\n".join(
        f"LEFT JOIN {value_table(mapping.standardiser)} {_alias(mapping.field)} "
        f"ON {_alias(mapping.field)}.raw = i.{quote_name('in_' + mapping.field)}"
        for mapping in record.fields
    )
    needed = ", ".join(f"{_alias(name)}.value::VARCHAR" for name in record.needs)
    read = " || chr(31) || ".join(
        f"coalesce(i.{quote_name('in_' + mapping.field)}, chr(30))" for mapping in record.fields
    )
    return (
        "CREATE OR REPLACE TEMP TABLE role_standard AS\n"
        f"SELECT i.row_key, i.n, i.version, i.effective_from, i.ended_on, md5({read}) AS read_hash, {fields}\n"
        f"FROM role_input i\n{joins}\nWHERE coalesce({needed}) IS NOT NULL"
    )


def role_versions_sql(contract: FeedContract, record: RecordMapping) -> str:
    """Adds to `role_version` which record each row version means in this role, and which version the record is of.

    A person's record is the newest version. A house's or unit's older version that reads differently is a record of
    its own, `<record key>@<version>`, so that old facts point at the old place.
    """
    keeps_older = "false" if record.register == PERSON else "read_hash <> newest_hash"
    suffix = f"'#{record.role}' || CASE WHEN n > 0 THEN '.' || n ELSE '' END"
    key = "row_key" if record.role == contract.records[0].role and record.each is None else f"row_key || {suffix}"
    return f"""INSERT INTO role_version
WITH ranked AS (
  SELECT row_key, n, version, read_hash, last_value(version) OVER history AS newest,
    last_value(read_hash) OVER history AS newest_hash,
    min(version) OVER (PARTITION BY row_key, n, read_hash) AS oldest_alike
  FROM role_standard
  WINDOW history AS (PARTITION BY row_key, n ORDER BY version
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
),
named AS (
  SELECT row_key, n, version, CASE WHEN {keeps_older} THEN oldest_alike ELSE newest END AS record_version,
    CASE WHEN {keeps_older} THEN {key} || '@' || oldest_alike ELSE {key} END AS record_key
  FROM ranked
)
SELECT {quote_text(record.role)}, row_key, n, version, record_version, record_key,
  (md5_number_lower({quote_text(contract.id)} || chr(31) || record_key) >> 1)::BIGINT
FROM named"""


def make_role_versions_sql() -> str:
    """Makes `role_version` anew, empty."""
    return (
        "CREATE OR REPLACE TEMP TABLE role_version (role VARCHAR, row_key VARCHAR, n BIGINT, version VARCHAR, "
        "record_version VARCHAR, record_key VARCHAR, record_id BIGINT)"
    )


def store_records_sql(contract: FeedContract, record: RecordMapping, register: Register) -> str:
    """Adds the role's records to the register's table, in the order of their keys."""
    fields = ", ".join(f"s.{quote_name(field.name)}" for field in register.fields)
    role = quote_text(record.role)
    return (
        f"INSERT INTO {record_table(register.id)}\n"
        f"SELECT v.record_id, {quote_text(contract.id)}, v.record_key, s.row_key, {role}, s.version, "
        f"s.effective_from, s.ended_on, {fields}\n"
        "FROM role_standard s JOIN role_version v USING (row_key, n, version)\n"
        f"WHERE v.role = {role} AND v.record_version = v.version ORDER BY v.record_key"
    )


def unread_sql(contract: FeedContract, record: RecordMapping) -> str:
    """Adds an issue for each value of `role_input` that its standardiser could not read."""
    parts = [
        f"SELECT i.delivery_id, {quote_text(contract.id)}, i.line, i.row_key, "
        f"{quote_text(', '.join(mapping.columns))}, 'not_standardised', "
        f"{quote_text(f'{record.role}.{mapping.field}: not readable as {mapping.standardiser}, or a default value')}\n"
        f"FROM role_input i JOIN {value_table(mapping.standardiser)} v\n"
        f"ON v.raw = i.{quote_name('in_' + mapping.field)} WHERE v.value IS NULL"
        for mapping in record.fields
    ]
    return "INSERT INTO quarantine.issue\n" + "\nUNION ALL ".join(parts) + "\nORDER BY ALL"


def _field_sources(record: RecordMapping, standardisers: Mapping[str, Standardiser]) -> dict[str, str]:
    """SQL of each field that the mappings fill; a mapped field wins over one that another mapping derives."""
    mapped = {mapping.field: f"{_alias(mapping.field)}.value" for mapping in record.fields}
    derived: dict[str, str] = {}
    for mapping in record.fields:
        for column in value_columns(standardisers[mapping.standardiser])[1:]:
            derived.setdefault(column, f"{_alias(mapping.field)}.{quote_name(column)}")
    return derived | mapped


def _field_sql(field: Field, sources: Mapping[str, str]) -> str:
    kind = COLUMN_TYPES[field.type]
    return f"try_cast({sources[field.name]} AS {kind})" if field.name in sources else f"NULL::{kind}"


def _alias(field: str) -> str:
    return quote_name("of_" + field)
