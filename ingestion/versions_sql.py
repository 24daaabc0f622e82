"""SQL that weaves the checked rows of a delivery into the versions held: `raw.<feed>` and `raw.tombstone`.

What is held depends only on which row versions came, not on the order in which they came.
"""

import hashlib
from collections.abc import Collection

from ingestion.checks_sql import dated_columns, stored_columns
from ingestion.formats.faults import hides_its_key_sql
from ingestion.formats.rows_sql import LINE
from ingestion.identifiers import identifier_columns
from schemas.readers.contracts import ColumnUse, FeedContract
from stores.operational.deliveries import Delivery
from stores.quoting import quote_name, quote_text

OWN_COLUMNS = {
    "row_key": "VARCHAR",
    "version": "VARCHAR",
    "effective_from": "DATE",
    "ended_on": "DATE",
    "delivery_id": "BIGINT",
    "line": "BIGINT",
    "content_hash": "VARCHAR",
}


def raw_table(feed: str) -> str:
    """The table of the feed's row versions."""
    return f"raw.{quote_name(feed)}"


def raw_columns(contract: FeedContract) -> tuple[str, ...]:
    """Columns of the feed's raw table, own ones first."""
    return (*OWN_COLUMNS, *stored_columns(contract))


def reading_digest(contract: FeedContract) -> str:
    """Changes when the contract reads the same delivery into other raw rows, or judges them otherwise."""
    derived = [(each.name, each.expression) for each in contract.derived]
    versions = (contract.version_column, contract.operation_column, sorted(contract.operations.items()))
    columns = [(each.name, each.required, each.is_date, sorted(each.codes or ())) for each in contract.columns]
    rules = [(each.id, each.predicate, each.severity.value) for each in contract.quality]
    judged = (columns, rules, identifier_columns(contract), dated_columns(contract), contract.future_days)
    read = (raw_columns(contract), contract.key, versions, derived)
    return hashlib.sha256(repr((read, judged)).encode()).hexdigest()


def make_raw_sql(contract: FeedContract) -> str:
    """Makes the feed's raw table where it is missing."""
    own = [f"{name} {kind}" for name, kind in OWN_COLUMNS.items()]
    stored = [f"{quote_name(name)} VARCHAR" for name in stored_columns(contract)]
    return f"CREATE TABLE IF NOT EXISTS {raw_table(contract.id)} ({', '.join(own + stored)})"


def make_shared_sql() -> str:
    """Makes the tables that all feeds share.

    Tombstones (without a line: a full dump no longer carried the row), rows that a later full dump carries again,
    quarantine, issues and the marks of applied deliveries.
    """
    return """
CREATE TABLE IF NOT EXISTS raw.tombstone (feed VARCHAR, row_key VARCHAR, version VARCHAR, effective_from DATE,
  delivery_id BIGINT, line BIGINT);
CREATE TABLE IF NOT EXISTS raw.returned (feed VARCHAR, row_key VARCHAR, delivery_id BIGINT);
CREATE TABLE IF NOT EXISTS raw.applied_delivery (delivery_id BIGINT, number BIGINT, feed VARCHAR,
  reading VARCHAR, outcome VARCHAR);
CREATE TABLE IF NOT EXISTS quarantine.quarantined_row (delivery_id BIGINT, feed VARCHAR, line BIGINT,
  row_key VARCHAR, rule VARCHAR, reason VARCHAR, content VARCHAR);
CREATE TABLE IF NOT EXISTS quarantine.issue (delivery_id BIGINT, feed VARCHAR, line BIGINT, row_key VARCHAR,
  column_name VARCHAR, rule VARCHAR, reason VARCHAR)"""


def forget_feed_sql(feed: str) -> str:
    """Drops what is held of the feed."""
    here = f"feed = {quote_text(feed)}"
    return f"""DROP TABLE IF EXISTS {raw_table(feed)};
DELETE FROM raw.tombstone WHERE {here};
DELETE FROM raw.returned WHERE {here};
DELETE FROM raw.applied_delivery WHERE {here};
DELETE FROM quarantine.quarantined_row WHERE {here};
DELETE FROM quarantine.issue WHERE {here}"""


def held_again_sql() -> str:
    """Counts the row versions in `verdict` that are held already."""
    return "SELECT count(*) FROM verdict WHERE NOT stored AND (outcome = 'unchanged' OR rule = 'version_reused')"


def verdicts_sql(contract: FeedContract, delivery: Delivery) -> str:
    """Makes `verdict`: for each line its outcome, whether it is stored, and why it is quarantined."""
    stored_unchanged = "held_hash IS NULL" if contract.version_column else "false"
    return f"""CREATE OR REPLACE TEMP TABLE verdict AS
WITH {_sound_sql()},
{_compared_sql(contract, delivery)},
judged AS (
  SELECT line, held_hash, is_back, CASE
    WHEN held_hash = content_hash THEN 'unchanged'
    WHEN held_hash IS NOT NULL THEN 'version_reused'
    WHEN version < head_version THEN 'late'
    WHEN deleted THEN CASE WHEN previous_hash = 'deleted' THEN 'unchanged' ELSE 'deleted' END
    WHEN previous_hash IS NULL OR previous_hash = 'deleted' THEN 'new'
    WHEN previous_hash = content_hash THEN 'unchanged'
    ELSE 'changed' END AS outcome
  FROM compared
)
SELECT line, CASE WHEN outcome = 'version_reused' THEN 'quarantined' WHEN outcome = 'unchanged' AND is_back THEN 'new'
    ELSE outcome END AS outcome,
  outcome IN ('new', 'changed', 'late', 'deleted') OR (outcome = 'unchanged' AND {stored_unchanged}) AS stored,
  CASE outcome WHEN 'version_reused' THEN outcome END AS rule,
  CASE outcome WHEN 'version_reused' THEN 'this version of the row came before with other content' END AS reason
FROM judged
UNION ALL
SELECT line, CASE WHEN content_hash = first_hash THEN 'duplicate' ELSE 'quarantined' END, false,
  CASE WHEN content_hash <> first_hash THEN 'key_repeated' END,
  CASE WHEN content_hash <> first_hash THEN 'an earlier line has the same key and version with other content' END
FROM sound WHERE place > 1
UNION ALL
SELECT {LINE}, 'quarantined', false, "#rule", "#reason" FROM checked_row WHERE "#rule" IS NOT NULL"""


def _sound_sql() -> str:
    return f"""sound AS (
  SELECT {LINE} AS line, "#row_key" AS row_key, "#version" AS version, "#deleted" AS deleted,
    "#content_hash" AS content_hash,
    row_number() OVER same_version AS place, first_value("#content_hash") OVER same_version AS first_hash
  FROM checked_row WHERE "#rule" IS NULL
  WINDOW same_version AS (PARTITION BY "#row_key", "#version" ORDER BY {LINE})
)"""


def _compared_sql(contract: FeedContract, delivery: Delivery) -> str:
    """Each sound row beside what is held of its key: the same version, the newest, and the one before it.

    That an earlier full dump did not carry a row counts no more where this one does: the row is back.
    """
    gone = f"FROM raw.tombstone WHERE feed = {quote_text(contract.id)}"
    is_back, explicit = ("false", gone)
    if delivery.name.mode == "full":
        is_back = f"s.row_key IN (SELECT row_key {gone} AND line IS NULL)"
        explicit = f"{gone} AND line IS NOT NULL"
    return f"""held AS (
  SELECT event.* FROM (
    SELECT row_key, version, content_hash FROM {raw_table(contract.id)}
    UNION ALL SELECT row_key, version, 'deleted' {explicit}
  ) event SEMI JOIN sound USING (row_key)
),
head AS (
  SELECT row_key, max(version) AS version, arg_max(content_hash, version) AS content_hash FROM held GROUP BY row_key
),
compared AS (
  SELECT s.*, held.content_hash AS held_hash, head.version AS head_version, {is_back} AS is_back,
    CASE WHEN lag(s.version) OVER by_version > head.version OR head.version IS NULL
      THEN lag(s.content_hash) OVER by_version ELSE head.content_hash END AS previous_hash
  FROM sound s LEFT JOIN held USING (row_key, version) LEFT JOIN head USING (row_key)
  WHERE s.place = 1
  WINDOW by_version AS (PARTITION BY s.row_key ORDER BY s.version)
)"""


def store_rows_sql(contract: FeedContract, delivery: Delivery) -> str:
    """Adds the row versions and tombstones that the verdicts say."""
    stored = ", ".join(quote_name(name) for name in stored_columns(contract))
    come = 'FROM checked_row c JOIN verdict v ON c."#line" = v.line WHERE v.stored'
    return f"""
INSERT INTO {raw_table(contract.id)} SELECT "#row_key", "#version", "#effective_from", NULL, {delivery.delivery_id},
  v.line, "#content_hash", {stored} {come} AND NOT "#deleted" ORDER BY v.line;
INSERT INTO raw.tombstone SELECT {quote_text(contract.id)}, "#row_key", "#version", "#effective_from",
  {delivery.delivery_id}, v.line {come} AND "#deleted" ORDER BY v.line"""


def take_back_sql(contract: FeedContract, delivery: Delivery) -> str:
    """Withdraws the tombstones of earlier full dumps from the rows that this one carries, and notes these rows."""
    feed = quote_text(contract.id)
    return f"""
INSERT INTO raw.returned SELECT DISTINCT {feed}, row_key, {delivery.delivery_id} FROM raw.tombstone
  WHERE feed = {feed} AND line IS NULL
  AND row_key IN (SELECT "#row_key" FROM checked_row WHERE "#rule" IS NULL) ORDER BY row_key;
DELETE FROM raw.tombstone WHERE feed = {feed} AND line IS NULL
  AND row_key IN (SELECT row_key FROM raw.returned WHERE feed = {feed} AND delivery_id = {delivery.delivery_id})"""


def end_uncarried_sql(contract: FeedContract, delivery: Delivery) -> str:
    """Adds a tombstone for each current row that a full dump no longer carries, as of the dump's date.

    A row that the dump carries but that is quarantined is not ended; one newer than the dump stays. A dump with a row
    that cannot be read ends none: that row may be any of them.
    """
    day = f"DATE {quote_text(delivery.name.date.isoformat())}"
    return f"""
INSERT INTO raw.tombstone
WITH horizon AS (SELECT coalesce(max("#version"), '') AS version FROM checked_row WHERE "#rule" IS NULL)
SELECT {quote_text(contract.id)}, r.row_key, greatest(r.version, horizon.version) || '~', {day}, {delivery.delivery_id},
  NULL
FROM {raw_table(contract.id)} r CROSS JOIN horizon
ANTI JOIN checked_row c ON c."#row_key" = r.row_key
WHERE r.ended_on IS NULL AND (r.effective_from < {day} OR r.version <= horizon.version)
  AND NOT EXISTS (FROM checked_row WHERE {hides_its_key_sql()})
ORDER BY r.row_key"""


def touched_keys_sql(feed: str, deliveries: Collection[int]) -> str:
    """Selects the `row_key` of every row whose versions these deliveries may have changed."""
    new = f"delivery_id IN ({', '.join(map(str, sorted(deliveries)))})"
    here = f"feed = {quote_text(feed)} AND {new}"
    return f"""SELECT row_key FROM {raw_table(feed)} WHERE {new}
  UNION SELECT row_key FROM raw.tombstone WHERE {here}
  UNION SELECT row_key FROM raw.returned WHERE {here}"""


def end_versions_sql(contract: FeedContract, delivery: Delivery) -> str:
    """Ends each version on the day the next one takes effect, for the rows that the delivery touched."""
    raw, feed = raw_table(contract.id), quote_text(contract.id)
    return f"""
UPDATE {raw} AS r SET ended_on = chain.ended_on FROM (
  WITH touched AS ({touched_keys_sql(contract.id, [delivery.delivery_id])}),
  event AS (
    SELECT row_key, version, effective_from, false AS deleted FROM {raw} SEMI JOIN touched USING (row_key)
    UNION ALL SELECT row_key, version, effective_from, true FROM raw.tombstone SEMI JOIN touched USING (row_key)
    WHERE feed = {feed}
  )
  SELECT row_key, version, deleted, CASE WHEN next_from IS NOT NULL THEN greatest(effective_from, next_from) END
    AS ended_on
  FROM (SELECT *, lead(effective_from) OVER (PARTITION BY row_key ORDER BY version) AS next_from FROM event)
) AS chain
WHERE NOT chain.deleted AND r.row_key = chain.row_key AND r.version = chain.version
  AND r.ended_on IS DISTINCT FROM chain.ended_on"""


def quarantine_sql(contract: FeedContract, delivery: Delivery) -> str:
    """Keeps the quarantined rows with what they hold; columns dropped or consumed are not among it."""
    names = [column.name for column in contract.columns if column.use in (ColumnUse.MAPPED, ColumnUse.KEPT)]
    content = ", ".join(f"{quote_text(name)}, c.{quote_name(name)}" for name in names)
    return f"""
INSERT INTO quarantine.quarantined_row
SELECT {delivery.delivery_id}, {quote_text(contract.id)}, v.line, c."#row_key", v.rule, v.reason,
  CASE WHEN c."#fault" IS NULL THEN json_object({content})::VARCHAR END
FROM verdict v JOIN checked_row c ON c."#line" = v.line WHERE v.outcome = 'quarantined' ORDER BY v.line"""


def keep_issues_sql(delivery: Delivery, issues: str) -> str:
    """Keeps what the issue query finds."""
    return f"""
INSERT INTO quarantine.issue
SELECT {delivery.delivery_id}, {quote_text(delivery.name.feed)}, * FROM ({issues}) ORDER BY ALL"""


def volumes_sql(contract: FeedContract) -> str:
    """Selects how many rows the delivery has and how many rows are current before it."""
    return (
        "SELECT (SELECT count(*) FROM delivery_row), "
        f"(SELECT count(*) FROM {raw_table(contract.id)} WHERE ended_on IS NULL)"
    )
