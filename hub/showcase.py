"""What a visitor sees of a published snapshot: what was linked, answers with their reasons, one link explained."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from hub.formats import show
from hub.reading.ask import ask
from hub.reading.explain import explain, telling_pair
from hub.reading.reader import Reader
from hub.terminal import shown, table
from schemas.declarations import Declarations
from stores.warehouse import Warehouse

ROWS_TOLD = 3
# A row of each answer as a sentence; the names are the answer's columns.
REASONS: Mapping[str, str] = {
    "unregistered_dwellings": "{address}: {independent} departments ({kinds}) name {people} people there "
    "since {since}, last on {last_seen}; no hukou, no residence registration, no filed lease.",
    "overcrowded_dwellings": "{address}: {residents} residents on {area_m2} m², {m2_each} m² each, in {rooms} rooms; "
    "the largest family among them has {largest_family}.",
    "separated_residents": "{person_id}: hukou at {hukou_addresses}, living at {address} since {living_since} "
    "(confidence {confidence}).",
}


def links_table(entities: Warehouse) -> Table:
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
    columns = ["register 登记", "#records", "#entities", "#exact", "#by model", "#for review", "#cut in repair"]
    return table("What was linked 归并 (links between records)", columns, rows)


def show_answers(reader: Reader, console: Console) -> None:
    """Three answers, each with its question, its first rows as sentences and when it is wrong."""
    for name, reason in REASONS.items():
        question = reader.declarations.questions[name]
        found = ask(reader, name, {})
        rows = found.answer.table
        console.print(f"\n[bold]{question.title_en} {question.title_zh}[/]: {rows.num_rows:,}")
        console.print(f"  [italic]{question.question_en}[/]")
        for row in rows.slice(0, ROWS_TOLD).to_pylist():
            told = reason.format_map({column: shown(value) for column, value in row.items()})
            console.print(f"  • {told}", markup=False)
        console.print(f"  [dim]hub ask {name} · snapshot {found.snapshot} · audit line {found.audit_sequence}[/]")


def show_explained_link(reader: Reader, console: Console) -> tuple[str, str] | None:
    """One link that neither an equal number nor an equal name gives away, with its weights; its two records."""
    pairs = telling_pair(reader).answer.table.to_pylist()
    if not pairs:
        return None
    left, right = pairs[0]["left"], pairs[0]["right"]
    show(explain(reader, left, right), console)
    return left, right


def next_commands(home: str, truth: str, pair: tuple[str, str] | None, declarations: Declarations) -> list[str]:
    """Commands that a visitor may try next."""
    hub = f"hub --home {home}"
    commands = [
        f"{hub} status",
        f"{hub} ask --list",
        f"{hub} ask unregistered_dwellings --purpose training --format csv --output dwellings.csv",
        f"{hub} neighbourhood ID --purpose training          # an id of an answer's first column",
        f"{hub} evaluate --truth {truth} --format json",
        f"{hub} ask old_people_alone                         # without a purpose: refused, and written down",
    ]
    if pair is not None:
        commands.insert(4, f"{hub} explain {pair[0]} {pair[1]} --purpose training")
    return commands
