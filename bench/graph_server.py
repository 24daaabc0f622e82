"""The graph of a district on a real server beside the embedded one: load, check, a day's changes, every question."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.district_size import Trial, need_home
from bench.measurements import Measurement, keep, measured
from bench.processes import Watched, watch
from bench.runs import HUB
from hub.graph.neo4j_servers import POINTER
from hub.serving import HELD
from schemas.declarations import load_declarations
from stores.home import open_home
from stores.snapshots import SnapshotShelf
from tools.neo4j.server import Memory, Server, make, start, wipe

MEMORY = Memory(heap="3g", page_cache="1500m")
# What publishing to a server leaves in a home.
LEFT = (HELD, POINTER)
STEP = re.compile(r"graph: (\d)/\d")
STEPS = ("tables and what is kept of them", "files", "stop, import, start", "constraints", "check")


def measure_graph_server(trial: Trial) -> None:
    """Every part in turn on a server of its own, which is gone afterwards."""
    need_home(trial)
    server = make(trial.work / f"server_{trial.persons}", memory=MEMORY)
    try:
        start(server)
        for name, part in PARTS.items():
            result = part(trial, server)
            keep(trial.work, result)
            print(f"{name} at {trial.persons:,}: {result.seconds:.0f} s, {result.peak_gib:.1f} GiB", flush=True)
    finally:
        wipe(server)
        for name in LEFT:
            _remove(trial.home / name)


def load(trial: Trial, server: Server) -> Measurement:
    """The graph of the current snapshot, from the tables until readers have it, by the server's own import."""
    done = _watched(trial, server, [HUB, "--home", trial.home, "graph", "load", "--how", "import"])
    model = load_declarations().graph
    with SnapshotShelf(open_home(trial.home).snapshots).reading() as snapshot:
        graph = {name: each.rows for name, each in snapshot.manifest.graph.items()}
    nodes = sum(graph[name] for name in model.labels)
    found = {"nodes": nodes, "relationships": sum(graph.values()) - nodes, "steps": steps(done)}
    return measured("graph: load", trial.persons, done, rows=sum(graph.values()), found=found)


def verify(trial: Trial, server: Server) -> Measurement:
    """Every property of every node and relationship beside the tables."""
    done = _watched(trial, server, [HUB, "--home", trial.home, "graph", "verify"])
    return measured("graph: verify", trial.persons, done, rows=0, found={})


def changes(trial: Trial, server: Server) -> Measurement:
    """As many changes as one transaction takes, and the same taken back."""
    done = _watched(trial, server, [sys.executable, "-m", "bench.graph_changes", trial.home])
    found = json.loads(done.output)
    return measured("graph: changes", trial.persons, done, rows=found["there"]["changes"], found=found)


def questions(trial: Trial, server: Server) -> Measurement:
    """Every question and entity question on both engines, and from findings."""
    done = _watched(trial, server, [sys.executable, "-m", "bench.graph_questions", trial.home, server.home])
    found = json.loads(done.output)
    return measured("graph: questions", trial.persons, done, rows=len(found["questions"]), found=found)


PARTS: Mapping[str, Callable[[Trial, Server], Measurement]] = {
    "load": load,
    "verify": verify,
    "changes": changes,
    "questions": questions,
}


def steps(done: Watched) -> Mapping[str, float]:
    """Seconds of each step of a load, by when the next one was told."""
    told = [(at, int(match[1])) for at, line in done.lines if (match := STEP.match(line))]
    begins = [0.0, *(min(at for at, step in told if step == number) for number in range(len(STEPS)))]
    return {name: later - at for name, at, later in zip(STEPS, begins, begins[1:], strict=False)}


def environment_of(server: Server, table: str = "neo4j") -> dict[str, str]:
    """What points the hub at the server and at its tools, in place of this table of home.toml."""
    tool = f"{sys.executable} -m tools.neo4j --home {server.home}"
    names = {name: f"{tool} {name}" for name in ("admin", "stop", "start")}
    settings = {"uri": server.uri, "password_file": str(server.password_file), **names}
    return {f"HUB_{table}_{name}".upper(): value for name, value in settings.items()}


def _watched(trial: Trial, server: Server, command: Sequence[object]) -> Watched:
    done = watch(
        command,
        environment=environment_of(server),
        spill=trial.home / "temp",
        servers=lambda: [pid for pid in [server.pid] if pid is not None],
    )
    if done.code:
        raise subprocess.CalledProcessError(done.code, command[0:3], done.output, f"{done.output}\n{done.told}")
    return done


def _remove(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
