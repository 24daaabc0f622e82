"""Accuracy on made-up districts of unseen seeds, each synthesized, run and evaluated by the hub's own commands."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.runs import evaluated, hub

UNSEEN = (101, 102, 103, 104, 105)


@dataclass(frozen=True)
class DistrictRun:
    """The figures of one seed as `hub evaluate --format json` prints them, with the time and memory of `hub run`."""

    seed: int
    figures: dict[str, Any]
    seconds: float
    peak_gib: float


def measure(seed: int, *, persons: int = 20_000, days: int = 3) -> DistrictRun:
    """Makes a district of the seed, runs everything on it and evaluates it."""
    with tempfile.TemporaryDirectory() as folder:
        out, home = Path(folder) / "district", Path(folder) / "home"
        hub(["synthesize", "--persons", str(persons), "--seed", str(seed), "--days", str(days), "--out", out])
        hub(["--home", home, "init", "--kind", "synthetic"])
        run = hub(["--home", home, "run", out / "feeds"])
        return DistrictRun(seed, evaluated(home, out / "truth"), run.seconds, run.peak_gib)
