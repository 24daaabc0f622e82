"""Runs of the hub as a user starts them: each command a process of its own, with its time and memory."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HUB = Path(sys.executable).with_name("hub")


@dataclass(frozen=True)
class Timed:
    """What a command printed, how long it took and the most memory that any command so far has held."""

    output: str
    seconds: float
    peak_gib: float


def hub(arguments: Sequence[object]) -> Timed:
    """Runs `hub` with these arguments; raises CalledProcessError with its messages where it fails."""
    started = time.monotonic()
    done = subprocess.run([HUB, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout, f"{done.stdout}\n{done.stderr}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    return Timed(done.stdout, time.monotonic() - started, peak)


def evaluated(home: Path, truth: Path, *, schemas: Path | None = None) -> dict[str, Any]:
    """The figures of the home's current snapshot as `hub evaluate --format json` prints them."""
    overlay = [] if schemas is None else ["--schemas", schemas]
    found = hub(["--home", home, *overlay, "evaluate", "--truth", truth, "--format", "json"])
    figures: dict[str, Any] = json.loads(found.output)
    return figures
