"""SQL that turns row versions into dated facts between standard records."""

from collections.abc import Mapping

from ingestion.standard_sql import decoded_sql, value_table
from schemas.readers.contracts import FactMapping, FeedContract
from stores.quoting import number_sql, quote_name, quote_text

DATE = "date"


def date_texts(contract: FeedContract) -> list[tuple[str, str]]:
    """The (source, expression) pairs that the facts of the feed read as dates."""
    columns = sorted({column for fact in contract.facts for column in _date_columns(fact)})
    return [("feed_row r", _trimmed(column, "r")) for column in columns]


def store_facts_sql(contract: FeedContract, fact: FactMapping) -> str:
    """Adds the facts of one mapping: from every stale row version, none outliving its version, none without length."""
    registers = {record.role: record.register for record in contract.records}
    subject, value = registers[fact.subject], _value_sql(contract, fact)
    valid_from, valid_to = _date_sql(fact.valid_from, "valid_from"), _date_sql(fact.valid_to, "valid_to")
    observed = _date_sql(fact.observed_on, "observed")
    dates = "\n".join(
        f"LEFT JOIN {value_table(DATE)} {alias} ON {alias}.raw = {_trimmed(column, 'r')}"
        for alias, column in (
            ("valid_from", fact.valid_from),
            ("valid_to", fact.valid_to),
            ("observed", fact.observed_on),
        )
        if column is not None
    )
    feed, kind = quote_text(contract.id), quote_text(fact.kind)
    identity = f"concat_ws(chr(31), {feed}, row_key, version, {kind}, subject_id, object_id)"
    return f"""INSERT INTO standard.fact
SELECT {number_sql(identity)}, {feed}, {quote_text(contract.department)},
  row_key, version, {kind}, {quote_text(subject)}, subject_id, {quote_text(registers[fact.object])},
  object_id, valid_from, valid_to, observed_on, value
FROM (
  SELECT r.row_key, r.version, s.record_id AS subject_id, o.record_id AS object_id,
    coalesce({valid_from}, r.effective_from) AS valid_from, least({valid_to}, r.ended_on) AS valid_to,
    coalesce({observed}, r.effective_from) AS observed_on, {value} AS value
  FROM feed_row r
  JOIN role_version s ON s.role = {quote_text(fact.subject)} AND s.place = r."#place"
  {_object_join_sql(contract, fact)}
  {dates}
  WHERE {" AND ".join(['r."#stale"', *_conditions(contract, fact.only_where, "r")])}
)
WHERE (valid_to IS NULL OR valid_from < valid_to) AND subject_id <> object_id"""


def _object_join_sql(contract: FeedContract, fact: FactMapping) -> str:
    role = quote_text(fact.object)
    if fact.group is None:
        return f'JOIN role_version o ON o.role = {role} AND o.place = r."#place"'
    head = {column: (code,) for column, code in (fact.group_head or {}).items()}
    group = decoded_sql(contract, fact.group, "h")
    conditions = " AND ".join([f"{group} IS NOT NULL", *_conditions(contract, head, "h")])
    return f"""JOIN (
    SELECT {group} AS group_id, h."#place" AS place, h.row_key FROM feed_row h WHERE {conditions}
    QUALIFY row_number() OVER (PARTITION BY group_id
      ORDER BY h.ended_on IS NOT NULL, h.effective_from DESC, h.row_key, h.version DESC) = 1
  ) head ON head.group_id = {decoded_sql(contract, fact.group, "r")} AND head.row_key <> r.row_key
  JOIN role_version o ON o.role = {role} AND o.place = head.place"""


def _conditions(contract: FeedContract, where: Mapping[str, tuple[str, ...]] | None, alias: str) -> list[str]:
    return [
        f"{decoded_sql(contract, column, alias)} IN ({', '.join(quote_text(code) for code in codes)})"
        for column, codes in (where or {}).items()
    ]


def _value_sql(contract: FeedContract, fact: FactMapping) -> str:
    return "NULL::VARCHAR" if fact.value is None else decoded_sql(contract, fact.value, "r")


def _date_columns(fact: FactMapping) -> list[str]:
    return [column for column in (fact.valid_from, fact.valid_to, fact.observed_on) if column is not None]


def _date_sql(column: str | None, alias: str) -> str:
    return "NULL::DATE" if column is None else f"{alias}.value"


def _trimmed(column: str, alias: str) -> str:
    return f"nullif(trim({alias}.{quote_name(column)}), '')"
