"""A district of any size from its feeds to a snapshot, a daily delta on top, and all of it again with little memory."""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.daily_delta import base_deliveries, write_daily_delta
from bench.measurements import Measurement, keep, measured
from bench.partitions import compare_partitions
from bench.processes import Watched, folder_bytes
from bench.runs import hub
from stores.snapshots import ENTITY_INDEX

DAYS = 5
PERSONS_PER_CHANGE = 30  # 50,000 changed rows a day at 1.5 million persons
MEMORY_LIMIT = "4GB"


@dataclass(frozen=True)
class Trial:
    """One size with its folders; what a part needs and does not find is made first."""

    work: Path
    persons: int
    seed: int = 1

    @property
    def district(self) -> Path:
        """Feeds and truth."""
        return self.work / f"district_{self.persons}"

    @property
    def home(self) -> Path:
        """The home that the feeds go into, and the daily delta after them."""
        return self.work / f"home_{self.persons}"

    @property
    def rebuilt(self) -> Path:
        """The home that everything goes into at once."""
        return self.work / f"rebuilt_{self.persons}"

    @property
    def delta(self) -> Path:
        """The daily delta."""
        return self.work / f"delta_{self.persons}"


def measure(trial: Trial, part: str) -> Measurement:
    """Measures one of PARTS and keeps the result in the work folder, also where the command fails."""
    trial.work.mkdir(parents=True, exist_ok=True)
    try:
        result = PARTS[part](trial)
    except subprocess.CalledProcessError as error:
        told = " ".join(str(error.stderr).replace("|", "/").split())[-600:]
        limited = {"limit": MEMORY_LIMIT} if part == "rebuild" else {}
        result = Measurement(part, trial.persons, failed=f"exit {error.returncode}: … {told}", found=limited)
    shutil.rmtree(trial.rebuilt, ignore_errors=True)
    keep(trial.work, result)
    print(
        f"{part} at {trial.persons:,}: {result.failed or f'{result.seconds:.0f} s, {result.peak_gib:.1f} GiB'}",
        flush=True,
    )
    return result


def synthesize(trial: Trial) -> Measurement:
    """Makes the district up, in place of an earlier one."""
    for folder in (trial.district, trial.delta):
        shutil.rmtree(folder, ignore_errors=True)
    persons, seed, days = (str(each) for each in (trial.persons, trial.seed, DAYS))
    done = hub(["synthesize", "--persons", persons, "--seed", seed, "--days", days, "--out", trial.district])
    made = json.loads((trial.district / "truth" / "district.json").read_text(encoding="utf-8"))
    found = {"gib": folder_bytes(trial.district) / 2**30}
    return measured("synthesize", trial.persons, done, rows=sum(made["rows"].values()), found=found)


def run(trial: Trial) -> Measurement:
    """Full dumps and daily deltas from files to a published snapshot, in a fresh home."""
    _need_district(trial)
    done = _fresh_run(trial.home, base_deliveries(trial.district / "feeds", DAYS))
    return measured("run", trial.persons, done, rows=_rows(trial.home), found={"disk": disk(trial.home)})


def evaluate(trial: Trial) -> Measurement:
    """The snapshot of `run`, or of `delta` after it, against truth."""
    need_home(trial)
    done = hub(["--home", trial.home, "evaluate", "--truth", trial.district / "truth", "--format", "json"])
    figures = json.loads(done.output)
    found = {name: _accuracy(each) for name, each in figures["registers"].items()} | {
        "households": figures["households"]
    }
    return measured("evaluate", trial.persons, done, rows=_rows(trial.home), found=found)


def delta(trial: Trial) -> Measurement:
    """One more daily delta on the home that `run` left."""
    need_home(trial)
    if _has_delta(trial.home):
        keep(trial.work, run(trial))
    before = _rows(trial.home)
    done = hub(["--home", trial.home, "run", trial.delta], spill=trial.home / "temp")
    return measured("delta", trial.persons, done, rows=_rows(trial.home) - before, found={"disk": disk(trial.home)})


def rebuild(trial: Trial) -> Measurement:
    """Everything at once into a fresh home with little memory; then the partition beside the one of `delta`."""
    need_home(trial)
    if not _has_delta(trial.home):
        keep(trial.work, delta(trial))
    deliveries = [*base_deliveries(trial.district / "feeds", DAYS), trial.delta]
    done = _fresh_run(trial.rebuilt, deliveries, HUB_MEMORY_LIMIT=MEMORY_LIMIT)
    found = {"limit": MEMORY_LIMIT, "partition": compare_partitions(trial.home, trial.rebuilt).as_json()}
    return measured("rebuild", trial.persons, done, rows=_rows(trial.rebuilt), found=found)


PARTS: Mapping[str, Callable[[Trial], Measurement]] = {
    "synthesize": synthesize,
    "run": run,
    "evaluate": evaluate,
    "delta": delta,
    "rebuild": rebuild,
}
FOUNDATIONS = ("synthesize", "run")
AT_EVERY_SIZE = ("synthesize", "run", "evaluate")


def disk(home: Path) -> dict[str, float]:
    """GiB by part of a home; the files of the current snapshot one by one."""
    parts = {path.name: path for path in sorted(home.iterdir()) if path.name != "snapshots"}
    current = (home / "snapshots" / "current").resolve()
    parts |= {f"snapshot: {path.name}": path for path in sorted(current.iterdir())}
    sizes = {name: folder_bytes(path) / 2**30 for name, path in parts.items()}
    return {name: size for name, size in sizes.items() if size >= 1e-5}


def _need_district(trial: Trial) -> None:
    if not (trial.district / "truth" / "district.json").is_file():
        keep(trial.work, synthesize(trial))
    if not trial.delta.is_dir():
        rows = max(trial.persons // PERSONS_PER_CHANGE, 1)
        write_daily_delta(trial.district / "feeds", trial.delta, days=DAYS, rows=rows)


def need_home(trial: Trial) -> None:
    """Makes the district and runs it where the trial has no published snapshot yet."""
    _need_district(trial)
    if not (trial.home / "snapshots" / "current").exists():
        keep(trial.work, run(trial))


def need_fresh_home(trial: Trial) -> None:
    """Like `need_home`, and makes the home anew where it has had the delta already or an earlier hub published it."""
    need_home(trial)
    if _has_delta(trial.home) or not (trial.home / "snapshots" / "current" / ENTITY_INDEX).exists():
        keep(trial.work, run(trial))


def _fresh_run(home: Path, deliveries: list[Path], **environment: str) -> Watched:
    shutil.rmtree(home, ignore_errors=True)
    hub(["--home", home, "init", "--kind", "synthetic"])
    return hub(["--home", home, "run", *deliveries], environment=environment, spill=home / "temp")


def _accuracy(figures: Mapping[str, Any]) -> dict[str, Any]:
    names = ("precision", "recall", "recall_of_decidable", "wrongly_merged_clusters", "largest_cluster", "records")
    return {name: figures[name] for name in names}


def _status(home: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(hub(["--home", home, "status", "--format", "json"]).output)
    return told


def _rows(home: Path) -> int:
    return sum(int(feed["rows"]) for feed in _status(home)["feeds"])


def _has_delta(home: Path) -> bool:
    return len(_status(home)["snapshots"]) > 1
