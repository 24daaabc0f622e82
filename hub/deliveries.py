"""What came in, as tables for people: rows per feed, why rows were set aside, and what did not come in."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Group

from hub.terminal import table
from ingestion.report import DeliveryReport, Outcome
from schemas.declarations import Declarations

RULES_SHOWN = 14
OUTCOME_TITLES = {
    Outcome.NEW: "new",
    Outcome.CHANGED: "changed",
    Outcome.UNCHANGED: "same",
    Outcome.LATE: "late",
    Outcome.DELETED: "gone",
    Outcome.DUPLICATE: "twice",
    Outcome.QUARANTINED: "aside",
}
EVERY_FEED = {
    "key_missing": "the key is empty",
    "version_missing": "the time of the version is empty",
    "version_unreadable": "the version is neither a time nor a number",
    "version_in_future": "the version is after the delivery",
    "operation_unknown": "the operation is none that the contract names",
    "id_as_number": "an ID number came as a number and lost digits",
    "required_missing": "a column that must be filled is empty",
    "unknown_code": "a code that the contract does not list",
}
CONSERVED = "rows = new + changed + same + late + gone + twice + set aside 隔离; checked for each delivery"


def delivery_tables(reports: Sequence[DeliveryReport], declarations: Declarations) -> Iterator[Group]:
    """Rows per feed, the quarantine by rule, deliveries that wait or were refused; what is empty is left out."""
    applied = [each for each in reports if each.state == "applied"]
    if applied:
        yield _feeds(applied, declarations)
    if any(each.quarantine or each.issues for each in applied):
        yield _reasons(applied, declarations)
    left = [each for each in reports if not each.is_accepted]
    if left:
        rows = [(each.feed or "?", each.file, each.state, each.note) for each in left]
        yield table("Not brought in 未入库", ["feed", "file", "state", "what to do"], rows)


def repeated(reports: Sequence[DeliveryReport]) -> int:
    """How many deliveries had come before."""
    return sum(each.state == "repeated" for each in reports)


def _feeds(reports: Sequence[DeliveryReport], declarations: Declarations) -> Group:
    columns = ["feed", "来源", *(f"#{each}" for each in ("rows", *OUTCOME_TITLES.values()))]
    rows = []
    totals = Counter[str]()
    for feed in sorted({each.feed for each in reports}):
        counts = Counter[str]()
        for each in reports:
            if each.feed == feed:
                counts.update({"rows": each.rows, **each.counts})
        totals.update(counts)
        rows.append((feed, declarations.contracts[feed].title_zh, *_numbers(counts)))
    rows.append((f"{len(reports)} files", "合计", *_numbers(totals)))
    return table("What came in 入库", columns, rows, caption=CONSERVED)


def _numbers(counts: Counter[str]) -> list[int]:
    return [counts["rows"], *(counts[str(outcome)] for outcome in OUTCOME_TITLES)]


def _reasons(reports: Sequence[DeliveryReport], declarations: Declarations) -> Group:
    found = Counter[tuple[str, str, str]]()
    for each in reports:
        found.update({("set aside 隔离", each.feed, rule): count for rule, count in each.quarantine.items()})
        found.update({("doubtful 存疑", each.feed, rule): count for rule, count in each.issues.items()})
    ordered = sorted(found.items(), key=lambda item: (item[0][0].startswith("doubtful"), -item[1], item[0]))
    rows = [(feed, fate, _meaning(feed, rule, declarations), n) for (fate, feed, rule), n in ordered[:RULES_SHOWN]]
    rest = sum(n for _, n in ordered[RULES_SHOWN:])
    caption = f"and {len(ordered) - RULES_SHOWN} more kinds, {rest:,} rows" if rest else ""
    return table("Why 原因", ["feed", "fate", "rule", "#rows"], rows, caption=caption)


def _meaning(feed: str, rule: str, declarations: Declarations) -> str:
    described = {each.id: each.description for each in declarations.contracts[feed].quality} | EVERY_FEED
    return described.get(rule, rule)
