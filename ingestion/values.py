"""Standardises distinct raw texts and remembers each result, so that only texts never seen before are read."""

from collections.abc import Sequence

import pyarrow as pa

from ingestion.standard_sql import make_value_table_sql, new_values_sql, value_columns, value_table
from ingestion.standardise.registry import STANDARDISERS, Standardiser
from schemas.readers.registers import FieldType
from stores.warehouse import Warehouse

BATCH = 100_000
ARROW_TYPES = {
    FieldType.TEXT: pa.string(),
    FieldType.DATE: pa.date32(),
    FieldType.INTEGER: pa.int64(),
    FieldType.DECIMAL: pa.float64(),
    FieldType.BOOLEAN: pa.bool_(),
}


def remember_values(standardiser: Standardiser, source: str, column: str, warehouse: Warehouse) -> None:
    """Reads the texts of `source.column` that the standardiser has not read before into its value table."""
    warehouse.execute(make_value_table_sql(standardiser))
    fresh = warehouse.arrow(new_values_sql(standardiser.name, source, column))
    for batch in fresh.to_batches(max_chunksize=BATCH):
        warehouse.register_arrow("fresh_value", _standardised(standardiser, batch["raw"].to_pylist()))
        warehouse.execute(f"INSERT INTO {value_table(standardiser.name)} FROM fresh_value")
        warehouse.unregister("fresh_value")


def forget_values(warehouse: Warehouse) -> None:
    """Drops every value table: a standardiser reads differently now."""
    for name in sorted(STANDARDISERS):
        warehouse.execute(f"DROP TABLE IF EXISTS {value_table(name)}")


def _standardised(standardiser: Standardiser, texts: Sequence[str]) -> pa.Table:
    results = [standardiser.standardise(text) for text in texts]
    columns: dict[str, pa.Array] = {"raw": pa.array(texts, pa.string())}
    for place, (name, output) in enumerate(zip(value_columns(standardiser), standardiser.outputs, strict=True)):
        values = [result[place] for result in results]
        if output.type is FieldType.DECIMAL:
            values = [None if value is None else float(str(value)) for value in values]
        columns[name] = pa.array(values, ARROW_TYPES[output.type])
    return pa.table(columns)
