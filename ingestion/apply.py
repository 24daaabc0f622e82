"""Applies the delivery in `delivery_row` to the warehouse: one transaction, marked in the warehouse as it commits."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingestion.checks_sql import checked_rows_sql
from ingestion.doubts_sql import doubtful_rows_sql, doubts_sql
from ingestion.errors import ConservationError
from ingestion.report import DeliveryReport, Outcome, report_of
from ingestion.versions_sql import (
    end_uncarried_sql,
    end_versions_sql,
    held_again_sql,
    keep_issues_sql,
    make_raw_sql,
    make_shared_sql,
    quarantine_sql,
    reading_digest,
    store_rows_sql,
    take_back_sql,
    verdicts_sql,
    volumes_sql,
)
from schemas.readers.contracts import FeedContract
from stores.operational.deliveries import Delivery
from stores.quoting import quote_text
from stores.warehouse import Warehouse


@dataclass(frozen=True)
class Volumes:
    """Rows of a full dump beside the rows current before it."""

    rows: int
    current: int

    def expected(self, contract: FeedContract) -> int:
        """The fewest rows that the contract lets a dump have without a person's approval."""
        return math.ceil(contract.min_share_of_previous * self.current)

    def is_too_short(self, contract: FeedContract) -> bool:
        """Whether the dump would end more rows than that."""
        return self.rows < self.expected(contract)


def read_volumes(contract: FeedContract, warehouse: Warehouse) -> Volumes:
    """The volumes of the delivery in `delivery_row`."""
    make_tables(contract, warehouse)
    return Volumes(*warehouse.rows(volumes_sql(contract))[0])


def make_tables(contract: FeedContract, warehouse: Warehouse) -> None:
    """Makes the tables that applying a delivery of the feed needs, where they are missing."""
    warehouse.execute(make_shared_sql())
    warehouse.execute(make_raw_sql(contract))


def apply_delivery(delivery: Delivery, contract: FeedContract, warehouse: Warehouse) -> DeliveryReport:
    """Weaves the rows of `delivery_row` into what is held and returns what became of them.

    Raises ConservationError, with nothing applied, where a row has no outcome or two.
    """
    _judge(delivery, contract, warehouse)
    warehouse.execute(doubtful_rows_sql(contract, delivery.name))
    with warehouse.transaction():
        if delivery.name.mode == "full":
            warehouse.execute(take_back_sql(contract, delivery))
            warehouse.execute(end_uncarried_sql(contract, delivery))
        warehouse.execute(store_rows_sql(contract, delivery))
        warehouse.execute(end_versions_sql(contract, delivery))
        warehouse.execute(quarantine_sql(contract, delivery))
        warehouse.execute(keep_issues_sql(delivery, doubts_sql(contract, delivery.name)))
        _keep_unknown_columns(delivery, delivery.outcome.get("unknown_columns", []), warehouse)
        report = _report(delivery, warehouse)
        report.assert_conserved()
        _mark(delivery, contract, report, warehouse)
    _clear(warehouse)
    return report


def holds_any_of(delivery: Delivery, contract: FeedContract, warehouse: Warehouse) -> bool:
    """Whether a version of a row in `delivery_row` is held already, with whatever content."""
    _judge(delivery, contract, warehouse)
    return bool(warehouse.rows(held_again_sql())[0][0])


def _judge(delivery: Delivery, contract: FeedContract, warehouse: Warehouse) -> None:
    make_tables(contract, warehouse)
    warehouse.execute(checked_rows_sql(contract, delivery.name, came=delivery.outcome.get("columns")))
    warehouse.execute(verdicts_sql(contract, delivery))


def _keep_unknown_columns(delivery: Delivery, columns: Sequence[str], warehouse: Warehouse) -> None:
    reason = "the contract does not know this column; it was not read"
    for column in columns:
        warehouse.execute(
            "INSERT INTO quarantine.issue VALUES (?, ?, 1, NULL, ?, 'unknown_column', ?)",
            [delivery.delivery_id, delivery.name.feed, column, reason],
        )


def _report(delivery: Delivery, warehouse: Warehouse) -> DeliveryReport:
    here = f"delivery_id = {delivery.delivery_id}"
    counts = dict(warehouse.rows("SELECT outcome, count(*) FROM verdict GROUP BY outcome ORDER BY outcome"))
    unnamed = set(counts) - {outcome.value for outcome in Outcome}
    if unnamed:
        raise ConservationError(f"{delivery.file}: rows with unknown outcomes {unnamed}: report this to the developers")
    rules = "SELECT rule, count(*), min(line) FROM quarantine.{} WHERE {} GROUP BY rule ORDER BY rule"
    aside, issues = (warehouse.rows(rules.format(table, here)) for table in ("quarantined_row", "issue"))
    ended = warehouse.rows(f"SELECT count(*) FROM raw.tombstone WHERE {here} AND line IS NULL")[0][0]
    return replace(
        report_of(delivery, note=""),
        rows=warehouse.rows("SELECT count(*) FROM delivery_row")[0][0],
        ended=ended,
        counts={outcome.value: counts.get(outcome.value, 0) for outcome in Outcome},
        quarantine={rule: count for rule, count, _ in aside},
        issues={rule: count for rule, count, _ in issues},
        first_lines={rule: line for rule, _, line in (*aside, *issues)},
    )


def _mark(delivery: Delivery, contract: FeedContract, report: DeliveryReport, warehouse: Warehouse) -> None:
    outcome = quote_text(json.dumps({**report.outcome(), "read_by": contract.version}, ensure_ascii=False))
    warehouse.execute(
        f"INSERT INTO raw.applied_delivery SELECT {delivery.delivery_id}, coalesce(max(number), 0) + 1, "
        f"{quote_text(contract.id)}, {quote_text(reading_digest(contract))}, {outcome} FROM raw.applied_delivery"
    )


def _clear(warehouse: Warehouse) -> None:
    warehouse.execute(
        "DROP TABLE IF EXISTS doubtful_row; DROP TABLE IF EXISTS doubtful_date; DROP TABLE IF EXISTS verdict; "
        "DROP TABLE IF EXISTS checked_row; DROP TABLE IF EXISTS delivery_row"
    )
