"""What became of deliveries that were handed in over the network, written where those who handed them in may read it.

Whoever writes to the home writes it: the service itself never opens ledger or warehouse for it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.deliveries import rule_meaning
from hub.refusals import OTHER_CONTENT, Refusal, refusal_of
from ingestion.context import IngestContext
from ingestion.set_aside import ToldRule, told_rows, told_rules
from schemas.declarations import Declarations
from schemas.readers.purposes import Verb
from stores.inbox import Inbox
from stores.operational.deliveries import Delivery, DeliveryName, DeliveryState
from stores.operational.receipts import Outcome, Receipt, ReceiptState, open_receipts

MOST_LINES = 10_000
"""Rows told one by one; further ones are counted."""


def settle_receipts(context: IngestContext, refused: Mapping[str, Refusal] | None = None) -> None:
    """Brings every receipt to what ledger and warehouse say now, and empties the inbox of what is settled.

    `refused` are deliveries that have just been refused, by receipt. Called again it changes nothing.
    """
    receipts, inbox = open_receipts(context.home), Inbox(context.home)
    if not receipts.file.exists():
        return
    found = _Found(
        {each.name: each for each in context.operational.ledger.all()}, refused or {}, told_rules(context.warehouse)
    )
    for each in receipts.all():
        outcome = _outcome(each, found, context)
        if outcome is not None and outcome.report != each.report:
            receipts.settle(each.number, outcome)
    settled, waiting = set[str](), set[str]()
    for each in receipts.all():
        (waiting if each.state is ReceiptState.RECEIVED else settled).add(each.receipt)
    inbox.clear(settled)
    inbox.sweep(waiting)
    receipts.forget(datetime.now(UTC) - timedelta(days=kept_days(context.declarations)))


def purposes_of_delivery(declarations: Declarations) -> frozenset[str]:
    """Codes of the purposes that feeds are handed in for."""
    return frozenset(
        each.code for each in declarations.purposes.values() if each.reach and Verb.DELIVER in each.reach.verbs
    )


def kept_days(declarations: Declarations) -> int:
    """How long a receipt is kept: as long as what is done for its purpose."""
    return max((declarations.purposes[code].retention_days for code in purposes_of_delivery(declarations)), default=0)


@dataclass(frozen=True)
class _Found:
    """What is known of all deliveries: by name, by receipt, and by number."""

    ledger: Mapping[DeliveryName, Delivery]
    refused: Mapping[str, Refusal]
    rules: Mapping[int, Sequence[ToldRule]]


def _outcome(receipt: Receipt, found: _Found, context: IngestContext) -> Outcome | None:
    """What became of it; None where that is open, or settled for good."""
    contract = context.declarations.contracts.get(receipt.name.feed)
    if contract is None or receipt.state is ReceiptState.REFUSED or receipt.came_before is None:
        return None
    if receipt.receipt in found.refused:
        return _refused(found.refused[receipt.receipt])
    delivery = found.ledger.get(receipt.name)
    if delivery is None:
        return None
    is_refused = delivery.state is DeliveryState.REFUSED
    if delivery.sha256 != receipt.sha256:
        # One that was refused may still be followed by this one: then it has not been looked at yet.
        return None if is_refused else _refused(Refusal(OTHER_CONTENT))
    if is_refused:
        return _refused(refusal_of(delivery.note, contract))
    if delivery.state is DeliveryState.WAITING:
        return _waiting(receipt, delivery)
    return _taken_in(receipt, delivery, found, context) if delivery.state is DeliveryState.APPLIED else None


def _refused(refusal: Refusal) -> Outcome:
    told = {"code": refusal.code, "line": refusal.line, "columns": list(refusal.columns)}
    return Outcome(ReceiptState.REFUSED, None, {"refusal": told})


def _waiting(receipt: Receipt, delivery: Delivery) -> Outcome:
    outcome = delivery.outcome
    numbers = {"held": outcome.get("current", 0), "expected": outcome.get("expected", 0)}
    report = {"repeated": bool(receipt.came_before), "rows": outcome.get("rows", 0), "waiting": numbers}
    return Outcome(ReceiptState.WAITING, delivery.delivery_id, _versioned(report))


def _taken_in(receipt: Receipt, delivery: Delivery, found: _Found, context: IngestContext) -> Outcome | None:
    contract, outcome = context.contract(delivery.name.feed), delivery.outcome
    report = {
        "repeated": bool(receipt.came_before),
        "rows": outcome.get("rows", 0),
        "ended": outcome.get("ended", 0),
        "counts": dict(outcome.get("counts", {})),
        "rules": [
            {**asdict(each), "reason": rule_meaning(contract.id, each.rule, context.declarations)}
            for each in found.rules.get(delivery.delivery_id, ())
        ],
    }
    versioned = _versioned(report)
    if versioned == receipt.report:
        return None
    rows = told_rows(delivery.delivery_id, contract, context.warehouse, most=MOST_LINES)
    lines = [[each.fate, each.line, each.column, each.rule] for each in rows]
    return Outcome(ReceiptState.TAKEN_IN, delivery.delivery_id, versioned, lines)


def _versioned(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report with what tells it from one that says something else."""
    text = json.dumps(report, ensure_ascii=False, sort_keys=True)
    return {**report, "version": hashlib.sha256(text.encode()).hexdigest()[:16]}
