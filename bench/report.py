"""Tables of measurements as Markdown."""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from bench.accuracy import DistrictRun
from bench.public_suites import PublicRun
from bench.scores import Score
from bench.stock_district import Hardness

Cell = str | int | float | None
HOUSEHOLD_HEADER = ("pairs living together", "made one person", "share", "persons with two valid ID numbers")
REGISTERS = ("person", "house", "unit")


def table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A Markdown table; shares with four decimals, what is missing as a dash."""
    lines = [header, ["---"] * len(header), *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine() -> str:
    """One line on the machine and the engines."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    engines = ", ".join(f"{name} {version(name)}" for name in ("splink", "duckdb"))
    return (
        f"{os.cpu_count()} cores, {pages / 2**30:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {engines}"
    )


def public_suites(runs: Iterable[PublicRun]) -> str:
    """Clusters of the public sets: the hub beside plain Splink, and what either took."""
    rows: list[Sequence[Cell]] = []
    keys = ("precision", "recall", "f1", "b3_f1", "wrongly_merged_clusters")
    for run in runs:
        own = run.figures["registers"][run.register]
        taken = run.seconds("ingest", "train", "resolve", "publish"), run.seconds(f"stock {run.register}")
        for who, found, seconds in (("hub", own, taken[0]), ("stock Splink", own["stock"], taken[1])):
            figures = [found.get(key) for key in keys]
            rows.append(
                [
                    run.name,
                    own["records"],
                    str(run.threshold),
                    who,
                    *figures,
                    own["blocking_recall"] if who == "hub" else None,
                    f"{seconds:.0f} s",
                    f"{run.peak_gib:.1f} GiB" if who == "hub" else None,
                ]
            )
    header = ["set", "records", "threshold", "linked by", "precision", "recall", "F1", "B³ F1", "mixed clusters"]
    return table([*header, "blocking recall", "time", "peak memory of the run"], rows)


def hardness(found: Hardness, persons: int, seed: int) -> str:
    """What plain Splink makes of a district's persons."""
    row = [persons, seed, *_shares(found.clusters), found.family_precision, found.address_precision]
    header = ["persons", "seed", "precision", "recall", "F1", "precision of family pairs", "of all address pairs"]
    return table(header, [row])


def registers(runs: Iterable[DistrictRun]) -> str:
    """Links per seed and register."""
    keys = ("precision", "recall", "recall_of_decidable", "f1", "b3_f1", "blocking_recall", "wrongly_merged_clusters")
    rows = [
        [run.seed, register, *(run.figures["registers"][register].get(key) for key in keys)]
        for run in runs
        for register in REGISTERS
    ]
    return table(["seed", "register", *(key.replace("_", " ") for key in keys)], rows)


def feeds(runs: Sequence[DistrictRun]) -> str:
    """Links per register and feed over all seeds: pairs with a record of the feed on either side."""
    counts: dict[tuple[str, str], list[int]] = {}
    for run in runs:
        for register in REGISTERS:
            for pair in run.figures["registers"][register]["feeds"]:
                for feed in {pair["feed_l"], pair["feed_r"]}:
                    sums = counts.setdefault((register, feed), [0] * len(FEED_COUNTS))
                    counts[register, feed] = [total + pair[key] for total, key in zip(sums, FEED_COUNTS, strict=True)]
    rows = [
        [register, feed, right / found if found else None, decided / decidable if decidable else None]
        for (register, feed), (found, right, decidable, decided) in sorted(counts.items())
    ]
    return table(["register", "feed", "precision", "recall of decidable"], rows)


def residence(runs: Iterable[DistrictRun]) -> str:
    """Residence, time and memory per seed."""
    rows = [
        [
            run.seed,
            *(run.figures["residence"].get(key) for key in ("accuracy", "accuracy_of_decidable")),
            f"{run.seconds:.0f} s",
            f"{run.peak_gib:.1f} GiB",
        ]
        for run in runs
    ]
    return table(["seed", "persons in their true dwelling", "of decidable", "hub run", "peak memory"], rows)


def households(runs: Iterable[DistrictRun]) -> str:
    """Whether people who live together stay apart, per seed."""
    rows = [[run.seed, *household_cells(run.figures["households"])] for run in runs]
    return table(["seed", *HOUSEHOLD_HEADER], rows)


def household_cells(found: Mapping[str, Any]) -> Sequence[Cell]:
    """The figures of households in the order of their header."""
    share = f"{found['share_merged']:.3%}"
    return found["pairs_together"], found["pairs_merged"], share, found["entities_with_two_valid_numbers"]


def questions(runs: Sequence[DistrictRun]) -> str:
    """Answers per question and seed."""
    names = sorted({name for run in runs for name in run.figures["questions"]})
    rows = [
        [name, run.seed, *(run.figures["questions"].get(name, {}).get(key) for key in QUESTION_KEYS)]
        for name in names
        for run in runs
    ]
    return table(["question", "seed", *(key.replace("_", " ") for key in QUESTION_KEYS)], rows)


FEED_COUNTS = ("found_pairs", "right_pairs", "decidable_pairs", "right_of_decidable")
QUESTION_KEYS = ("precision", "recall", "decoys_flagged", "answers", "situations")


def _shares(score: Score) -> list[Cell]:
    return [score.precision, score.recall, score.f1]


def _cell(value: Cell) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value
