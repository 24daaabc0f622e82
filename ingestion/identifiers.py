"""Which columns carry numbers that identify: they must come as text, a spreadsheet's number has lost digits."""

from schemas.readers.contracts import FeedContract

IDENTIFIER_STANDARDISERS = frozenset({"resident_id", "uscc"})


def identifier_columns(contract: FeedContract) -> tuple[str, ...]:
    """Names of the columns that a record mapping reads as resident ID or credit code, in the contract's order."""
    mapped = {
        column
        for record in contract.records
        if record.each is None
        for field in record.fields
        if field.standardiser in IDENTIFIER_STANDARDISERS
        for column in field.columns
    }
    return tuple(column.name for column in contract.columns if column.name in mapped)
