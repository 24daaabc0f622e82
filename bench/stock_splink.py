"""Splink as it comes: blocking, comparisons, training and clustering by its own library, nothing around it.

No household guard, no exact collapse, no repair, no decisions: what the hub is compared with.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

THRESHOLD = 0.95


@dataclass(frozen=True)
class StockModel:
    """A model out of Splink's library: settings, and the rules that its training needs.

    `sure` with `recall` gives the prior; each of `em` is one run of expectation maximisation.
    """

    comparisons: Sequence[Any]
    blocking: Sequence[Any]
    sure: Sequence[Any]
    recall: float
    em: Sequence[Any]
    max_pairs: float = 5e6
    seed: int = 1
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StockResult:
    """Pairs at the threshold (unique_id_l, unique_id_r) and clusters (unique_id, cluster_id)."""

    pairs: pa.Table
    clusters: pa.Table


def link(records: pa.Table, model: StockModel, *, threshold: float = THRESHOLD) -> StockResult:
    """Links records that have a `unique_id`; the same records and model give the same result."""
    connection = duckdb.connect()
    connection.register("arrow_records", records)
    connection.execute("CREATE TABLE records AS SELECT * FROM arrow_records ORDER BY unique_id").fetchall()
    api = DuckDBAPI(connection)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=list(model.comparisons),
        blocking_rules_to_generate_predictions=list(model.blocking),
        **model.settings,
    )
    linker = Linker(api.register("records"), settings, log_level="ERROR")
    _train(linker, model)
    predictions = linker.inference.predict(threshold_match_probability=0.01, warning_mode="never")
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, threshold)
    pairs = connection.sql(
        f"SELECT unique_id_l, unique_id_r FROM {predictions.physical_name} WHERE match_probability >= {threshold}"
    ).to_arrow_table()
    found = connection.sql(f"SELECT unique_id, cluster_id FROM {clusters.physical_name}").to_arrow_table()
    connection.close()
    return StockResult(pairs, found)


def _train(linker: Linker, model: StockModel) -> None:
    linker.training.estimate_probability_two_random_records_match(list(model.sure), recall=model.recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=model.max_pairs, seed=model.seed)
    for rule in model.em:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)


__all__ = ["THRESHOLD", "StockModel", "StockResult", "block_on", "link"]
