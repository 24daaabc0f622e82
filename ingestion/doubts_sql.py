"""SQL that finds what is doubtful in rows that come in: they are held as they are, and the department is told."""

from ingestion.checks_sql import TIME_FORMATS, dated_columns, stored_columns
from ingestion.formats.rows_sql import LINE
from ingestion.standardise.text import DEFAULT_VALUES
from schemas.readers.contracts import Column, FeedContract, QualityRule, Severity
from stores.operational.deliveries import DeliveryName
from stores.quoting import quote_name, quote_text

# What nobody sees: control characters but for tab and line ends, marks of width and direction.
INVISIBLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{200b}-\x{200f}\x{2028}-\x{202f}\x{2060}\x{feff}]"
DAY_FORMATS = (*TIME_FORMATS, "%Y%m%d", "%Y年%m月%d号")
OPEN_END = "9999-12-31"


def doubtful_rows_sql(contract: FeedContract, name: DeliveryName) -> str:
    """Makes `doubtful_date`, the texts of date columns that are doubtful, and `doubtful_row`, the rows that come in and
    have any doubt about them: hardly any do, so that only these are looked at once for each doubt.
    """
    conditions = [
        *[_is_unknown_code(column) for column in contract.columns if column.codes],
        *[f"trim({quote_name(column)}) IN ({_doubtful_texts(column)})" for column in _date_columns(contract)],
        *[f"coalesce(NOT ({rule.predicate}), false)" for rule in _rules(contract)],
        f"regexp_matches(concat_ws('', {', '.join(map(quote_name, stored_columns(contract)))}), '{INVISIBLE}')",
    ]
    texts = "\nUNION ALL ".join(_judged_dates_sql(column, contract, name) for column in _date_columns(contract))
    return f"""CREATE OR REPLACE TEMP TABLE doubtful_date AS
{texts or "SELECT NULL::VARCHAR AS column_name, NULL::VARCHAR AS text, NULL::VARCHAR AS rule WHERE false"};
CREATE OR REPLACE TEMP TABLE doubtful_row AS
SELECT c.* FROM checked_row c JOIN verdict v ON c."#line" = v.line
WHERE v.stored AND NOT c."#deleted" AND ({" OR ".join(conditions)})"""


def doubts_sql(contract: FeedContract, name: DeliveryName) -> str:
    """Selects `line, row_key, column_name, rule, reason` of what is doubtful in the rows of `doubtful_row`."""
    parts = [
        *[_unknown_codes_sql(column) for column in contract.columns if column.codes],
        *[_dates_sql(column, name) for column in _date_columns(contract)],
        *[_broken_sql(rule) for rule in _rules(contract)],
        _invisible_sql(contract),
    ]
    return "\nUNION ALL ".join(parts)


def _rules(contract: FeedContract) -> list[QualityRule]:
    return [rule for rule in contract.quality if rule.severity is Severity.ISSUE]


def _date_columns(contract: FeedContract) -> list[str]:
    stored = stored_columns(contract)
    return [column.name for column in contract.columns if column.is_date and column.name in stored]


def _is_unknown_code(column: Column) -> str:
    listed = ", ".join(quote_text(code) for code in column.codes or ())
    return f"trim({quote_name(column.name)}) NOT IN ('', {listed})"


def _unknown_codes_sql(column: Column) -> str:
    reason = f"{quote_name(column.name)} || ' is not in the code list'"
    return (
        f"SELECT {LINE}, \"#row_key\", {quote_text(column.name)}, 'unknown_code', {reason}\n"
        f"FROM doubtful_row WHERE {_is_unknown_code(column)}"
    )


def _broken_sql(rule: QualityRule) -> str:
    return (
        f'SELECT {LINE}, "#row_key", NULL, {quote_text(rule.id)}, {quote_text("not so: " + rule.description)}\n'
        f"FROM doubtful_row WHERE NOT ({rule.predicate})"
    )


def _doubtful_texts(column: str) -> str:
    return f"SELECT text FROM doubtful_date WHERE column_name = {quote_text(column)}"


def _judged_dates_sql(column: str, contract: FeedContract, name: DeliveryName) -> str:
    """Texts of a date column that are no day, or lie after the delivery; every distinct text is judged once."""
    formats = ", ".join(quote_text(form) for form in DAY_FORMATS)
    defaults = ", ".join(quote_text(value) for value in sorted(DEFAULT_VALUES))
    limit = f"DATE {quote_text(name.date.isoformat())} + {contract.future_days}"
    late = f"day > {limit} AND day <> DATE {quote_text(OPEN_END)}" if column in dated_columns(contract) else "false"
    return f"""SELECT {quote_text(column)} AS column_name, text,
  CASE WHEN day IS NULL OR (year(day) NOT BETWEEN 1000 AND 2199 AND day <> DATE '{OPEN_END}') THEN 'impossible_date'
    WHEN {late} THEN 'date_in_future' END AS rule
FROM (
  SELECT text, coalesce(try_cast(plain AS TIMESTAMP), try_strptime(plain, [{formats}]))::DATE AS day
  FROM (SELECT text, translate(text, '０１２３４５６７８９－／．', '0123456789-/.') AS plain
    FROM (SELECT DISTINCT trim({quote_name(column)}) AS text FROM checked_row))
)
WHERE upper(text) NOT IN ({defaults}) AND rule IS NOT NULL"""


def _dates_sql(column: str, name: DeliveryName) -> str:
    return f"""SELECT {LINE}, "#row_key", column_name, rule, column_name || ' ' || text || CASE rule
  WHEN 'impossible_date' THEN ' is no day of the calendar' ELSE ' lies after the delivery of {name.date}' END
FROM doubtful_row JOIN doubtful_date ON text = trim({quote_name(column)}) AND column_name = {quote_text(column)}"""


def _invisible_sql(contract: FeedContract) -> str:
    cells = ", ".join(
        f"{{'name': {quote_text(name)}, 'value': {quote_name(name)}}}" for name in stored_columns(contract)
    )
    return f"""SELECT {LINE}, "#row_key", cell.name, 'control_character', 'holds a character that nobody sees; '
  || 'it is left out where the value is read'
FROM (SELECT {LINE}, "#row_key", unnest([{cells}]) AS cell FROM doubtful_row)
WHERE regexp_matches(cell.value, '{INVISIBLE}')"""
