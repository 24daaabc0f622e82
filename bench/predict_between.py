"""Splink's own way to look one record up: `predict_between` one record and all nodes, by the same rules and weights."""

import json
import logging
import random
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from splink import DuckDBAPI, Linker, block_on

from bench.real_time import REGISTER, exact
from resolution.columns import cut_model
from resolution.kept import Kept
from resolution.models import splink_settings
from resolution.weights import parse_weights
from schemas.declarations import load_declarations
from stores.match_file import MatchFile
from stores.warehouse import open_warehouse

QUERIES = 12


def run(home: Path, path: Path) -> list[float]:
    """Milliseconds of each query, after two that only warm up."""
    model = load_declarations().linkage[REGISTER]
    with closing(MatchFile(path)) as file, open_warehouse(None) as warehouse:
        index = file.register(REGISTER)
        assert index is not None
        columns = [name for name, _ in index.columns]
        cut = cut_model(model, frozenset(columns)).model
        weights = parse_weights(index.weights, "the snapshot").at_size(model, index.nodes)
        rows = [row for _, row in exact(file, random.Random(1))][: QUERIES + 2]
        warehouse.execute(f"ATTACH '{home / 'warehouse.duckdb'}' AS run (READ_ONLY)")
        warehouse.execute(
            f"CREATE TABLE node AS SELECT record_id, {', '.join(columns)} FROM run.{Kept(REGISTER).nodes}"
        )
        settings = splink_settings(cut, weights, prior=1e-6) | {
            "blocking_rules_to_generate_predictions": [
                block_on(*rule.on, arrays_to_explode=sorted(set(rule.columns) & model.many)) for rule in cut.blocking
            ]
        }
        api = DuckDBAPI(connection=warehouse.connection)
        nodes = api.register("node")
        linker: Any = Linker(nodes, settings, log_level=logging.CRITICAL, validate_settings=False)
        for column in sorted({level.term_frequency for each in cut.comparisons for level in each.levels} - {None}):  # type: ignore[type-var]
            linker.table_management.compute_tf_table(column)
        times = []
        for number, row in enumerate(rows):
            warehouse.execute(f"CREATE TABLE query_{number} AS FROM node LIMIT 0")
            warehouse.execute(
                f"INSERT INTO query_{number} VALUES ({', '.join('?' * (len(columns) + 1))})", [-1 - number, *row]
            )
            began = time.perf_counter()
            found = linker.inference.predict_between(
                api.register(f"query_{number}"), nodes, threshold_match_probability=0.5
            )
            found.as_record_list()
            times.append(1000 * (time.perf_counter() - began))
    return times[2:]


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), Path(sys.argv[2]))))
