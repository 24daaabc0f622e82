"""`python -m bench`: measures what is asked for and writes bench/RESULTS.md, section by section."""

import re
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from bench import report
from bench.accuracy import UNSEEN, measure
from bench.district import hardness
from bench.public_sets import compare
from examples.prepare import SETS

RESULTS = Path(__file__).with_name("RESULTS.md")
SECTIONS = ("public sets", "plain Splink on a district", "unseen seeds")
PERSONS = 20_000


def main(
    only: Annotated[list[str] | None, typer.Option(help=f"Sections: {', '.join(SECTIONS)}; all if none")] = None,
    persons: Annotated[int, typer.Option(help="Size of the made-up districts")] = PERSONS,
    seeds: Annotated[list[int] | None, typer.Option(help="Seeds of the made-up districts")] = None,
) -> None:
    """Writes the sections that are asked for into bench/RESULTS.md; the others stay as they are."""
    asked, unseen = only or list(SECTIONS), tuple(seeds or UNSEEN)
    if SECTIONS[0] in asked:
        write(SECTIONS[0], public_sets())
    if SECTIONS[1] in asked:
        write(SECTIONS[1], plain_splink(persons))
    if SECTIONS[2] in asked:
        write(SECTIONS[2], unseen_seeds(persons, unseen))


def public_sets() -> str:
    """Both public sets beside Splink as it comes."""
    found = [compare(name) for name in SETS]
    return (
        "Pairs within clusters; the hub at the thresholds of its linkage models (persons 0.9, units 0.95), plain "
        "Splink at 0.95. `historical_people` is linked by plain Splink with the blocking, comparisons and training of "
        "its public demo; `restaurants` with the library's usual comparisons, telephone numbers given as digits.\n\n"
        + report.public_sets(found)
    )


def plain_splink(persons: int, seed: int = 1) -> str:
    """How hard the made-up district is."""
    with tempfile.TemporaryDirectory() as folder:
        found = hardness(Path(folder), persons=persons, seed=seed)
    return (
        "The district's standard person records, linked by Splink's library comparisons without household guard, "
        "collapse or repair; pairs within clusters. Address pairs agree in family name and address and in no number, "
        "birth date or phone; family pairs are those of them with different given names.\n\n"
        + report.hardness(found, persons, seed)
    )


def unseen_seeds(persons: int, seeds: tuple[int, ...]) -> str:
    """Figures of seeds that nothing was developed on."""
    runs = [measure(seed, persons=persons) for seed in seeds]
    parts = (report.registers(runs), report.feeds(runs), report.residence(runs), report.questions(runs))
    return f"{persons:,} persons each, a full dump and three daily deltas.\n\n" + "\n\n".join(parts)


def write(section: str, text: str) -> None:
    """Puts a section into the results in place of its earlier self."""
    body = f"## {section}\n\n{text}\n\nMachine: {report.machine()}. Command: `python -m bench --only '{section}'`.\n"
    page = RESULTS.read_text(encoding="utf-8") if RESULTS.is_file() else "# Results\n"
    pattern = re.compile(rf"^## {re.escape(section)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    page = pattern.sub(lambda _: body + "\n", page) if pattern.search(page) else f"{page}\n{body}"
    RESULTS.write_text(page.rstrip() + "\n", encoding="utf-8")
    print(f"{RESULTS}: {section}")


if __name__ == "__main__":
    typer.run(main)
