"""What a visitor sees of a published snapshot: what was linked, answers with their reasons, one link explained."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from hub.figures import REGISTER_TITLES
from hub.formats import show
from hub.reading.ask import ask
from hub.reading.explain import explain, telling_pair
from hub.reading.reader import Reader
from hub.terminal import shown, table
from stores.warehouse import Warehouse

ROWS_TOLD = 3
# A row of each answer as a sentence; the names are the answer's columns.
REASONS: Mapping[str, str] = {
    "unregistered_dwellings": "{address}: {independent} departments ({kinds}) name {people} people there "
    "since {since}, last on {last_seen}; no hukou, no residence registration, no filed lease.",
    "overcrowded_dwellings": "{address}: {residents} residents on {area_m2} m², {m2_each} m² each, in {rooms} rooms; "
    "{households} unrelated households, the largest of {largest_family}.",
    "separated_residents": "{person_id}: hukou at {hukou_addresses}, living at {address} since {living_since} "
    "(confidence {confidence}).",
}


def links_table(entities: Warehouse) -> Group:
    """Records, entities and links of each register; counts only."""
    rows = entities.rows("""
        WITH counted AS (
            SELECT register, count(*) FILTER (origin = 'collapse') AS exact,
                   count(*) FILTER (origin = 'model' AND status = 'accepted') AS modelled,
                   count(*) FILTER (status = 'review') AS review, count(*) FILTER (status = 'cut') AS cut
            FROM link GROUP BY register
        ), sized AS (
            SELECT register, count(*) AS n, count(DISTINCT entity_id) AS entities FROM member GROUP BY register
        )
        SELECT register, n, entities, exact, modelled, review, cut
        FROM sized LEFT JOIN counted USING (register) ORDER BY register
    """)
    rows = [(REGISTER_TITLES.get(register, register), *counts) for register, *counts in rows]
    columns = ["register 登记", "#records", "#entities", "#exact", "#by model", "#for review", "#cut in repair"]
    return table("What was linked 归并 (links between records)", columns, rows)


def show_answers(reader: Reader, console: Console) -> str | None:
    """Three answers, each with its question and its first rows as sentences; the id of the first house among them."""
    first = None
    for name, reason in REASONS.items():
        question = reader.declarations.questions[name]
        found = ask(reader, name, {})
        rows = found.answer.table
        console.print(f"\n[bold]{question.title_en} {question.title_zh}[/]: {rows.num_rows:,}")
        console.print(Padding(Text(f"{question.question_en} {question.question_zh}", style="italic"), (0, 0, 0, 2)))
        listed = Table.grid(padding=(0, 1))
        for row in rows.slice(0, ROWS_TOLD).to_pylist():
            first = first or row.get("house_id")
            told = reason.format_map({column: _told(value) for column, value in row.items()})
            listed.add_row("  •", Text(told))
        console.print(listed)
        console.print(f"  [dim]snapshot {found.snapshot} · audit line {found.audit_sequence}[/]")
    return first


def _told(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else shown(value)


def show_explained_link(reader: Reader, console: Console) -> tuple[str, str] | None:
    """One link that neither an equal number nor an equal name gives away, with its weights; its two records."""
    pairs = telling_pair(reader).answer.table.to_pylist()
    if not pairs:
        return None
    pair = pairs[0]
    console.print(
        f"{pair['left_name']} in {pair['left'].partition(':')[0]} and {pair['right_name']} in "
        f"{pair['right'].partition(':')[0]}: other names, other ID numbers. Why are they one person?\n"
    )
    show(explain(reader, pair["left"], pair["right"]), console)
    return pair["left"], pair["right"]


@dataclass(frozen=True)
class Visit:
    """How the visitor called the hub, and where the demonstration lies."""

    hub: str
    home: Path
    truth: Path


def next_commands(visit: Visit, house: str | None, pair: tuple[str, str] | None) -> list[str]:
    """Commands that a visitor may try next."""
    hub = f"{visit.hub if Path(visit.hub).name == 'hub' else 'hub'} --home {visit.home}"
    records = f"{pair[0]} {pair[1]}" if pair else "FEED:RECORD_KEY FEED:RECORD_KEY"
    return [
        f"{hub} status",
        f"{hub} ask --list",
        f"{hub} ask youth_out_of_school_and_work --purpose training",
        f"{hub} ask unregistered_dwellings --purpose training --format csv --output dwellings.csv",
        f"{hub} neighbourhood {house or 'ID'} --purpose training",
        f"{hub} explain {records} --purpose training",
        f"{hub} evaluate --truth {visit.truth} --format json",
        f"{hub} ask old_people_alone   # no purpose: refused, and the refusal is written down",
    ]
