"""Applies the delivery in `delivery_row` to the warehouse: one transaction, marked in the warehouse as it commits."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingestion.checks_sql import checked_rows_sql, issues_sql
from ingestion.errors import ConservationError
from ingestion.report import DeliveryReport, Outcome, report_of
from ingestion.versions_sql import (
    end_uncarried_sql,
    end_versions_sql,
    entered_rows_sql,
    keep_issues_sql,
    make_raw_sql,
    make_shared_sql,
    quarantine_sql,
    reading_digest,
    store_rows_sql,
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

    def is_too_short(self, contract: FeedContract) -> bool:
        """Whether the dump would end more rows than the contract lets it end without a person's approval."""
        return self.rows < contract.min_share_of_previous * self.current


def read_volumes(contract: FeedContract, warehouse: Warehouse) -> Volumes:
    """The volumes of the delivery in `delivery_row`."""
    make_tables(contract, warehouse)
    return Volumes(*warehouse.rows(volumes_sql(contract))[0])


def make_tables(contract: FeedContract, warehouse: Warehouse) -> None:
    """Makes the tables that applying a delivery of the feed needs, where they are missing."""
    warehouse.execute(make_shared_sql())
    warehouse.execute(make_raw_sql(contract))


def apply_delivery(
    delivery: Delivery, contract: FeedContract, warehouse: Warehouse, *, unknown_columns: Sequence[str]
) -> DeliveryReport:
    """Weaves the rows of `delivery_row` into what is held and returns what became of them.

    Raises ConservationError, with nothing applied, where a row has no outcome or two.
    """
    make_tables(contract, warehouse)
    warehouse.execute(checked_rows_sql(contract, delivery.name))
    warehouse.execute(verdicts_sql(contract))
    warehouse.execute(entered_rows_sql())
    with warehouse.transaction():
        if delivery.name.mode == "full":
            warehouse.execute(end_uncarried_sql(contract, delivery))
        warehouse.execute(store_rows_sql(contract, delivery))
        warehouse.execute(end_versions_sql(contract, delivery))
        warehouse.execute(quarantine_sql(contract, delivery))
        warehouse.execute(keep_issues_sql(delivery, issues_sql(contract)))
        _keep_unknown_columns(delivery, unknown_columns, warehouse)
        report = _report(delivery, warehouse)
        report.assert_conserved()
        _mark(delivery, contract, report, warehouse)
    _clear(warehouse)
    return report


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
    rule = "SELECT rule, count(*) FROM quarantine.{} WHERE {} GROUP BY rule ORDER BY rule"
    ended = warehouse.rows(f"SELECT count(*) FROM raw.tombstone WHERE {here} AND line IS NULL")[0][0]
    return replace(
        report_of(delivery, note=""),
        rows=warehouse.rows("SELECT count(*) FROM delivery_row")[0][0],
        ended=ended,
        counts={outcome.value: counts.get(outcome.value, 0) for outcome in Outcome},
        quarantine=dict(warehouse.rows(rule.format("quarantined_row", here))),
        issues=dict(warehouse.rows(rule.format("issue", here))),
    )


def _mark(delivery: Delivery, contract: FeedContract, report: DeliveryReport, warehouse: Warehouse) -> None:
    outcome = quote_text(json.dumps(report.outcome(), ensure_ascii=False))
    warehouse.execute(
        f"INSERT INTO raw.applied_delivery SELECT {delivery.delivery_id}, coalesce(max(number), 0) + 1, "
        f"{quote_text(contract.id)}, {quote_text(reading_digest(contract))}, {outcome} FROM raw.applied_delivery"
    )


def _clear(warehouse: Warehouse) -> None:
    warehouse.execute(
        "DROP VIEW IF EXISTS entered_row; DROP TABLE IF EXISTS verdict; DROP TABLE IF EXISTS checked_row; "
        "DROP TABLE IF EXISTS delivery_row"
    )
