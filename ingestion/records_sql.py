"""SQL that turns what the standardisers read into standard records, one per key, and older dwellings beside them."""

from collections.abc import Mapping
from dataclasses import dataclass

from ingestion.identity_doubts_sql import PERSON, identity_sql
from ingestion.standard_sql import COLUMN_TYPES, input_view, record_table, value_columns, value_table
from ingestion.standardise.registry import Standardiser
from schemas.readers.contracts import FeedContract, FieldMapping, RecordMapping
from schemas.readers.registers import Field, Register
from stores.quoting import number_sql, quote_name, quote_text

PERSONS = """(
    SELECT * EXCLUDE (read_as), count(*) FILTER (is_another) OVER (PARTITION BY row_key, n ORDER BY version) AS read_as
    FROM (
      SELECT *, before.number <> read_as.number AND before.name <> read_as.name AS is_another FROM (
        SELECT *, lag(read_as IGNORE NULLS) OVER (PARTITION BY row_key, n ORDER BY version) AS before FROM compared
      )
    )
  )"""


def make_role_versions_sql() -> str:
    """Makes `role_version` anew, empty, and `revised_key`: the keys of `feed_row` that have several versions."""
    return """CREATE OR REPLACE TEMP TABLE role_version (role VARCHAR, place BIGINT, n INTEGER, record_place BIGINT,
  record_key VARCHAR, record_id BIGINT);
CREATE OR REPLACE TEMP TABLE revised_key AS SELECT row_key FROM feed_row GROUP BY row_key HAVING count(*) > 1"""


def role_versions_sql(contract: FeedContract, record: RecordMapping) -> str:
    """Adds to `role_version` which record each row version means in this role, and which version the record is of.

    Only versions count of which a needed field can be read. A person's record is the newest version, but where the
    key stood for another person before, the versions of each are a record: that of the earlier one is called
    `<record key>@<its first version>`. So is a house's or unit's older version that reads differently: old facts
    point at the old person or place. Most keys have one version: for them nothing is compared.
    """
    suffix = f"'#{record.role}' || CASE WHEN n > 0 THEN '.' || n ELSE '' END"
    key = "row_key" if record.role == contract.records[0].role and record.each is None else f"row_key || {suffix}"
    reading = _reading(record)
    needed = " OR ".join(_is_read_sql(mapping) for mapping in record.fields if mapping.field in record.needs)
    return f"""INSERT INTO role_version
WITH known AS (SELECT * FROM {input_view(record.role)} i WHERE {needed}),
compared AS (
  SELECT row_key, n, version, "#place" AS place, {reading.read_as} AS read_as
  FROM (FROM known SEMI JOIN revised_key USING (row_key)) i
  {reading.joins}
),
ranked AS (
  SELECT row_key, n, place, read_as <> last_value(read_as) OVER history AS is_older,
    {reading.told_by}(place, version) OVER alike AS record_place, last_value(place) OVER history AS newest,
    min(version) OVER alike AS oldest_version
  FROM {reading.source}
  WINDOW history AS (PARTITION BY row_key, n ORDER BY version ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
    alike AS (PARTITION BY row_key, n, read_as)
),
named AS (
  SELECT "#place" AS place, n, "#place" AS record_place, {key} AS record_key
  FROM known ANTI JOIN revised_key USING (row_key)
  UNION ALL
  SELECT place, n, CASE WHEN is_older THEN record_place ELSE newest END,
    CASE WHEN is_older THEN {key} || '@' || oldest_version ELSE {key} END
  FROM ranked
)
SELECT {quote_text(record.role)}, place, n, record_place, record_key,
  {number_sql(f"{quote_text(contract.id)} || chr(31) || record_key")}
FROM named"""


@dataclass(frozen=True)
class _Reading:
    """What versions of a row are compared by, and which of those alike (`told_by`) is an older record's content."""

    read_as: str
    told_by: str
    joins: str = ""
    source: str = "compared"


def _reading(record: RecordMapping) -> _Reading:
    """Houses and units are compared by all that is read; persons are numbered as they follow each other on a key."""
    if record.register != PERSON:
        return _Reading(f"hash({', '.join(f'i.{_input(mapping)}' for mapping in record.fields)})", "min_by")
    identity = identity_sql(record)
    return _Reading("0", "max_by") if identity is None else _Reading(identity[0], "max_by", identity[1], PERSONS)


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
        f"i.effective_from, i.ended_on, NULL, {fields}\n"
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
