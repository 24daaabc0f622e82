"""Departments hand in their own feeds, and read what became of them, through the door.

What is named is there for the department of the feed's contract alone; for every other it is as if it did not exist.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from hub.reading.reader import NO_SNAPSHOT, Reader
from hub.receipts import purposes_of_delivery
from hub.sharing.disclose import disclose, parameters_for_audit
from hub.sharing.request import Answer, Disclosure, Reading, Request, answer_rows
from schemas.items import PLACE
from schemas.readers.contracts import FeedContract
from schemas.readers.purposes import Verb
from stores.operational.deliveries import DeliveryName
from stores.operational.receipts import Receipt, Receipts

FEED, RECEIPT = "feed", "receipt"
COUNT = pa.int64()
RULE = pa.struct({"fate": pa.string(), "rule": pa.string(), "reason": pa.string(), "rows": COUNT, "first_line": COUNT})
RECEIPTS = {
    "number": COUNT,
    "receipt": pa.string(),
    "feed": pa.string(),
    "mode": pa.string(),
    "date": pa.date32(),
    "sequence": COUNT,
    "sha256": pa.string(),
    "size": COUNT,
    "received_at": pa.timestamp("s", tz="UTC"),
    "state": pa.string(),
    "repeated": pa.bool_(),
    "version": pa.string(),
    "rows": COUNT,
    "ended": COUNT,
    "counts": pa.map_(pa.string(), COUNT),
    "rules": pa.list_(RULE),
    "waiting": pa.struct({"held": COUNT, "expected": COUNT}),
    "refusal": pa.struct({"code": pa.string(), "line": COUNT, "columns": pa.list_(pa.string())}),
}
REPORTED = ("repeated", "version", "rows", "ended", "counts", "rules", "waiting", "refusal")
ROWS = {"fate": pa.string(), "line": COUNT, "column": pa.string(), "rule": pa.string(), "reason": pa.string()}


@dataclass(frozen=True)
class Named:
    """A receipt or feed that was named, and the feed that it is of, None where there is no such receipt."""

    name: str
    feed: str | None


@dataclass(frozen=True)
class Counter:
    """A department at the hub's counter: whoever reads, and the receipts of the home."""

    reader: Reader
    receipts: Receipts

    def announce(self, name: DeliveryName, receipt: str) -> FeedContract:
        """The contract of what is about to be handed in; it is in the audit log when this returns.

        Raises AccessDenied, and NothingThereError for a feed that does not exist or is another department's.
        """
        terms = {"mode": name.mode, "date": name.date.isoformat(), "sequence": str(name.sequence), RECEIPT: receipt}
        self._of_feed("hand in", {FEED: name.feed, **terms}, lambda: _told(RECEIPTS, []))
        return self.reader.declarations.contracts[name.feed]

    def receipts_of(self, feed: str, *, before: int | None, most: int) -> Disclosure:
        """The receipts of a feed, newest first; raises as `announce` does."""

        def run() -> Answer:
            return _told(
                RECEIPTS, [receipt_row(each) for each in self.receipts.of_feed(feed, before=before, most=most)]
            )

        return self._of_feed("receipts", {FEED: feed}, run)

    def receipt(self, receipt: str) -> Disclosure:
        """One receipt; raises as `announce` does."""
        found = self.receipts.find(receipt)
        feed = found.name.feed if found else None
        return self._through(
            Named(receipt, feed),
            "receipt",
            {RECEIPT: receipt},
            lambda: _told(RECEIPTS, [receipt_row(found)] if found else []),
        )

    def rows(self, receipt: str, *, first: int, most: int) -> Disclosure:
        """Rows that were set aside or are doubtful, by line, without any value; raises as `announce` does.

        The version that the receipt tells stands in the title: where it is another one, the rows have changed.
        """
        found = self.receipts.find(receipt)
        feed = found.name.feed if found else None

        def run() -> Answer:
            report = found.report if found else {}
            reasons = {each["rule"]: each["reason"] for each in report.get("rules", [])}
            lines = self.receipts.lines(receipt)[first : first + most]
            told = [dict(zip(ROWS, [*each, reasons.get(each[-1])], strict=True)) for each in lines]
            return _told(ROWS, told, report.get("version", ""))

        return self._through(Named(receipt, feed), "rows set aside", {RECEIPT: receipt, "from": str(first)}, run)

    def _of_feed(self, what: str, parameters: Mapping[str, str], run: Callable[[], Answer]) -> Disclosure:
        feed = parameters[FEED]
        # A feed that nobody declared is any text at all.
        strange = frozenset({FEED}) - frozenset({FEED} if feed in self.reader.declarations.contracts else ())
        told = parameters_for_audit(parameters, free_text=strange)
        return self._through(Named(feed, feed), what, told, run)

    def _through(self, named: Named, what: str, parameters: Mapping[str, str], run: Callable[[], Answer]) -> Disclosure:
        reader, purposes = self.reader, purposes_of_delivery(self.reader.declarations)
        contract = reader.declarations.contracts.get(named.feed or "")
        is_own = contract is not None and contract.department == reader.caller.department
        # Its own feed is wherever the department has a duty: a file has no place.
        places = {named.name: reader.caller.areas} if is_own else {}
        reading = Reading(Verb.DELIVER, what, parameters, purposes, about=(named.name,))
        request = Request(reader.home, reader.rules, NO_SNAPSHOT, reading, lambda _: places, reader.case)
        return disclose(reader.caller, reader.purpose, request, run)


def _told(columns: Mapping[str, pa.DataType], rows: list[dict[str, Any]], title: str = "") -> Answer:
    table = answer_rows(columns, [[row.get(name) for name in columns] for row in rows])
    return Answer(table, title, shows=dict.fromkeys(columns, frozenset({PLACE})))


def receipt_row(receipt: Receipt) -> dict[str, Any]:
    """A receipt as a row of RECEIPTS."""
    name = receipt.name
    return {
        "number": receipt.number,
        "receipt": receipt.receipt,
        "feed": name.feed,
        "mode": name.mode,
        "date": name.date,
        "sequence": name.sequence,
        "sha256": receipt.sha256,
        "size": receipt.size,
        "received_at": receipt.received_at,
        "state": receipt.state.value,
        **{each: receipt.report.get(each) for each in REPORTED},
    }
