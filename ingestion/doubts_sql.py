"""SQL that finds what is doubtful in rows that come in: they are held as they are, and the department is told."""

from collections.abc import Iterable

from ingestion.checks_sql import TIME_FORMATS, dated_columns, stored_columns
from ingestion.formats.rows_sql import LINE
from ingestion.standardise.text import DEFAULT_VALUES
from schemas.readers.contracts import FeedContract, QualityRule, Severity
from stores.operational.deliveries import DeliveryName
from stores.quoting import quote_name, quote_text

# What nobody sees: control characters but for tab and line ends, marks of width and direction.
INVISIBLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{200b}-\x{200f}\x{2028}-\x{202f}\x{2060}\x{feff}]"
DAY_FORMATS = (*TIME_FORMATS, "%Y%m%d", "%Y年%m月%d号")
OPEN_END = "9999-12-31"


def doubts_sql(contract: FeedContract, name: DeliveryName) -> str:
    """Selects `line, row_key, column_name, rule, reason` of what is doubtful in the rows of `entered_row`."""
    coded = [column for column in contract.columns if column.codes]
    dated = [column.name for column in contract.columns if column.is_date and column.name in stored_columns(contract)]
    parts = [
        *[_unknown_code_sql(column.name, column.codes or ()) for column in coded],
        *[_date_sql(column, contract, name) for column in dated],
        *[_broken_sql(rule) for rule in contract.quality if rule.severity is Severity.ISSUE],
        _invisible_sql(contract),
    ]
    return "\nUNION ALL ".join(parts)


def _unknown_code_sql(column: str, codes: Iterable[str]) -> str:
    listed = ", ".join(quote_text(code) for code in codes)
    name = quote_name(column)
    return (
        f"SELECT {LINE}, \"#row_key\", {quote_text(column)}, 'unknown_code', {name} || ' is not in the code list'\n"
        f"FROM entered_row WHERE trim({name}) NOT IN ('', {listed})"
    )


def _broken_sql(rule: QualityRule) -> str:
    return (
        f'SELECT {LINE}, "#row_key", NULL, {quote_text(rule.id)}, {quote_text("not so: " + rule.description)}\n'
        f"FROM entered_row WHERE NOT ({rule.predicate})"
    )


def _date_sql(column: str, contract: FeedContract, name: DeliveryName) -> str:
    """Texts of a date column that are no day, or lie after the delivery; every distinct text is judged once."""
    formats = ", ".join(quote_text(form) for form in DAY_FORMATS)
    defaults = ", ".join(quote_text(value) for value in sorted(DEFAULT_VALUES))
    limit = f"DATE {quote_text(name.date.isoformat())} + {contract.future_days}"
    late = f"day > {limit} AND day <> DATE {quote_text(OPEN_END)}" if column in dated_columns(contract) else "false"
    text = f"trim({quote_name(column)})"
    return f"""SELECT {LINE}, "#row_key", {quote_text(column)}, rule, {quote_text(column + " ")} || text || CASE rule
    WHEN 'impossible_date' THEN ' is no day of the calendar' ELSE ' lies after the delivery of {name.date}' END
FROM entered_row JOIN (
  SELECT text, CASE WHEN day IS NULL OR (year(day) NOT BETWEEN 1000 AND 2199 AND day <> DATE '{OPEN_END}')
    THEN 'impossible_date' WHEN {late} THEN 'date_in_future' END AS rule
  FROM (
    SELECT text, coalesce(try_cast(plain AS TIMESTAMP), try_strptime(plain, [{formats}]))::DATE AS day
    FROM (SELECT text, translate(text, '０１２３４５６７８９－／．', '0123456789-/.') AS plain
      FROM (SELECT DISTINCT {text} AS text FROM entered_row))
  )
  WHERE upper(text) NOT IN ({defaults})
) ON text = {text} WHERE rule IS NOT NULL"""


def _invisible_sql(contract: FeedContract) -> str:
    """Rows are searched as a whole first: hardly any has a value with a character that nobody sees."""
    columns = [quote_name(name) for name in stored_columns(contract)]
    cells = ", ".join(
        f"{{'name': {quote_text(name)}, 'value': {quote_name(name)}}}" for name in stored_columns(contract)
    )
    return f"""SELECT {LINE}, "#row_key", cell.name, 'control_character', 'holds a character that nobody sees; '
  || 'it is left out where the value is read'
FROM (
  SELECT {LINE}, "#row_key", unnest([{cells}]) AS cell FROM entered_row
  WHERE regexp_matches(concat_ws('', {", ".join(columns)}), '{INVISIBLE}')
) WHERE regexp_matches(cell.value, '{INVISIBLE}')"""
