"""Builds the standard records and facts of each feed whose raw rows, contract, standardisers or corrections changed."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from ingestion import standardise
from ingestion.context import IngestContext
from ingestion.corrections import correct_records, settle_corrections
from ingestion.errors import ConservationError
from ingestion.facts_sql import store_facts_sql
from ingestion.identity_doubts_sql import ID_SHARED, KEY_REUSED, reused_keys_sql, shared_ids_sql
from ingestion.records_sql import make_role_versions_sql, role_versions_sql, store_records_sql, unread_sql
from ingestion.stale_sql import all_rows_sql, drop_rows_sql, is_stale_sql, touched_rows_sql
from ingestion.standard_sql import make_tables_sql, record_table, role_inputs_sql
from ingestion.standardise.registry import STANDARDISERS
from ingestion.standardising import Standardising
from ingestion.values import forget_values, read_values
from schemas.readers.contracts import FeedContract
from stores.operational.corrections import Correction
from stores.quoting import quote_text


@dataclass(frozen=True)
class Added:
    """What came since the standard records of a feed were built: deliveries, and corrections that came or ended."""

    deliveries: frozenset[int]
    corrections: frozenset[int]


@dataclass(frozen=True)
class Basis:
    """What the standard records of a feed follow from: its contract, by digest, deliveries, corrections in force."""

    contract: str
    deliveries: frozenset[int]
    corrections: frozenset[int]

    def since(self, built: "Basis | None") -> Added | None:
        """What came after `built`; None where that is no part of this and all must be built anew."""
        if built is None or built.contract != self.contract or not built.deliveries <= self.deliveries:
            return None
        return Added(self.deliveries - built.deliveries, self.corrections ^ built.corrections)


def build_standard(context: IngestContext) -> list[str]:
    """Builds `standard.*_record` and `standard.fact` for each feed where something changed; returns those feeds.

    Where only deliveries were added, or corrections came or ended, only the rows that these may have changed are read
    anew. Each feed is one transaction; a call that was cut off is finished by the next.
    """
    _make_tables(context)
    _forget_departed(context)
    built = _built(context)
    changed = {feed: basis for feed, basis in _bases(context).items() if built.get(feed) != basis}
    processes = int(context.warehouse.rows("SELECT current_setting('threads')")[0][0])
    with Standardising(processes) as standardising:
        for number, (feed, basis) in enumerate(changed.items()):
            step = _Step(context, standardising, number, len(changed))
            _build_feed(context.contract(feed), basis, basis.since(built.get(feed)), step)
    context.progress.step("standardise", "", len(changed), len(changed))
    if changed:
        _assert_unique(context)
    settle_corrections(context)
    return list(changed)


@dataclass(frozen=True)
class _Step:
    """What building one feed works with, and its place among the feeds to build."""

    context: IngestContext
    standardising: Standardising
    number: int
    total: int

    def tell(self, detail: str) -> None:
        self.context.progress.step("standardise", detail, self.number, self.total)


def _build_feed(contract: FeedContract, basis: Basis, added: Added | None, step: _Step) -> None:
    """Builds one feed: the rows that what is `added` may have changed, or all of them."""
    warehouse, feed = step.context.warehouse, quote_text(contract.id)
    step.tell(contract.id)
    with warehouse.transaction():
        warehouse.execute(all_rows_sql(contract) if added is None else _touched_rows_sql(contract, added, step.context))
        _forget_stale(contract, step.context, whole=added is None)
        for record in contract.records:
            warehouse.execute(role_inputs_sql(contract, record))
        for standardiser in read_values(contract, warehouse, step.standardising):
            step.tell(f"{contract.id} · {standardiser}")
        _store_feed(contract, basis.corrections, step)
        warehouse.execute(f"DELETE FROM standard.built WHERE part = {feed}")
        values = [contract.id, basis.contract, sorted(basis.deliveries), sorted(basis.corrections)]
        warehouse.execute("INSERT INTO standard.built VALUES (?, ?, ?, ?)", values)
        forget_values(contract, warehouse)
        warehouse.execute(f"DROP TABLE role_version; DROP TABLE revised_key; {drop_rows_sql()}")


def _touched_rows_sql(contract: FeedContract, added: Added, context: IngestContext) -> str:
    corrected: dict[str, set[int]] = defaultdict(set)
    for each in _corrections(context, contract.id, added.corrections):
        corrected[each.register].add(each.record_id)
    return touched_rows_sql(contract, added.deliveries, corrected)


def _corrections(context: IngestContext, feed: str, numbers: frozenset[int]) -> list[Correction]:
    """The corrections of these numbers, also those that have ended."""
    if not numbers:
        return []
    return [each for each in context.operational.corrections.of_feeds([feed]) if each.correction_id in numbers]


def _forget_stale(contract: FeedContract, context: IngestContext, *, whole: bool) -> None:
    tables = [record_table(register) for register in context.declarations.registers]
    stale = is_stale_sql(contract, whole=whole)
    for table in (*tables, "standard.fact"):
        context.warehouse.execute(f"DELETE FROM {table} WHERE {stale}")
    context.warehouse.execute(
        f"DELETE FROM quarantine.issue WHERE {stale} AND rule IN ('not_standardised', '{KEY_REUSED}');"
        f"DELETE FROM quarantine.issue WHERE feed = {quote_text(contract.id)} AND rule = '{ID_SHARED}'"
    )


def _store_feed(contract: FeedContract, corrections: frozenset[int], step: _Step) -> None:
    warehouse, registers = step.context.warehouse, step.context.declarations.registers
    warehouse.execute(make_role_versions_sql())
    for record in contract.records:
        step.tell(f"{contract.id} · records: {record.role}")
        warehouse.execute(role_versions_sql(contract, record))
        warehouse.execute(store_records_sql(contract, record, registers[record.register], STANDARDISERS))
        warehouse.execute(unread_sql(contract, record))
    correct_records(contract, _corrections(step.context, contract.id, corrections), step.context)
    for doubts in filter(None, (reused_keys_sql(contract), shared_ids_sql(contract))):
        warehouse.execute(doubts)
    for fact in contract.facts:
        step.tell(f"{contract.id} · facts: {fact.kind}")
        warehouse.execute(store_facts_sql(contract, fact))


def _make_tables(context: IngestContext) -> None:
    """Makes the tables, and makes them anew where their shape or a standardiser changed."""
    warehouse, registers = context.warehouse, context.declarations.registers
    make = make_tables_sql(registers.values())
    warehouse.execute(make)
    marks = {"#tables": _digest(make), "#standardisers": _standardiser_digest(context)}
    built = dict(warehouse.rows("SELECT part, fingerprint FROM standard.built"))
    if all(built.get(part) == digest for part, digest in marks.items()):
        return
    with warehouse.transaction():
        for table in (*map(record_table, registers), "standard.fact", "standard.built"):
            warehouse.execute(f"DROP TABLE {table}")
        warehouse.execute(make)
        for part, digest in marks.items():
            warehouse.execute("INSERT INTO standard.built VALUES (?, ?, NULL, NULL)", [part, digest])


def _forget_departed(context: IngestContext) -> None:
    """Removes the records of feeds that have no contract any more."""
    feeds = ", ".join(quote_text(feed) for feed in context.declarations.contracts) or "''"
    warehouse = context.warehouse
    for table in (*map(record_table, context.declarations.registers), "standard.fact"):
        warehouse.execute(f"DELETE FROM {table} WHERE feed NOT IN ({feeds})")
    warehouse.execute(f"DELETE FROM standard.built WHERE part NOT IN ({feeds}) AND deliveries IS NOT NULL")


def _built(context: IngestContext) -> Mapping[str, Basis]:
    """What the standard records of each feed were built from."""
    sql = "SELECT part, fingerprint, deliveries, corrections FROM standard.built WHERE deliveries IS NOT NULL"
    return {
        feed: Basis(digest, frozenset(ids), frozenset(corrections))
        for feed, digest, ids, corrections in context.warehouse.rows(sql)
    }


def _bases(context: IngestContext) -> Mapping[str, Basis]:
    """For each feed that has raw rows what its standard records follow from now."""
    sql = "SELECT feed, list(delivery_id) FROM raw.applied_delivery GROUP BY feed ORDER BY feed"
    contracts = context.declarations.contracts
    applied = {feed: frozenset(ids) for feed, ids in context.warehouse.rows(sql) if feed in contracts}
    corrections: dict[str, set[int]] = defaultdict(set)
    for each in context.operational.corrections.in_force():
        corrections[each.feed].add(each.correction_id)
    return {
        feed: Basis(_digest(repr(contracts[feed])), deliveries, frozenset(corrections[feed]))
        for feed, deliveries in applied.items()
    }


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
