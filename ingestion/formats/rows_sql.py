"""SQL that reads one file format into `delivery_row`: line, fault, and every kept column of the contract as text."""

from collections.abc import Sequence
from pathlib import Path

from schemas.readers.contracts import FeedContract
from stores.quoting import quote_name, quote_text

LINE, FAULT = '"#line"', '"#fault"'
TORN_LINE, DOUBLED_KEY = "torn_line", "key_doubled"


def kept_columns(contract: FeedContract) -> tuple[str, ...]:
    """Names of the columns that may be read: all but those that the contract drops."""
    return tuple(column.name for column in contract.columns if column.name not in contract.dropped)


def empty_rows_sql(contract: FeedContract) -> str:
    """Makes `delivery_row` anew, without rows."""
    columns = ", ".join(f"{quote_name(name)} VARCHAR" for name in kept_columns(contract))
    return f"CREATE OR REPLACE TEMP TABLE delivery_row ({LINE} BIGINT, {FAULT} VARCHAR, {columns})"


def csv_sql(path: Path, header: Sequence[str], contract: FeedContract) -> str:
    """Reads a UTF-8 CSV file; lines that do not fit the header go to `csv_fault` with their record's number."""
    # Columns go by their place: names may differ in case only, or be empty.
    places = {name: quote_name(f"{place}") for place, name in enumerate(header)}
    columns = ", ".join(f"'{place}': 'VARCHAR'" for place in range(len(header)))
    values = ", ".join(f"nullif({places[name]}, '')" for name in kept_columns(contract))
    delimiter = quote_text(contract.delivery.delimiter or ",")
    return (
        f"INSERT INTO delivery_row SELECT row_number() OVER () + 1, NULL, {values}\n"
        f"FROM read_csv({quote_text(str(path))}, columns = {{{columns}}}, header = true, auto_detect = false,\n"
        f"  delim = {delimiter}, quote = '\"', escape = '\"', strict_mode = true, null_padding = false,\n"
        "  store_rejects = true, rejects_limit = 0, rejects_table = 'csv_fault', rejects_scan = 'csv_scan')"
    )


def archive_sql(path: Path, found: Sequence[str], contract: FeedContract) -> str:
    """Reads an archive copy back; a column that came into the contract later is empty."""
    columns = ", ".join(f"{quote_text(name)}: 'VARCHAR'" for name in found)
    kept = ", ".join(quote_name(name) if name in found else "NULL" for name in kept_columns(contract))
    return (
        f"INSERT INTO delivery_row SELECT {LINE}::BIGINT, {FAULT}, {kept}\n"
        f"FROM read_csv({quote_text(str(path))}, columns = {{{columns}}}, header = true, auto_detect = false,\n"
        "  delim = ',', quote = '\"', escape = '\"', compression = 'zstd')"
    )


def archive_copy_sql(path: Path) -> str:
    """Writes `delivery_row` as UTF-8 CSV, compressed, with the line numbers of the original."""
    target = quote_text(str(path))
    return f"COPY (FROM delivery_row) TO {target} (FORMAT csv, HEADER, COMPRESSION zstd)"


def json_lines_sql(path: Path) -> str:
    """Reads each line of a UTF-8 file of JSON lines as one text, with its number, into `json_line`."""
    return (
        f"CREATE OR REPLACE TEMP TABLE json_line AS SELECT row_number() OVER () AS {LINE}, text\n"
        f"FROM read_csv({quote_text(str(path))}, columns = {{'text': 'VARCHAR'}}, header = false,\n"
        "  auto_detect = false, delim = '\x1e', quote = '', escape = '')"
    )


def json_rows_sql(contract: FeedContract) -> str:
    """Takes the objects of `json_line` apart; a list stays JSON text, a line that is no object is torn.

    Of a key that an object has twice the first value is read, and the row is marked.
    """
    kept = kept_columns(contract)
    paths = ", ".join(quote_text(f"$.{quote_name(name)}") for name in kept)
    values = ", ".join(f"nullif(part[{number}], '')" for number, _ in enumerate(kept, start=1))
    return (
        f"INSERT INTO delivery_row SELECT {LINE}, CASE WHEN part IS NULL THEN '{TORN_LINE}'\n"
        f"  WHEN len(keys) > list_unique(keys) THEN '{DOUBLED_KEY}' END, {values}\n"
        f"FROM (SELECT {LINE}, CASE WHEN {is_object_sql('text')} THEN json_keys(text) END AS keys,\n"
        f"  CASE WHEN {is_object_sql('text')} THEN json_extract_string(text, [{paths}]) END AS part\n"
        f"  FROM json_line WHERE text IS NOT NULL)"
    )


def json_keys_sql() -> str:
    """Every key that an object of `json_line` has."""
    return (
        f"SELECT DISTINCT unnest(CASE WHEN {is_object_sql('text')} THEN json_keys(text) ELSE [] END) AS name\n"
        "FROM json_line WHERE text IS NOT NULL ORDER BY name"
    )


def is_object_sql(text: str) -> str:
    """Whether the text is a JSON object."""
    return f"CASE WHEN json_valid({text}) THEN json_type({text}) = 'OBJECT' ELSE false END"


def parquet_sql(path: Path, values: Sequence[str]) -> str:
    """Reads a Parquet file; `values` are expressions of text, one for each kept column in order."""
    texts = ", ".join(f"nullif({value}, '')" for value in values)
    return (
        f"INSERT INTO delivery_row SELECT file_row_number + 1, NULL, {texts}\n"
        f"FROM read_parquet({quote_text(str(path))}, file_row_number = true)"
    )
