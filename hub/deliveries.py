"""What came in, as tables for people: each delivery, rows per feed, why rows were set aside, what did not come in."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Console, Group

from hub.terminal import table
from ingestion.formats.faults import FAULTS
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
OUTCOME_WORDS = {
    Outcome.NEW: "new",
    Outcome.CHANGED: "changed",
    Outcome.UNCHANGED: "unchanged",
    Outcome.LATE: "older than what is held",
    Outcome.DELETED: "deleted",
    Outcome.DUPLICATE: "twice in the file",
    Outcome.QUARANTINED: "set aside",
}
EVERY_FEED = {
    **FAULTS,
    "key_missing": "the key is empty",
    "version_missing": "the time of the version is empty",
    "version_unreadable": "the version is neither a time nor a number",
    "version_in_future": "the version is after the delivery",
    "operation_unknown": "the operation is none that the contract names",
    "id_as_number": "an ID number came as a number and lost digits",
    "required_missing": "a column that must be filled is empty",
    "unknown_code": "a code that the contract does not list: it stands for nothing",
    "impossible_date": "no day of the calendar: it stands for no date",
    "date_in_future": "a date after the delivery of what had begun by then",
    "control_character": "a character that nobody sees: left out where the value is read",
    "key_reused": "the key stood for another person before: kept as two records",
    "id_shared": "the ID number stands with another name in another row: links nobody by itself",
    "key_repeated": "the key came twice with different content: the first line counts",
    "unknown_column": "the contract does not know a column: it was not read",
    "version_reused": "this version of the row came before with other content: that one stays",
}
TOLD = ("applied", "read again")
CONSERVED = "rows = new + changed + same + late + gone + twice + set aside 隔离; checked for each delivery"


def tell_deliveries(reports: Sequence[DeliveryReport], declarations: Declarations, console: Console) -> None:
    """Prints what became of each delivery, then the tables; those that had come before are only counted."""
    rows = [(each.delivery_id, _name(each), in_words(each)) for each in reports if each.state in TOLD]
    if rows:
        console.print(table("Deliveries 交付", ["#no.", "delivery", "what became of it"], rows))
    for drawn in delivery_tables(reports, declarations):
        console.print(drawn)
    repeated = sum(each.state == "repeated" for each in reports)
    if repeated:
        console.print(f"{repeated} deliveries had come before: nothing changed for them.")


def in_words(report: DeliveryReport) -> str:
    """What became of the rows of an applied delivery, and what else is to be said of it."""
    counts = [f"{report.counts[each]:,} {words}" for each, words in OUTCOME_WORDS.items() if report.counts.get(each)]
    ended = [f"{report.ended:,} that it no longer carries ended"] if report.ended else []
    doubtful = [f"{sum(report.issues.values()):,} doubts noted"] if report.issues else []
    parts = [*counts, *ended, *doubtful] or (["no rows"] if report.state == "applied" else [])
    return ". ".join(part for part in (", ".join(parts), report.note) if part)


def _name(report: DeliveryReport) -> str:
    return f"{report.feed} {report.mode} {report.date} no. {report.sequence}" if report.mode else report.file


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
    first: dict[tuple[str, str, str], str] = {}
    for each in reports:
        for fate, rules in (("set aside 隔离", each.quarantine), ("doubtful 存疑", each.issues)):
            for rule, count in rules.items():
                found[fate, each.feed, rule] += count
                place = f"no. {each.delivery_id} line {each.first_lines.get(rule, '–')}"
                first.setdefault((fate, each.feed, rule), place)
    ordered = sorted(found.items(), key=lambda item: (item[0][0].startswith("doubtful"), -item[1], item[0]))
    rows = [
        (feed, fate, rule_meaning(feed, rule, declarations), first[fate, feed, rule], n)
        for (fate, feed, rule), n in ordered[:RULES_SHOWN]
    ]
    rest = sum(n for _, n in ordered[RULES_SHOWN:])
    caption = f"and {len(ordered) - RULES_SHOWN} more kinds, {rest:,} rows" if rest else ""
    return table("Why 原因", ["feed", "fate", "rule", "first in", "#rows"], rows, caption=caption)


def rule_meaning(feed: str, rule: str, declarations: Declarations) -> str:
    """What rows of the feed that break this rule have wrong."""
    described = {each.id: each.description for each in declarations.contracts[feed].quality} | EVERY_FEED
    return described.get(rule, rule)
