"""Builds the standard records and facts of each feed whose raw rows, contract or standardisers changed."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from ingestion import standardise
from ingestion.context import IngestContext
from ingestion.errors import ConservationError
from ingestion.facts_sql import DATE, fact_dates_sql, store_facts_sql
from ingestion.records_sql import (
    make_role_versions_sql,
    role_standard_sql,
    role_versions_sql,
    store_records_sql,
    unread_sql,
)
from ingestion.standard_sql import make_tables_sql, record_table, role_inputs_sql
from ingestion.standardise.registry import STANDARDISERS
from ingestion.values import forget_values, remember_values
from schemas.readers.contracts import FeedContract, RecordMapping
from stores.quoting import quote_text


def build_standard(context: IngestContext) -> list[str]:
    """Builds `standard.*_record` and `standard.fact` for each feed where something changed; returns those feeds.

    Each feed is one transaction; a call that was cut off is finished by the next.
    """
    _make_tables(context)
    _forget_departed(context)
    contracts = context.declarations.contracts
    fingerprints = _fingerprints(context)
    built = dict(context.warehouse.rows("SELECT part, fingerprint FROM standard.built"))
    changed = [feed for feed, fingerprint in fingerprints.items() if built.get(feed) != fingerprint]
    for number, feed in enumerate(changed):
        context.progress.step("standardise", feed, number, len(changed))
        _build_feed(contracts[feed], fingerprints[feed], context)
    context.progress.step("standardise", "", len(changed), len(changed))
    if changed:
        _assert_unique(context)
    return changed


def _build_feed(contract: FeedContract, fingerprint: str, context: IngestContext) -> None:
    warehouse, feed = context.warehouse, quote_text(contract.id)
    registers = context.declarations.registers
    warehouse.execute(make_role_versions_sql())
    with warehouse.transaction():
        for register in registers:
            warehouse.execute(f"DELETE FROM {record_table(register)} WHERE feed = {feed}")
        warehouse.execute(f"DELETE FROM standard.fact WHERE feed = {feed}")
        warehouse.execute(f"DELETE FROM quarantine.issue WHERE feed = {feed} AND rule = 'not_standardised'")
        for record in contract.records:
            _build_role(contract, record, context)
        warehouse.execute(fact_dates_sql(contract))
        remember_values(STANDARDISERS[DATE], "fact_date", "raw", warehouse)
        for fact in contract.facts:
            warehouse.execute(store_facts_sql(contract, fact))
        warehouse.execute(f"DELETE FROM standard.built WHERE part = {feed}")
        warehouse.execute(f"INSERT INTO standard.built VALUES ({feed}, {quote_text(fingerprint)})")
    warehouse.execute("DROP TABLE role_version; DROP TABLE role_input; DROP TABLE role_standard; DROP TABLE fact_date")


def _build_role(contract: FeedContract, record: RecordMapping, context: IngestContext) -> None:
    warehouse, register = context.warehouse, context.declarations.registers[record.register]
    warehouse.execute(role_inputs_sql(contract, record))
    for mapping in record.fields:
        remember_values(STANDARDISERS[mapping.standardiser], "role_input", f"in_{mapping.field}", warehouse)
    warehouse.execute(role_standard_sql(record, register, STANDARDISERS))
    warehouse.execute(role_versions_sql(contract, record))
    warehouse.execute(store_records_sql(contract, record, register))
    warehouse.execute(unread_sql(contract, record))


def _make_tables(context: IngestContext) -> None:
    """Makes the tables, and makes them anew where a register's fields or a standardiser changed."""
    warehouse, registers = context.warehouse, context.declarations.registers
    warehouse.execute(make_tables_sql(registers.values()))
    built = dict(warehouse.rows("SELECT part, fingerprint FROM standard.built"))
    shape, reading = _digest(repr(list(registers.values()))), _standardiser_digest(context)
    if built.get("#registers") == shape and built.get("#standardisers") == reading:
        return
    with warehouse.transaction():
        forget_values(warehouse)
        for register in registers:
            warehouse.execute(f"DROP TABLE {record_table(register)}")
        warehouse.execute("DELETE FROM standard.built; DELETE FROM standard.fact")
        warehouse.execute(make_tables_sql(registers.values()))
        marks = {"#registers": shape, "#standardisers": reading}
        for part, fingerprint in marks.items():
            warehouse.execute(f"INSERT INTO standard.built VALUES ({quote_text(part)}, {quote_text(fingerprint)})")


def _forget_departed(context: IngestContext) -> None:
    """Removes the records of feeds that have no contract any more."""
    feeds = ", ".join(quote_text(feed) for feed in context.declarations.contracts) or "''"
    for register in context.declarations.registers:
        context.warehouse.execute(f"DELETE FROM {record_table(register)} WHERE feed NOT IN ({feeds})")
    context.warehouse.execute(f"DELETE FROM standard.fact WHERE feed NOT IN ({feeds})")


def _fingerprints(context: IngestContext) -> Mapping[str, str]:
    """For each feed that has raw rows: what its standard records depend on."""
    sql = "SELECT feed, delivery_id FROM raw.applied_delivery ORDER BY feed, number"
    applied: dict[str, list[int]] = {}
    for feed, delivery in context.warehouse.rows(sql):
        applied.setdefault(str(feed), []).append(int(delivery))
    contracts = context.declarations.contracts
    return {feed: _digest(repr((contracts[feed], applied[feed]))) for feed in applied if feed in contracts}


def _standardiser_digest(context: IngestContext) -> str:
    sources = [path for path in _package_folder(standardise).rglob("*") if path.is_file() and path.suffix != ".pyc"]
    gazetteer = context.declarations.tree.glob("gazetteer/*")
    return _digest("".join(_digest(path.read_text(encoding="utf-8")) for path in [*sorted(sources), *gazetteer]))


def _package_folder(package: ModuleType) -> Path:
    return Path(next(iter(package.__path__)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _assert_unique(context: IngestContext) -> None:
    for register in context.declarations.registers:
        sql = f"SELECT record_id, count(*) FROM {record_table(register)} GROUP BY record_id HAVING count(*) > 1 LIMIT 1"
        for record, times in context.warehouse.rows(sql):
            raise ConservationError(f"record id {record} stands for {times} {register} records: tell the developers")
