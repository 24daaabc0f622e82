"""What happens to the deliveries of a feed whose contract has changed since they came."""

from pathlib import Path

from ingestion.context import IngestContext
from ingestion.formats.rows_sql import kept_columns
from ingestion.keep import narrow_archived
from ingestion.order import KEPT, read_again
from ingestion.report import DeliveryReport, report_of
from ingestion.versions_sql import raw_table, reading_digest
from schemas.errors import DeclarationError, Problem
from schemas.readers.contracts import FeedContract
from stores.operational.deliveries import Delivery
from stores.quoting import quote_text


def changed_feeds(context: IngestContext) -> list[str]:
    """Feeds with a delivery that was read under a contract that reads or judges rows otherwise than today's."""
    contracts = context.declarations.contracts
    rows = context.warehouse.rows("SELECT DISTINCT feed, reading FROM raw.applied_delivery ORDER BY ALL")
    changed = {feed for feed, reading in rows if feed in contracts and reading_digest(contracts[feed]) != reading}
    return sorted(changed)


def refuse_changed_keys(context: IngestContext) -> None:
    """Raises DeclarationError where deliveries of a feed came under another key than its contract has now."""
    problems = []
    for delivery in context.operational.ledger.in_state(*KEPT):
        contract = context.declarations.contracts.get(delivery.name.feed)
        came = tuple(delivery.outcome.get("key", ()))
        if contract is not None and came and came != contract.key:
            problems.append(_key_problem(contract, came))
    if problems:
        raise DeclarationError(sorted(set(problems)))


def drop_from_archive(context: IngestContext) -> None:
    """Takes columns out of the archive copies that came before the contract dropped them."""
    for delivery in context.operational.ledger.in_state(*KEPT):
        contract = context.declarations.contracts.get(delivery.name.feed)
        if contract is None or not set(contract.dropped) & set(delivery.outcome.get("columns", ())):
            continue
        if context.operational.archive_keys.exists(delivery.delivery_id):
            narrow_archived(delivery, context)


def read_under_new_contract(feed: str, context: IngestContext) -> list[DeliveryReport]:
    """Reads every delivery of the feed again from the archive; the first report says what that changed."""
    contract = context.contract(feed)
    deliveries = context.operational.ledger.in_state(*KEPT, feed=feed)
    before = _held(contract, context)
    others = read_again(feed, context)
    held, aside = zip(before, _held(contract, context), strict=True)
    note = (
        f"the contract changed ({_difference(contract, deliveries)}): {len(deliveries)} deliveries were read again "
        f"from the archive; rows held {held[0]:,} → {held[1]:,}, set aside {aside[0]:,} → {aside[1]:,}"
    )
    told = DeliveryReport(feed=feed, file=f"{feed}.odcs.yml", mode="", state="read again", note=note)
    return [told, *(report_of(each) for each in others)]


def _held(contract: FeedContract, context: IngestContext) -> tuple[int, int]:
    rows = context.warehouse.rows(
        f"SELECT (SELECT count(*) FROM {raw_table(contract.id)} WHERE ended_on IS NULL), "
        f"(SELECT count(*) FROM quarantine.quarantined_row WHERE feed = {quote_text(contract.id)})"
    )
    return int(rows[0][0]), int(rows[0][1])


def _difference(contract: FeedContract, deliveries: list[Delivery]) -> str:
    """What the newest delivery was read by, beside the contract of today."""
    newest = max(deliveries, key=lambda each: each.name.place)
    version = newest.outcome.get("read_by", newest.outcome.get("contract", ""))
    now, came = kept_columns(contract), newest.outcome.get("columns", ())
    raised = f"version {version} → {contract.version}"
    if version == contract.version:
        raised = f"its version is still {version}: raise it with every change"
    parts = [
        raised,
        _listed("new columns, empty in what came without them", [name for name in now if name not in came]),
        _listed("columns no longer read", [name for name in came if name not in now]),
    ]
    return "; ".join(part for part in parts if part)


def _listed(title: str, names: list[str]) -> str:
    return f"{title}: {', '.join(names)}" if names else ""


def _key_problem(contract: FeedContract, came: tuple[str, ...]) -> Problem:
    return Problem(
        Path(f"feeds/{contract.department}/{contract.id}.odcs.yml"),
        "primaryKey",
        f"the key is {' + '.join(contract.key)}, but deliveries came under {' + '.join(came)}: records, links and "
        "decisions hang on the key of a row. Put the old key back, or give the feed with the new key an id and a "
        "contract file of its own; nothing was read",
    )
