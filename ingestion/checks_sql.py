"""SQL that judges every row of `delivery_row` by the contract; a row of the file becomes a row of `checked_row`.

Own columns start with `#`, so that no column of a feed can hide them.
"""

from collections.abc import Sequence

from ingestion.formats.faults import fault_reason_sql
from ingestion.formats.rows_sql import FAULT
from ingestion.identifiers import identifier_columns
from schemas.readers.contracts import ColumnUse, FeedContract, QualityRule, Severity
from stores.operational.deliveries import DeliveryName
from stores.quoting import quote_name, quote_text

DELETE = "delete"
NUMBER_AS_ID = r"^[0-9]+\.[0-9]+$|^[0-9.]+[eE][+]?[0-9]+$"
TIME_FORMATS = ("%Y%m%d%H%M%S", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日")


def stored_columns(contract: FeedContract) -> tuple[str, ...]:
    """Names of the columns that the warehouse keeps: mapped, kept and derived ones."""
    uses = (ColumnUse.MAPPED, ColumnUse.KEPT)
    return (
        *(column.name for column in contract.columns if column.use in uses),
        *(derived.name for derived in contract.derived),
    )


def dated_columns(contract: FeedContract) -> tuple[str, ...]:
    """Names of the date columns that say when something began or was seen; these cannot lie far in the future."""
    begun = {column for fact in contract.facts for column in (fact.valid_from, fact.observed_on)}
    begun |= {column for record in contract.records for field in record.fields for column in field.columns}
    return tuple(column.name for column in contract.columns if column.is_date and column.name in begun)


def checked_rows_sql(contract: FeedContract, name: DeliveryName, *, came: Sequence[str] | None = None) -> str:
    """Makes `checked_row`: the row's key, version, effect, hash, and the first rule it breaks with the reason.

    `came` names the columns that the delivery came with: one that its contract did not know then is not demanded.
    """
    derived = "".join(f", {each.expression} AS {quote_name(each.name)}" for each in contract.derived)
    return f"""CREATE OR REPLACE TEMP TABLE checked_row AS
WITH complete AS (SELECT *{derived} FROM delivery_row),
timed AS (SELECT *, {_moment_sql(contract)} AS "#moment" FROM complete),
keyed AS (
  SELECT *, {_row_key_sql(contract)} AS "#row_key", {_deleted_sql(contract)} AS "#deleted",
    {_version_sql(contract, name)} AS "#given_version",
    coalesce("#moment"::DATE, DATE {quote_text(name.date.isoformat())}) AS "#effective_from"
  FROM timed
),
judged AS (SELECT *, {_first_broken_sql(contract, name, came)} AS "#broken" FROM keyed)
SELECT * EXCLUDE ("#broken", "#moment", "#given_version"),
  CASE WHEN "#deleted" THEN "#given_version" || '~' ELSE "#given_version" END AS "#version",
  CASE WHEN "#deleted" THEN 'deleted' ELSE {_content_hash_sql(contract)} END AS "#content_hash",
  "#broken".rule AS "#rule", "#broken".reason AS "#reason"
FROM judged"""


def missing_reason(column: str) -> str:
    """Why a row is set aside that has no value in a column that must be filled."""
    return f"no value in {column}"


def as_number_reason(column: str) -> str:
    """Why a row is set aside whose ID number came as a number."""
    return f"{column} came as a number, which loses digits; it must come as text"


def _moment_sql(contract: FeedContract) -> str:
    if contract.version_column is None:
        return "NULL::TIMESTAMP"
    version = f"trim({quote_name(contract.version_column)})"
    formats = ", ".join(quote_text(form) for form in TIME_FORMATS)
    moment = f"coalesce(try_cast({version} AS TIMESTAMP), try_strptime({version}, [{formats}]))"
    return f"CASE WHEN isfinite({moment}) THEN {moment} END"


def _version_sql(contract: FeedContract, name: DeliveryName) -> str:
    """Versions compare as text: times in ISO form, whole numbers padded; a feed without them counts deliveries."""
    if contract.version_column is None:
        return quote_text(f"{name.date.isoformat()}#{name.sequence:09d}")
    version = f"trim({quote_name(contract.version_column)})"
    number = f"CASE WHEN regexp_full_match({version}, '[0-9]{{1,18}}') THEN lpad({version}, 18, '0') END"
    return f'coalesce("#moment"::VARCHAR, {number})'


def _row_key_sql(contract: FeedContract) -> str:
    """Several columns are joined by a bar; one inside a value is marked, so that no two keys read alike."""
    parts = [f"nullif(trim({quote_name(column)}), '')" for column in contract.key]
    if len(parts) > 1:
        parts = [f"replace(replace({part}, '\\', '\\\\'), '|', '\\|')" for part in parts]
    return " || '|' || ".join(parts)


def _deleted_sql(contract: FeedContract) -> str:
    codes = [code for code, operation in contract.operations.items() if operation == DELETE]
    if contract.operation_column is None or not codes:
        return "false"
    listed = ", ".join(quote_text(code) for code in codes)
    return f"coalesce(trim({quote_name(contract.operation_column)}) IN ({listed}), false)"


def _content_hash_sql(contract: FeedContract) -> str:
    apart = {contract.version_column, contract.operation_column}
    parts = [f"coalesce({quote_name(name)}, chr(30))" for name in stored_columns(contract) if name not in apart]
    return f"md5(concat_ws(chr(31), {', '.join(parts)}))"


def _first_broken_sql(contract: FeedContract, name: DeliveryName, came: Sequence[str] | None) -> str:
    required = [column.name for column in contract.columns if column.required]
    checks = [
        (f"{FAULT} IS NOT NULL", FAULT, fault_reason_sql()),
        ('"#row_key" IS NULL', "'key_missing'", quote_text(f"no value in {' or '.join(contract.key)}")),
        *_version_checks(contract, name),
        *_operation_checks(contract),
        *[_as_number(column) for column in identifier_columns(contract)],
        *[_missing(column) for column in required if came is None or column in came],
        *[_broken(rule) for rule in contract.quality if rule.severity is Severity.QUARANTINE],
    ]
    cases = "\n    ".join(f"WHEN {when} THEN {{'rule': {rule}, 'reason': {reason}}}" for when, rule, reason in checks)
    return f"CASE\n    {cases}\n  END"


def _version_checks(contract: FeedContract, name: DeliveryName) -> list[tuple[str, str, str]]:
    if contract.version_column is None:
        return []
    column = quote_name(contract.version_column)
    value = _quoted_value(contract.version_column)
    limit = f"DATE {quote_text(name.date.isoformat())} + 2"
    return [
        (
            f"trim(coalesce({column}, '')) = ''",
            "'version_missing'",
            quote_text(f"no value in {contract.version_column}"),
        ),
        ('"#given_version" IS NULL', "'version_unreadable'", f"{value} || ' is neither a time nor a whole number'"),
        (f'"#moment" >= {limit}', "'version_in_future'", f"{value} || ' is after the delivery of {name.date}'"),
    ]


def _operation_checks(contract: FeedContract) -> list[tuple[str, str, str]]:
    if contract.operation_column is None or not contract.operations:
        return []
    listed = ", ".join(quote_text(code) for code in contract.operations)
    unknown = f"trim({quote_name(contract.operation_column)}) NOT IN ('', {listed})"
    value = _quoted_value(contract.operation_column)
    return [(unknown, "'operation_unknown'", f"{value} || ' is none of the contract''s operations'")]


def _as_number(column: str) -> tuple[str, str, str]:
    wrong = f"regexp_matches({quote_name(column)}, {quote_text(NUMBER_AS_ID)})"
    return (wrong, "'id_as_number'", quote_text(as_number_reason(column)))


def _missing(column: str) -> tuple[str, str, str]:
    wrong = f"NOT \"#deleted\" AND trim(coalesce({quote_name(column)}, '')) = ''"
    return (wrong, "'required_missing'", quote_text(missing_reason(column)))


def _broken(rule: QualityRule) -> tuple[str, str, str]:
    return (
        f'NOT "#deleted" AND NOT ({rule.predicate})',
        quote_text(rule.id),
        quote_text(f"not so: {rule.description}"),
    )


def _quoted_value(column: str) -> str:
    return f"{quote_text(column + ' ')} || {quote_name(column)}"
