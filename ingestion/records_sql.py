"""SQL that turns what the standardisers read into standard records, one per key, and older dwellings beside them."""

from collections.abc import Mapping

from ingestion.standard_sql import COLUMN_TYPES, input_view, record_table, value_columns, value_table
from ingestion.standardise.registry import Standardiser
from schemas.readers.contracts import FeedContract, FieldMapping, RecordMapping
from schemas.readers.registers import Field, Register
from stores.quoting import quote_name, quote_text

PERSON = "person"


def make_role_versions_sql() -> str:
    """Makes `role_version` anew, empty, and `revised_key`: the keys of `feed_row` that have several versions."""
    return """CREATE OR REPLACE TEMP TABLE role_version (role VARCHAR, place BIGINT, n INTEGER, record_place BIGINT,
  record_key VARCHAR, record_id BIGINT);
CREATE OR REPLACE TEMP TABLE revised_key AS SELECT row_key FROM feed_row GROUP BY row_key HAVING count(*) > 1"""


def role_versions_sql(contract: FeedContract, record: RecordMapping) -> str:
    """Adds to `role_version` which record each row version means in this role, and which version the record is of.

    Only versions count of which a needed field can be read. A person's record is the newest version. A house's or
    unit's older version that reads differently is a record of its own, `<record key>@<version>`, so that old facts
    point at the old place. Most keys have one version: for them nothing is compared.
    """
    keeps_older = "false" if record.register == PERSON else "read_hash <> newest_hash"
    suffix = f"'#{record.role}' || CASE WHEN n > 0 THEN '.' || n ELSE '' END"
    key = "row_key" if record.role == contract.records[0].role and record.each is None else f"row_key || {suffix}"
    read = ", ".join(f"i.{_input(mapping)}" for mapping in record.fields)
    needed = " OR ".join(_is_read_sql(mapping) for mapping in record.fields if mapping.field in record.needs)
    return f"""INSERT INTO role_version
WITH known AS (SELECT * FROM {input_view(record.role)} i WHERE {needed}),
compared AS (
  SELECT row_key, n, version, "#place" AS place, hash({read}) AS read_hash
  FROM known i SEMI JOIN revised_key USING (row_key)
),
ranked AS (
  SELECT row_key, n, place, read_hash, last_value(place) OVER history AS newest,
    last_value(read_hash) OVER history AS newest_hash,
    min_by(place, version) OVER alike AS oldest_alike, min(version) OVER alike AS oldest_version
  FROM compared
  WINDOW history AS (PARTITION BY row_key, n ORDER BY version ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
    alike AS (PARTITION BY row_key, n, read_hash)
),
named AS (
  SELECT "#place" AS place, n, "#place" AS record_place, {key} AS record_key
  FROM known ANTI JOIN revised_key USING (row_key)
  UNION ALL
  SELECT place, n, CASE WHEN {keeps_older} THEN oldest_alike ELSE newest END,
    CASE WHEN {keeps_older} THEN {key} || '@' || oldest_version ELSE {key} END
  FROM ranked
)
SELECT {quote_text(record.role)}, place, n, record_place, record_key,
  (md5_number_lower({quote_text(contract.id)} || chr(31) || record_key) >> 1)::BIGINT
FROM named"""


def store_records_sql(
    contract: FeedContract, record: RecordMapping, register: Register, standardisers: Mapping[str, Standardiser]
) -> str:
    """Adds the role's stale records with their standard fields to the register's table."""
    sources = _field_sources(record, standardisers)
    fields = ", ".join(_field_sql(field, sources) for field in register.fields)
    joins = "\n".join(
        f"LEFT JOIN {value_table(mapping.standardiser)} {_alias(mapping.field)} "
        f"ON {_alias(mapping.field)}.raw = i.{_input(mapping)}"
        for mapping in record.fields
    )
    role = quote_text(record.role)
    return (
        f"INSERT INTO {record_table(register.id)}\n"
        f"SELECT v.record_id, {quote_text(contract.id)}, v.record_key, i.row_key, {role}, i.version, "
        f"i.effective_from, i.ended_on, {fields}\n"
        f"FROM {input_view(record.role)} i\n"
        f"JOIN role_version v ON v.role = {role} AND v.record_place = v.place AND v.n = i.n "
        'AND v.place = i."#place"\n'
        f'{joins}\nWHERE i."#stale"'
    )


def unread_sql(contract: FeedContract, record: RecordMapping) -> str:
    """Adds an issue for each stale value of the role that its standardiser could not read."""
    parts = [
        f"SELECT i.delivery_id, {quote_text(contract.id)}, i.line, i.row_key, "
        f"{quote_text(', '.join(mapping.columns))}, 'not_standardised', "
        f"{quote_text(f'{record.role}.{mapping.field}: not readable as {mapping.standardiser}, or a default value')}\n"
        f"FROM {input_view(record.role)} i JOIN {value_table(mapping.standardiser)} v\n"
        f'ON v.raw = i.{_input(mapping)} WHERE v.value IS NULL AND i."#stale"'
        for mapping in record.fields
    ]
    return "INSERT INTO quarantine.issue\n" + "\nUNION ALL ".join(parts) + "\nORDER BY ALL"


def _is_read_sql(mapping: FieldMapping) -> str:
    unread = f"SELECT raw FROM {value_table(mapping.standardiser)} WHERE value IS NULL"
    return f"(i.{_input(mapping)} IS NOT NULL AND i.{_input(mapping)} NOT IN ({unread}))"


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


def _input(mapping: FieldMapping) -> str:
    return quote_name(f"in_{mapping.field}")


def _alias(field: str) -> str:
    return quote_name("of_" + field)
