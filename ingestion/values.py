"""What the standardisers make of the distinct texts of one feed: an Arrow table per standardiser, read by SQL."""

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from ingestion.facts_sql import DATE, date_texts
from ingestion.standard_sql import distinct_texts_sql, input_view, value_table
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


def read_values(contract: FeedContract, warehouse: Warehouse, standardising: Standardising) -> Iterator[str]:
    """Makes the value table of each standardiser of the feed; yields its name before the work on it begins."""
    for standardiser, texts in texts_of(contract).items():
        yield standardiser
        column = warehouse.arrow(distinct_texts_sql(texts))["raw"].combine_chunks()
        values = pa.concat_tables(standardising.standardised(standardiser, column))
        warehouse.register_arrow(value_table(standardiser), values)


def forget_values(contract: FeedContract, warehouse: Warehouse) -> None:
    """Lets the value tables go, and the views that they were read from."""
    for standardiser in texts_of(contract):
        warehouse.unregister(value_table(standardiser))
    for record in contract.records:
        warehouse.execute(f"DROP VIEW {input_view(record.role)}")
