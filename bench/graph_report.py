"""What a graph server takes, as Markdown tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.measurements import Measurement
from bench.report import Cell, table

WHOLES = {
    "graph: load": "hub graph load: files, import, constraints, check",
    "graph: verify": "hub graph verify",
}


def graph_server(measurements: Sequence[Measurement]) -> str:
    """Everything that was measured of graphs on a server, size by size."""
    found = {(each.persons, each.part): each for each in measurements}
    told = [wholes(measurements)]
    for persons in sorted({each.persons for each in measurements}):
        if (persons, "graph: questions") in found:
            told += _answers(persons, found[persons, "graph: questions"].found)
    return "\n\n".join(told)


def wholes(measurements: Sequence[Measurement]) -> str:
    """Load, check and changes with time and memory."""
    rows: list[Sequence[Cell]] = []
    for each in measurements:
        memory = f"{each.peak_gib:.1f}"
        if each.part in WHOLES:
            steps = "; ".join(f"{name} {seconds:.0f} s" for name, seconds in each.found.get("steps", {}).items())
            rows.append([each.persons, WHOLES[each.part], each.rows or None, f"{each.seconds:.0f}", memory, steps])
        if each.part == "graph: changes":
            for way, name in (("there", "changes in one transaction"), ("back", "the same taken back")):
                took = each.found[way]
                rows.append([each.persons, name, took["changes"], f"{took['seconds']:.0f}", memory, ""])
    return table(
        ["persons", "what", "nodes, relationships or changes", "wall s", "peak GiB, hub and server", "of it"], rows
    )


def _answers(persons: int, found: Mapping[str, Any]) -> list[str]:
    questions = found["questions"]
    differ = [name for name, each in questions.items() if not each["equal"]]
    rows = [
        [name, each["rows"], *(f"{seconds:.2f}" for seconds in (*each["embedded"], *each["server"], each["findings"]))]
        for name, each in questions.items()
    ]
    header = ["question", "rows", "embedded, cold s", "warm s", "server, cold s", "warm s", "from findings s"]
    equal = f"Answers of the two engines that differ: {len(differ)} of {len(questions)}{_named(differ)}."
    entities = [
        [name, engine, each["count"], *(f"{each[figure]:.1f}" for figure in ("median", "p95", "most"))]
        for engine, figures in found["entities"].items()
        for name, each in figures.items()
    ]
    door = found["door"]
    entities.append(["1 hop, `hub neighbourhood` on the server", "", door["count"]])
    entities[-1] += [f"{door[figure]:.1f}" for figure in ("median", "p95", "most")]
    return [
        f"Questions at {persons:,} persons:",
        table(header, rows),
        equal,
        table(["entity question, warm", "engine", "asked", "median ms", "95th percentile ms", "most ms"], entities),
    ]


def _named(names: Sequence[str]) -> str:
    return f" ({', '.join(names)})" if names else ""
