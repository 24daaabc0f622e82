"""Commands as processes of their own: wall and CPU time, memory of the whole process tree, and the stages they tell."""

import os
import re
import resource
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

INTERVAL = 0.15
PAGE = os.sysconf("SC_PAGE_SIZE")
STAGE = re.compile(r"(\w+): done in ([\d.]+) s \(CPU ([\d.]+) s, peak memory [\d.]+ GiB\)")


@dataclass(frozen=True)
class Stage:
    """What one stage of a command took; `peak_gib` is of all its processes together."""

    stage: str
    seconds: float
    cpu_seconds: float
    peak_gib: float


@dataclass(frozen=True)
class Watched:
    """A command that has ended: what it said and what it took.

    Memory is the sum of the resident pages of all its processes, so pages that two of them share count twice. CPU is
    of all processes that were waited for. `spill_gib` is the most that a watched folder held. `lines` are what it said
    on standard error, each with the seconds since it began.
    """

    code: int
    output: str
    told: str
    seconds: float
    cpu_seconds: float
    peak_gib: float
    spill_gib: float
    stages: tuple[Stage, ...]
    lines: tuple[tuple[float, str], ...] = ()


def watch(
    command: Sequence[object],
    *,
    environment: Mapping[str, str] | None = None,
    spill: Path | None = None,
    servers: Callable[[], Sequence[int]] = tuple,
) -> Watched:
    """Runs the command in a session of its own and samples its processes until it ends; one at a time.

    The memory of the sessions that `servers` gives is counted with it.
    """
    used = _children_cpu()
    started = time.monotonic()
    lines: list[tuple[float, str]] = []
    memory: list[tuple[float, int]] = []
    spilled = 0
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        with subprocess.Popen(
            [str(part) for part in command],
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        ) as process:
            reader = threading.Thread(target=_read, args=(process.stderr or (), lines))
            reader.start()
            while process.poll() is None:
                memory.append((time.monotonic(), session_bytes(process.pid, *servers())))
                spilled = max(spilled, folder_bytes(spill) if spill is not None else 0)
                time.sleep(INTERVAL)
            reader.join()
        seconds = time.monotonic() - started
        output.seek(0)
        said = output.read()
    return Watched(
        code=process.returncode,
        output=said,
        told="".join(line for _, line in lines),
        seconds=seconds,
        cpu_seconds=_children_cpu() - used,
        peak_gib=_peak(memory, 0, float("inf")),
        spill_gib=spilled / 2**30,
        stages=stages(lines, memory),
        lines=tuple((at - started, line.rstrip("\n")) for at, line in lines),
    )


def stages(lines: Iterable[tuple[float, str]], memory: Sequence[tuple[float, int]]) -> tuple[Stage, ...]:
    """The stages that the lines (time, text) tell the end of, with the memory (time, bytes) since the stage before."""
    found: dict[str, Stage] = {}
    since = 0.0
    for at, line in lines:
        if match := STAGE.match(line):
            name, seconds, cpu = match[1], float(match[2]), float(match[3])
            peak, earlier = _peak(memory, since, at), found.get(name, Stage(name, 0, 0, 0))
            found[name] = Stage(name, earlier.seconds + seconds, earlier.cpu_seconds + cpu, max(earlier.peak_gib, peak))
            since = at
    return tuple(found.values())


def session_bytes(*sessions: int) -> int:
    """Resident memory of all processes of these sessions; a process that ends meanwhile counts nothing."""
    return sum(_bytes_in(sessions, path / "stat") for path in Path("/proc").iterdir() if path.name.isdigit())


def _bytes_in(sessions: Sequence[int], file: Path) -> int:
    try:
        fields = file.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[21]) * PAGE if int(fields[3]) in sessions else 0


def folder_bytes(folder: Path) -> int:
    """Bytes of all files under a folder, or of one file; 0 where nothing is there."""
    if not folder.is_dir():
        return folder.stat().st_size if folder.is_file() else 0
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size if not path.is_dir() else 0
        except OSError:
            continue
    return total


def _read(stream: Iterable[str], lines: list[tuple[float, str]]) -> None:
    for line in stream:
        lines.append((time.monotonic(), line))


def _peak(memory: Sequence[tuple[float, int]], since: float, until: float) -> float:
    return max((size for at, size in memory if since <= at <= until), default=0) / 2**30


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
