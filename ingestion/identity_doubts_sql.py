"""SQL that finds keys and ID numbers that stand for more than one person in a feed."""

from ingestion.standard_sql import input_view, record_table, value_table
from ingestion.versions_sql import raw_table
from schemas.readers.contracts import FeedContract, FieldMapping, RecordMapping
from stores.quoting import quote_name, quote_text

PERSON = "person"
KEY_REUSED, ID_SHARED = "key_reused", "id_shared"


def identity_sql(record: RecordMapping) -> tuple[str, str] | None:
    """What tells the persons of a row's versions apart: a valid ID number and the sound of the name, null without both.

    An expression and the joins that it needs beside `i`, the role's input view; None where the role has not both.
    """
    number, name = _mapping(record, "id_number", "resident_id"), _mapping(record, "name", "person_name")
    if record.register != PERSON or number is None or name is None:
        return None
    return (
        "CASE WHEN d.id_valid AND p.name_key IS NOT NULL THEN {'number': d.value, 'name': p.name_key} END",
        f"LEFT JOIN {value_table(number.standardiser)} d ON d.raw = i.{_input(number)}\n"
        f"  LEFT JOIN {value_table(name.standardiser)} p ON p.raw = i.{_input(name)}",
    )


def reused_keys_sql(contract: FeedContract) -> str:
    """Adds an issue to each stale row version whose key stood for another person in the version before it."""
    record = contract.records[0]
    if record.each is not None or identity_sql(record) is None:
        return ""
    role = quote_text(record.role)
    reason = "stood for another person before: another ID number and another name; what was known stays with each"
    return f"""INSERT INTO quarantine.issue
SELECT delivery_id, {quote_text(contract.id)}, line, row_key, {quote_text(", ".join(contract.key))},
  '{KEY_REUSED}', {quote_text(f"the key {reason}")}
FROM (
  SELECT i.*, v.record_key, lag(v.record_key) OVER (PARTITION BY i.row_key ORDER BY i.version) AS before
  FROM {input_view(record.role)} i JOIN role_version v ON v.role = {role} AND v.place = i."#place"
  SEMI JOIN revised_key USING (row_key)
) WHERE before <> record_key AND "#stale" ORDER BY row_key, version"""


def shared_ids_sql(contract: FeedContract) -> str:
    """Adds an issue to each current row of the feed whose valid ID number stands with another name in another row."""
    feed, number = quote_text(contract.id), _mapping(contract.records[0], "id_number", "resident_id")
    if contract.records[0].register != PERSON or number is None:
        return ""
    reason = "the ID number stands with another name in another row of the feed: one of them is somebody else's"
    return f"""INSERT INTO quarantine.issue
SELECT r.delivery_id, {feed}, r.line, p.row_key, {quote_text(", ".join(number.columns))}, '{ID_SHARED}',
  {quote_text(reason)}
FROM (FROM {record_table(PERSON)} WHERE feed = {feed} AND role = {quote_text(contract.records[0].role)}
  AND id_valid AND ended_on IS NULL) p
SEMI JOIN (
  SELECT id_number FROM {record_table(PERSON)}
  WHERE feed = {feed} AND role = {quote_text(contract.records[0].role)} AND id_valid AND ended_on IS NULL
  GROUP BY id_number HAVING min(name_key) <> max(name_key)
) USING (id_number)
JOIN {raw_table(contract.id)} r ON r.row_key = p.row_key AND r.version = p.version
ORDER BY p.row_key"""


def _mapping(record: RecordMapping, field: str, standardiser: str) -> FieldMapping | None:
    found = (each for each in record.fields if each.field == field and each.standardiser == standardiser)
    return next(found, None)


def _input(mapping: FieldMapping) -> str:
    return quote_name(f"in_{mapping.field}")
