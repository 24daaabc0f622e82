"""What the standardisers make of the distinct texts of one feed, in a temporary table per standardiser."""

from collections.abc import Mapping, Sequence

from ingestion.facts_sql import DATE, date_texts
from ingestion.standard_sql import distinct_texts_sql, input_view, make_value_table_sql, value_table
from ingestion.standardise.registry import STANDARDISERS
from ingestion.standardising import Standardising
from schemas.readers.contracts import FeedContract
from stores.quoting import quote_name
from stores.warehouse import Warehouse

Texts = Sequence[tuple[str, str]]


def texts_of(contract: FeedContract) -> Mapping[str, Texts]:
    """For each standardiser of the feed the (source, expression) pairs of what it reads."""
    found: dict[str, list[tuple[str, str]]] = {}
    for record in contract.records:
        for mapping in record.fields:
            text = (input_view(record.role), quote_name(f"in_{mapping.field}"))
            found.setdefault(mapping.standardiser, []).append(text)
    if dates := date_texts(contract):
        found.setdefault(DATE, []).extend(dates)
    return found


def read_values(standardiser: str, texts: Texts, warehouse: Warehouse, standardising: Standardising) -> None:
    """Makes the standardiser's value table anew from these texts."""
    warehouse.execute(make_value_table_sql(STANDARDISERS[standardiser]))
    column = warehouse.arrow(distinct_texts_sql(texts))["raw"].combine_chunks()
    for batch in standardising.standardised(standardiser, column):
        warehouse.register_arrow("value_batch", batch)
        warehouse.execute(f"INSERT INTO {value_table(standardiser)} FROM value_batch")
        warehouse.unregister("value_batch")


def drop_values_sql(contract: FeedContract) -> str:
    """Drops the value tables and the views that they were read from."""
    views = [f"DROP VIEW {input_view(record.role)}" for record in contract.records]
    tables = [f"DROP TABLE {value_table(standardiser)}" for standardiser in texts_of(contract)]
    return "; ".join([*views, *tables])
