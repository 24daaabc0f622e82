"""The SQL that one contract compiles to, kept as files: a change shows in review. `HUB_SNAPSHOTS=write` writes them."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ingestion.checks_sql import checked_rows_sql
from ingestion.doubts_sql import doubts_sql
from ingestion.facts_sql import store_facts_sql
from ingestion.formats.rows_sql import csv_sql, json_rows_sql
from ingestion.records_sql import role_versions_sql, store_records_sql
from ingestion.stale_sql import touched_rows_sql
from ingestion.standard_sql import role_inputs_sql
from ingestion.standardise.registry import STANDARDISERS
from ingestion.versions_sql import end_uncarried_sql, end_versions_sql, store_rows_sql, verdicts_sql
from stores.operational.deliveries import Delivery, DeliveryName, DeliveryState
from tests.ingestion.village import CONTRACT, HEADER, HOUSEHOLD, registers

SNAPSHOTS = Path(__file__).parent / "snapshots"
NAME = DeliveryName("people", "full", date(2026, 6, 30), 1)
DELIVERY = Delivery(7, NAME, "people.csv", "00", DeliveryState.ARCHIVED, "", {})
PERSON, HOUSE = CONTRACT.records

BUILDERS: dict[str, Callable[[], str]] = {
    "csv": lambda: csv_sql(Path("people.csv"), HEADER, CONTRACT),
    "json_rows": lambda: json_rows_sql(CONTRACT),
    "checked_rows": lambda: checked_rows_sql(CONTRACT, NAME),
    "doubts": lambda: doubts_sql(CONTRACT, NAME),
    "verdicts": lambda: verdicts_sql(CONTRACT, DELIVERY),
    "store_rows": lambda: store_rows_sql(CONTRACT, DELIVERY),
    "end_uncarried": lambda: end_uncarried_sql(CONTRACT, DELIVERY),
    "end_versions": lambda: end_versions_sql(CONTRACT, DELIVERY),
    "role_inputs": lambda: role_inputs_sql(CONTRACT, PERSON),
    "role_versions": lambda: role_versions_sql(CONTRACT, HOUSE),
    "store_records": lambda: store_records_sql(CONTRACT, PERSON, registers()["person"], STANDARDISERS),
    "touched_rows": lambda: touched_rows_sql(HOUSEHOLD, {8, 9}, {"person": {5, 7}}),
    "store_facts": lambda: store_facts_sql(CONTRACT, CONTRACT.facts[1]),
}


@pytest.mark.parametrize("name", BUILDERS)
def test_the_sql_of_a_contract_is_as_reviewed(name: str) -> None:
    path = SNAPSHOTS / f"{name}.sql"
    built = BUILDERS[name]().strip() + "\n"
    if os.environ.get("HUB_SNAPSHOTS") == "write":
        path.write_text(built, encoding="utf-8")

    assert built == path.read_text(encoding="utf-8"), f"{path.name} changed: write it anew with HUB_SNAPSHOTS=write"
