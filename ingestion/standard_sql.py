"""SQL of the standard tables and of what a feed's raw columns give a standardiser to read."""

from collections.abc import Iterable, Mapping

from ingestion.standardise.registry import Standardiser
from schemas.readers.contracts import FeedContract, FieldMapping, RecordMapping
from schemas.readers.registers import FieldType, Register
from stores.quoting import quote_name, quote_text

COLUMN_TYPES: Mapping[FieldType, str] = {
    FieldType.TEXT: "VARCHAR",
    FieldType.DATE: "DATE",
    FieldType.INTEGER: "BIGINT",
    FieldType.DECIMAL: "DOUBLE",
    FieldType.BOOLEAN: "BOOLEAN",
}
RECORD_COLUMNS = (
    "record_id BIGINT, feed VARCHAR, record_key VARCHAR, row_key VARCHAR, role VARCHAR, version VARCHAR, "
    "recorded_on DATE, ended_on DATE, corrected VARCHAR"
)


def record_table(register: str) -> str:
    """The table of the register's standard records."""
    return f"standard.{quote_name(register + '_record')}"


def value_table(standardiser: str) -> str:
    """What the standardiser made of each text of the feed at hand: `raw`, `value`, its other outputs by name."""
    return f"value_{standardiser}"


def input_view(role: str) -> str:
    """The temporary view of what the standardisers read in this role of the feed at hand."""
    return quote_name(f"input_{role}")


def make_tables_sql(registers: Iterable[Register]) -> str:
    """Makes the standard tables where they are missing."""
    records = [
        f"CREATE TABLE IF NOT EXISTS {record_table(register.id)} ({RECORD_COLUMNS}, {_field_columns(register)})"
        for register in registers
    ]
    fact = """CREATE TABLE IF NOT EXISTS standard.fact (fact_id BIGINT, feed VARCHAR, department VARCHAR,
  row_key VARCHAR, version VARCHAR, kind VARCHAR, subject_register VARCHAR, subject_id BIGINT, object_register VARCHAR,
  object_id BIGINT, valid_from DATE NOT NULL, valid_to DATE, observed_on DATE, value VARCHAR)"""
    built = """CREATE TABLE IF NOT EXISTS standard.built (part VARCHAR, fingerprint VARCHAR, deliveries BIGINT[],
  corrections BIGINT[])"""
    return ";\n".join([*records, fact, built])


def value_columns(standardiser: Standardiser) -> tuple[str, ...]:
    """Column names of the standardiser's outputs in its table: `value`, then the others by name."""
    return ("value", *(output.field for output in standardiser.outputs[1:]))


def decoded_sql(contract: FeedContract, column: str, alias: str) -> str:
    """The column's text with its code list applied; blank text and unknown codes are null."""
    text = f"nullif(trim({alias}.{quote_name(column)}), '')"
    codes = next((each.codes for each in contract.columns if each.name == column), None)
    if codes is None:
        return text
    cases = " ".join(f"WHEN {quote_text(code)} THEN {quote_text(meaning)}" for code, meaning in codes.items())
    return f"CASE {text} {cases} END"


def input_sql(contract: FeedContract, mapping: FieldMapping, *, is_item: bool) -> str:
    """What the standardiser reads: one decoded column, or several joined with U+001F, null where all are null."""
    if is_item:
        parts = [f"nullif(trim(json_extract_string(item, {_path(column)})), '')" for column in mapping.columns]
    else:
        parts = [decoded_sql(contract, column, "r") for column in mapping.columns]
    if len(parts) == 1:
        return parts[0]
    joined = " || chr(31) || ".join(f"replace(coalesce({part}, ''), chr(31), '')" for part in parts)
    return f"CASE WHEN coalesce({', '.join(parts)}) IS NOT NULL THEN {joined} END"


def role_inputs_sql(contract: FeedContract, record: RecordMapping) -> str:
    """Makes the role's input view: for each row version (and list item `n`) what each field's standardiser reads."""
    inputs = ", ".join(
        f"{input_sql(contract, mapping, is_item=record.each is not None)} AS {quote_name('in_' + mapping.field)}"
        for mapping in record.fields
    )
    own = 'r."#place", r."#stale", r.row_key, r.version, r.effective_from, r.ended_on, r.delivery_id, r.line'
    source, number = ("feed_row r", "0") if record.each is None else (f"({_items_sql(record.each)}) r", "r.n")
    view = input_view(record.role)
    return f"CREATE OR REPLACE TEMP VIEW {view} AS\nSELECT {own}, {number}::INTEGER AS n, {inputs}\nFROM {source}"


def distinct_texts_sql(texts: Iterable[tuple[str, str]]) -> str:
    """Selects the distinct texts, as `raw`, of these (source, expression) pairs."""
    parts = [f"SELECT {text} AS raw FROM {source}" for source, text in texts]
    return f"SELECT DISTINCT raw FROM ({' UNION ALL '.join(parts)}) WHERE raw IS NOT NULL"


def _items_sql(column: str) -> str:
    items = quote_name(column)
    is_list = f"CASE WHEN json_valid({items}) THEN json_type({items}) = 'ARRAY' ELSE false END"
    return (
        f"SELECT *, json_extract({items}, '$[' || (n - 1) || ']') AS item FROM (\n"
        f"  SELECT *, unnest(range(1, json_array_length({items})::BIGINT + 1)) AS n FROM feed_row WHERE {is_list})"
    )


def _path(key: str) -> str:
    return quote_text(f"$.{quote_name(key)}")


def _field_columns(register: Register) -> str:
    return ", ".join(f"{quote_name(field.name)} {COLUMN_TYPES[field.type]}" for field in register.fields)
