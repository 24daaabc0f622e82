"""SQL that finds which rows of a feed are read anew: all of them, or those that new deliveries may have changed."""

from collections.abc import Collection, Mapping

from ingestion.standard_sql import decoded_sql, record_table
from ingestion.versions_sql import raw_table, touched_keys_sql
from schemas.readers.contracts import FeedContract
from stores.quoting import quote_text


def all_rows_sql(contract: FeedContract) -> str:
    """Makes the view `feed_row`: every row version of the feed with its `#place`, all of them stale."""
    return _feed_row_sql(f'true AS "#stale", * FROM {raw_table(contract.id)}')


def touched_rows_sql(
    contract: FeedContract, deliveries: Collection[int], corrected: Mapping[str, Collection[int]]
) -> str:
    """Makes `touched_row` and over it the view `feed_row`: the row versions that matter to these deliveries.

    Stale are the rows whose key a delivery touched, those of the records in `corrected` (ids by register), and those of
    a group with such a row: its head may be another one now. The others are there because the heads of stale rows are
    chosen among them.
    """
    raw = raw_table(contract.id)
    touched = [touched_keys_sql(contract.id, deliveries)] if deliveries else []
    touched += [
        f"SELECT row_key FROM {record_table(register)} "
        f"WHERE feed = {quote_text(contract.id)} AND record_id IN ({', '.join(map(str, sorted(records)))})"
        for register, records in sorted(corrected.items())
    ]
    return f"""CREATE OR REPLACE TEMP TABLE touched_row AS
WITH touched AS ({" UNION ".join(touched)}),
stale AS ({_with_group_sql(contract, "touched")}),
context AS ({_with_group_sql(contract, "stale")})
SELECT r.*, r.row_key IN (FROM stale) AS "#stale" FROM {raw} r SEMI JOIN context USING (row_key);
{_feed_row_sql("* FROM touched_row")}"""


def is_stale_sql(contract: FeedContract, *, whole: bool) -> str:
    """Whether a record, fact or issue, by its `feed` and `row_key`, is of a stale row."""
    stale = "" if whole else ' AND row_key IN (SELECT row_key FROM touched_row WHERE "#stale")'
    return f"feed = {quote_text(contract.id)}{stale}"


def drop_rows_sql() -> str:
    """Drops what the other functions made."""
    return "DROP VIEW feed_row; DROP TABLE IF EXISTS touched_row"


def _feed_row_sql(selected: str) -> str:
    return f'CREATE OR REPLACE TEMP VIEW feed_row AS SELECT rowid AS "#place", {selected}'


def _with_group_sql(contract: FeedContract, keys: str) -> str:
    """The keys, and those of the rows that share a group with them."""
    raw = raw_table(contract.id)
    groups = sorted({fact.group for fact in contract.facts if fact.group is not None})
    parts = [f"FROM {keys}"]
    for column in groups:
        group = decoded_sql(contract, column, "r")
        shared = f"SELECT {group} FROM {raw} r SEMI JOIN {keys} USING (row_key)"
        parts.append(f"SELECT row_key FROM {raw} r WHERE {group} IN ({shared})")
    return " UNION ".join(parts)
