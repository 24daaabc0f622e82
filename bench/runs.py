"""Runs of the hub as a user starts them: each command a process of its own, with its time and memory."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.processes import Watched, watch

HUB = Path(sys.executable).with_name("hub")


def hub(
    arguments: Sequence[object], *, environment: Mapping[str, str] | None = None, spill: Path | None = None
) -> Watched:
    """Runs `hub` with these arguments; raises CalledProcessError with its messages where it fails."""
    done = watch([HUB, *arguments], environment=environment, spill=spill)
    if done.code:
        raise subprocess.CalledProcessError(done.code, [HUB, *arguments], done.output, f"{done.output}\n{done.told}")
    return done


def evaluated(home: Path, truth: Path, *, schemas: Path | None = None) -> dict[str, Any]:
    """The figures of the home's current snapshot as `hub evaluate --format json` prints them."""
    overlay = [] if schemas is None else ["--schemas", schemas]
    found = hub(["--home", home, *overlay, "evaluate", "--truth", truth, "--format", "json"])
    figures: dict[str, Any] = json.loads(found.output)
    return figures
