"""The hub's linking of persons beside plain Splink's, on the same records at any size, each in a process of its own."""

import json
import shutil
import sys
from collections.abc import Mapping

import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.contender import CONTENDERS
from bench.district_size import Trial, need_home
from bench.measurements import Measurement, keep, measured
from bench.processes import Watched, watch
from bench.same_records import SameRecords, prepare_records
from bench.scores import Score, score_clusters
from stores.home import open_home

ID_COLUMNS: Mapping[str, bool] = {"as they are": False, "half removed": True}
PART = "beside Splink"


def measure_beside_splink(trial: Trial) -> None:
    """Every contender on the trial's records as they are, and with the ID numbers gone from half of them."""
    trial.work.mkdir(parents=True, exist_ok=True)
    need_home(trial)
    for numbers, halve_ids in ID_COLUMNS.items():
        folder = trial.work / f"same_records_{trial.persons}"
        laid_out = prepare_records(open_home(trial.home), trial.district / "truth", folder, halve_ids=halve_ids)
        for contender in CONTENDERS:
            result = measure_contender(laid_out, contender, numbers, trial.persons)
            keep(trial.work, result)
            print(
                f"{contender}, ID numbers {numbers}, {trial.persons:,} persons: {result.failed or result.found}",
                flush=True,
            )
        shutil.rmtree(folder)


def measure_contender(laid_out: SameRecords, contender: str, numbers: str, persons: int) -> Measurement:
    """Lets one contender link the records, and counts how right its clusters are."""
    part = f"{PART}: {contender}, {numbers}"
    done = watch([sys.executable, "-m", "bench.contender", contender, laid_out.folder], spill=laid_out.folder)
    if done.code:
        return Measurement(part, persons, failed=_told(done), found={"contender": contender, "numbers": numbers})
    outcome = json.loads(done.output)
    found = {"contender": contender, "numbers": numbers, **outcome, **accuracy(laid_out, contender)}
    return measured(part, persons, done, rows=outcome["records"], found=found)


def accuracy(laid_out: SameRecords, contender: str) -> dict[str, float]:
    """Pairs within the contender's clusters against truth, and its largest cluster."""
    clusters = pq.read_table(laid_out.clusters(contender)).rename_columns(["unique_id", "cluster_id"])
    truth = pq.read_table(laid_out.truth).rename_columns(["unique_id", "entity_id", "decidable_group"])
    score = score_clusters(clusters, truth.select(["unique_id", "entity_id"]))
    groups = truth.select(["unique_id", "decidable_group"]).rename_columns(["unique_id", "entity_id"])
    decidable: Score = score_clusters(clusters, groups)
    return {
        "precision": score.precision,
        "recall": score.recall,
        "recall_of_decidable": decidable.recall,
        "f1": score.f1,
        "largest_cluster": pc.max(clusters["cluster_id"].value_counts().field("counts")).as_py(),
    }


def _told(done: Watched) -> str:
    reason = "killed" if done.code < 0 else f"exit {done.code}"
    return f"{reason} at {done.peak_gib:.1f} GiB: … {' '.join(done.told.split())[-300:]}"
