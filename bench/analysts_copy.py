"""The analysts' copy of a district: time, memory, rows made coarser, how many persons are unique, and a study on it."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.district_size import Trial, need_home
from bench.graph_server import environment_of
from bench.measurements import Measurement, keep, measured
from bench.processes import folder_bytes, watch
from bench.report import Cell, table
from bench.runs import hub
from hub.analysis.releases import FOLDER, Release, read_release
from tools.neo4j.server import Memory, Server, make, start, wipe

PARTS = ("copy housing", "copy whole", "copy on a server")
NOTEBOOK = Path(__file__).parents[1] / "docs" / "analysis" / "operators.ipynb"
MEMORY = Memory(heap="2g", page_cache="1g")


def measure_analysts_copy(trial: Trial) -> None:
    """Measures both studies, embedded, and the notebook on a server; keeps the results in the work folder."""
    need_home(trial)
    for part in PARTS:
        try:
            result = _on_server(trial, part) if part == PARTS[-1] else _embedded(trial, part)
        except subprocess.CalledProcessError as error:
            told = " ".join(f"{error.stderr or ''}".replace("|", "/").split())[-600:]
            result = Measurement(part, trial.persons, failed=f"exit {error.returncode}: … {told}")
        keep(trial.work, result)
        print(f"{part} at {trial.persons:,}: {result.failed or f'{result.seconds:.0f} s'}", flush=True)


def analysts_copy(measurements: Sequence[Measurement]) -> str:
    """Everything that was measured of copies, as tables."""
    done = [each for each in measurements if each.part in PARTS]
    return "\n\n".join([_times(done), _privacy([each for each in done if not each.failed])])


def _times(measurements: Sequence[Measurement]) -> str:
    rows: list[Sequence[Cell]] = []
    for each in measurements:
        if each.failed:
            rows.append([each.persons, each.part, f"failed: {each.failed}"])
            continue
        notebook = each.found.get("notebook_seconds")
        times = [f"{each.seconds:.0f}", f"{each.cpu_seconds:.0f}", f"{each.peak_gib:.1f}", f"{each.spill_gib:.1f}"]
        size = each.found.get("gib")
        rows.append(
            [each.persons, each.part, each.rows, *times, size and f"{size:.2f}", notebook and f"{notebook:.0f}"]
        )
    header = ["persons", "copy", "nodes and relationships", "wall s", "CPU s", "peak GiB", "spilled GiB", "graph GiB"]
    return table([*header, "notebook, wall s"], rows)


def _privacy(measurements: Sequence[Measurement]) -> str:
    rows: list[Sequence[Cell]] = []
    for each in measurements:
        figures = each.found["figures"]
        coarser = [
            f"{_percent(figures['generalised'][name] / max(figures['rows'][name], 1))} {name}" for name in LABELS
        ]
        before, after = ([figures[when][what] for what in ATTACKS] for when in ("before", "after"))
        unique = [f"{_percent(one)} → {_percent(other)}" for one, other in zip(before, after, strict=True)]
        left_out = ", ".join(f"{rows:,} {name}" for name, rows in figures["left_out"].items() if rows)
        ladder = ", ".join(f"{rung} {_percent(share)}" for rung, _, share in figures["steps"])
        rows.append([each.persons, each.part, ", ".join(coarser), *unique, left_out or None, ladder])
    header = [
        "persons",
        "copy",
        "made coarser for k ≥ 10",
        "unique by values",
        "with one step",
        "with all of neighbours",
    ]
    return table([*header, "relationships left out", "unique after each rung"], rows)


LABELS, ATTACKS = ("Person", "House", "Unit"), ("values", "structure", "neighbours")


def _percent(share: float) -> str:
    return f"{share:.2%}"


def _embedded(trial: Trial, part: str) -> Measurement:
    study = part.removeprefix("copy ")
    command = ["--home", trial.home, "graph", "export", "--analysis", "--study", study, "--purpose", "training"]
    done = hub(command, spill=trial.home / "temp")
    release = _newest(trial)
    gib = folder_bytes(trial.home / FOLDER / release.id) / 2**30
    return measured(part, trial.persons, done, rows=_rows(release), found={"figures": release.figures, "gib": gib})


def _on_server(trial: Trial, part: str) -> Measurement:
    """The housing study on a server of its own, and the notebook there, without the memory of server and kernel."""
    with _server() as server, tempfile.TemporaryDirectory() as folder:
        environment = environment_of(server, "analysis")
        command = ["--home", trial.home, "graph", "export", "--analysis", "--purpose", "training", "--to", "server"]
        done = hub(command, environment=environment, spill=trial.home / "temp")
        run = [sys.executable, "-m", "tools.notebooks", NOTEBOOK, "--to", Path(folder) / "done.ipynb"]
        notebook = watch(run, environment=environment)
        if notebook.code:
            raise subprocess.CalledProcessError(notebook.code, run, notebook.output, notebook.told)
        study = _last_line(Path(folder) / "done.ipynb")
    release = _newest(trial)
    found = {"figures": release.figures, "notebook_seconds": notebook.seconds, "study": study}
    return measured(part, trial.persons, done, rows=_rows(release), found=found)


@contextmanager
def _server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        server = make(Path(folder) / "analysts", memory=MEMORY)
        try:
            start(server)
            yield server
        finally:
            wipe(server)


def _newest(trial: Trial) -> Release:
    folders = [path for path in (trial.home / FOLDER).iterdir() if not path.name.startswith(".")]
    return read_release(max(folders, key=lambda each: each.stat().st_mtime))


def _rows(release: Release) -> int:
    return sum(release.figures["rows"].values())


def _last_line(notebook: Path) -> dict[str, Any]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    found: dict[str, Any] = json.loads("".join(cells[-1]["outputs"][0]["text"]))
    return found
