"""The public suites, each run by `hub evaluate --suite` in a process of its own, with plain Splink in the same run."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.runs import hub
from bench.suites.convert import SETS, convert


@dataclass(frozen=True)
class PublicRun:
    """What the command printed of one suite, and the peak of all its processes."""

    name: str
    register: str
    figures: dict[str, Any]
    peak_gib: float

    @property
    def threshold(self) -> float:
        """The match probability that was declared."""
        return float(self.figures["threshold"]["accept"])

    def seconds(self, *stages: str) -> float:
        """What these stages took together."""
        return sum(float(use["seconds"]) for use in self.figures["stages"] if use["stage"] in stages)


def run_public(name: str) -> PublicRun:
    """Converts the public files and runs the suite; raises FileNotFoundError where the data folder lacks them."""
    with tempfile.TemporaryDirectory() as folder:
        done = hub(["evaluate", "--suite", convert(name, Path(folder)), "--format", "json"])
    return PublicRun(name, SETS[name].register, json.loads(done.output), done.peak_gib)


def run_all(names: Sequence[str] | None = None) -> list[PublicRun]:
    """The runs of these suites, or of all."""
    return [run_public(name) for name in names or SETS]
