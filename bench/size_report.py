"""The measurements at district size as Markdown tables."""

from collections.abc import Sequence

from bench.measurements import Measurement
from bench.report import HOUSEHOLD_HEADER, Cell, household_cells, table

ACCURACY = ("precision", "recall", "recall_of_decidable", "wrongly_merged_clusters", "largest_cluster", "records")

COMMANDS = {
    "synthesize": "hub synthesize",
    "run": "hub run, all feeds",
    "delta": "hub run, one daily delta",
    "rebuild": "hub run, all feeds with the delta",
}

CONTENDERS = {
    "hub": "hub: collapse, block, score, cluster, repair, name",
    "tables": "plain Splink, a table for each feed",
    "table": "plain Splink, one table",
}


def district_size(measurements: Sequence[Measurement]) -> str:
    """Everything that was measured of runs at district size."""
    runs = [each for each in measurements if each.part == "run" and not each.failed]
    whole = [each for part in COMMANDS for each in measurements if each.part == part]
    told = [wholes(whole)]
    if runs:
        told += [growth(runs), "Stages of `hub run`:", per_stage(runs), "Disk in GiB after `hub run`:", disk(runs)]
    evaluated = [each for each in measurements if each.part == "evaluate"]
    told += ["Links against truth:", accuracy(evaluated), households(evaluated)]
    for each in measurements:
        if each.part == "delta" and not each.failed:
            told += [f"The daily delta of {each.rows:,} rows at {each.persons:,} persons:", per_stage([each])]
        if each.part == "rebuild" and not each.failed:
            told += [f"Everything at once at {each.persons:,} persons, {limit(each)}:", per_stage([each])]
            told.append(partition(each))
    return "\n\n".join(told)


def wholes(measurements: Sequence[Measurement]) -> str:
    """Each command as a whole."""
    rows = [
        [
            each.persons,
            _name(each),
            each.rows,
            *(["–"] * 4 + [f"failed: {each.failed}"] if each.failed else _figures(each)),
        ]
        for each in measurements
    ]
    header = ["persons", "command", "rows", "wall s", "CPU s", "rows/s", "peak GiB, all processes", "spilled GiB"]
    return table(header, rows)


def growth(runs: Sequence[Measurement]) -> str:
    """How the time per row grows from the smallest size on."""
    smallest = runs[0]
    rows = [
        [each.persons, f"{1e6 * each.seconds / each.rows:.0f}", f"{_per_row(each) / _per_row(smallest):.2f}×"]
        for each in runs
    ]
    return table(["persons", "wall µs a row", "against the smallest"], rows)


def per_stage(runs: Sequence[Measurement]) -> str:
    """Wall and CPU seconds, rows a second and memory of each stage, a line for each size."""
    rows: list[Sequence[Cell]] = []
    for each in runs:
        for stage in each.stages:
            speed = round(each.rows / stage.seconds) if stage.seconds else None
            figures = [f"{stage.seconds:.1f}", f"{stage.cpu_seconds:.1f}", speed, f"{stage.peak_gib:.1f}"]
            rows.append([each.persons, stage.stage, *figures])
        rest = each.seconds - sum(stage.seconds for stage in each.stages)
        rest_of_cpu = each.cpu_seconds - sum(stage.cpu_seconds for stage in each.stages)
        rows.append([each.persons, "start, end", f"{rest:.1f}", f"{rest_of_cpu:.1f}", None, None])
    return table(["persons", "stage", "wall s", "CPU s", "rows/s", "peak GiB, all processes"], rows)


def disk(runs: Sequence[Measurement]) -> str:
    """GiB by part of the home, a column for each size."""
    parts = sorted({part for each in runs for part in each.found["disk"]})
    rows: list[Sequence[Cell]] = [[part, *(_gib(each.found["disk"].get(part)) for each in runs)] for part in parts]
    rows.append(["together", *(_gib(sum(each.found["disk"].values())) for each in runs)])
    return table(["part", *(f"{each.persons:,} persons" for each in runs)], rows)


def accuracy(measurements: Sequence[Measurement]) -> str:
    """Links by register and size."""
    rows = [
        [each.persons, register, *(figures[name] for name in ACCURACY)]
        for each in measurements
        for register, figures in each.found.items()
        if register != "households"
    ]
    return table(["persons", "register", *(name.replace("_", " ") for name in ACCURACY)], rows)


def households(measurements: Sequence[Measurement]) -> str:
    """Whether people who live together stay apart, by size."""
    rows = [
        [each.persons, *household_cells(each.found["households"])]
        for each in measurements
        if "households" in each.found
    ]
    return table(["persons", *HOUSEHOLD_HEADER], rows)


def beside_splink(measurements: Sequence[Measurement]) -> str:
    """Every contender with its time, its memory and how right it is; times against the hub's on the same records."""
    hub = {
        (each.persons, each.found["numbers"]): each.found["seconds"]
        for each in measurements
        if not each.failed and each.found["contender"] == "hub"
    }
    rows: list[Sequence[Cell]] = []
    for each in sorted(measurements, key=_place):
        found, name = each.found, CONTENDERS[each.found["contender"]]
        if each.failed:
            rows.append([each.persons, found["numbers"], f"{name}: failed, {each.failed}"])
            continue
        seconds, ours = found["seconds"], hub.get((each.persons, found["numbers"]))
        times = [f"{seconds:.1f}", f"{seconds / ours:.1f}×" if ours else None, f"{found['cpu_seconds']:.1f}"]
        times.append(f"{found['columns_seconds']:.1f}" if found["columns_seconds"] else None)
        right = [found[name] for name in ("precision", "recall", "recall_of_decidable", "largest_cluster")]
        counts = [found["records"], found["pairs"]]
        rows.append([each.persons, found["numbers"], name, *counts, *times, f"{each.peak_gib:.1f}", *right])
    header = ["persons", "ID numbers", "linked by", "records", "scored pairs", "wall s", "against the hub", "CPU s"]
    return table(
        [*header, "columns, wall s", "peak GiB", "precision", "recall", "recall of decidable", "largest cluster"], rows
    )


def partition(rebuild: Measurement) -> str:
    """Whether the rebuild gives the partition of the delta."""
    found = rebuild.found["partition"]
    if found["is_same"]:
        told = f"the same partition: {found['records']:,} records in {found['entities']:,} entities"
    else:
        told = (
            f"another partition: {found['entities_that_differ']:,} of {found['entities']:,} entities differ, "
            f"{found['records_of_one']:,} of {found['records']:,} records are in one of them only"
        )
    alike = "equal" if found["is_read_alike"] else "not equal"
    return f"The daily delta on top and everything at once give {told}; standard records and facts are {alike}."


def limit(rebuild: Measurement) -> str:
    """The memory limit of the rebuild in words."""
    return f"memory limit {rebuild.found['limit']}"


def _place(each: Measurement) -> tuple[int, str, int]:
    return each.persons, each.found["numbers"], list(CONTENDERS).index(each.found["contender"])


def _name(each: Measurement) -> str:
    return f"{COMMANDS[each.part]}, {limit(each)}" if "limit" in each.found else COMMANDS[each.part]


def _figures(each: Measurement) -> list[Cell]:
    speed = round(each.rows / each.seconds) if each.seconds else None
    return [f"{each.seconds:.0f}", f"{each.cpu_seconds:.0f}", speed, f"{each.peak_gib:.1f}", f"{each.spill_gib:.1f}"]


def _per_row(each: Measurement) -> float:
    return each.seconds / each.rows


def _gib(size: float | None) -> str:
    return "–" if size is None else f"{size:.2f}"
