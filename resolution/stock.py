"""Splink as it comes, beside the hub: its library's comparisons, training and clustering, and nothing around them.

No household guard, no exact collapse, no capped blocks, no repair, no decisions.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.internals.exceptions import EMTrainingException

from resolution.columns import snapshot_sources
from schemas.readers.linkage import LinkageModel
from stores.warehouse import Warehouse, open_warehouse


@dataclass(frozen=True)
class StockModel:
    """A model out of Splink's library, and the rules that its training needs.

    `sure` with `recall` gives the prior; each of `em` is one run of expectation maximisation.
    """

    comparisons: Sequence[Any]
    blocking: Sequence[Sequence[str]]
    sure: Sequence[Sequence[str]]
    recall: float
    em: Sequence[Sequence[str]]
    max_pairs: float = 5e6
    seed: int = 1


@dataclass(frozen=True)
class StockResult:
    """Pairs at the threshold (unique_id_l, unique_id_r) and clusters (unique_id, cluster_id)."""

    pairs: pa.Table
    clusters: pa.Table


@dataclass(frozen=True)
class _Field:
    """A compared column and the columns that the library's comparison of it reads."""

    columns: tuple[str, ...]
    comparison: Any


_FIELDS: Mapping[str, tuple[_Field, ...]] = {
    "person": (
        _Field(
            ("given_key", "surname_key", "name_key"),
            cl.ForenameSurnameComparison("given_key", "surname_key", forename_surname_concat_col_name="name_key"),
        ),
        _Field(("born",), cl.DateOfBirthComparison("born", input_is_string=True)),
        _Field(("id_number",), cl.DamerauLevenshteinAtThresholds("id_number", [1, 2])),
        _Field(("other_number",), cl.DamerauLevenshteinAtThresholds("other_number", [1])),
        _Field(("email",), cl.EmailComparison("email")),
        _Field(("phone",), cl.ExactMatch("phone")),
        _Field(("postcode",), cl.PostcodeComparison("postcode")),
        _Field(("address_line",), cl.JaroWinklerAtThresholds("address_line")),
        _Field(("locality",), cl.JaroWinklerAtThresholds("locality").configure(term_frequency_adjustments=True)),
        _Field(("birth_place",), cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True)),
        _Field(("occupation",), cl.ExactMatch("occupation").configure(term_frequency_adjustments=True)),
    ),
    "unit": (
        _Field(("valid_uscc",), cl.ExactMatch("valid_uscc")),
        _Field(("written_name",), cl.JaroWinklerAtThresholds("written_name")),
        _Field(("address_line",), cl.JaroWinklerAtThresholds("address_line")),
        _Field(("phone",), cl.ExactMatch("phone")),
        _Field(("locality",), cl.JaroWinklerAtThresholds("locality").configure(term_frequency_adjustments=True)),
    ),
    "house": (
        _Field(("dwelling_key",), cl.JaroWinklerAtThresholds("dwelling_key")),
        _Field(("place_key",), cl.ExactMatch("place_key").configure(term_frequency_adjustments=True)),
        _Field(("certificate_no",), cl.ExactMatch("certificate_no")),
    ),
}
_BLOCKING: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "person": (  # those of Splink's own demo of historical people, and each number of its own
        ("substr(given_key, 1, 3)", "substr(surname_key, 1, 4)"),
        ("surname_key", "born"),
        ("given_key", "born"),
        ("postcode", "given_key"),
        ("postcode", "surname_key"),
        ("born", "birth_place"),
        ("substr(postcode, 1, 3)", "born"),
        ("substr(postcode, 1, 3)", "given_key"),
        ("substr(postcode, 1, 3)", "surname_key"),
        ("substr(given_key, 1, 2)", "substr(surname_key, 1, 2)", "substr(born, 1, 4)"),
        ("id_number",),
        ("other_number",),
        ("email",),
        ("phone", "surname_key"),
        ("address_line", "surname_key"),
        ("address_line", "given_key"),
    ),
    "unit": (
        ("valid_uscc",),
        ("phone",),
        ("substr(written_name, 1, 4)",),
        ("substr(address_line, 1, 6)",),
        ("locality", "substr(written_name, 1, 2)"),
    ),
    "house": (("dwelling_key",), ("place_key",), ("certificate_no",)),
}
_SURE: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "person": (
        ("given_key", "surname_key", "born"),
        ("surname_key", "born"),
        ("substr(given_key, 1, 2)", "surname_key", "substr(postcode, 1, 2)"),
        ("born", "postcode"),
        ("id_number",),
        ("other_number",),
        ("email",),
    ),
    "unit": (("valid_uscc",), ("written_name", "address_line"), ("phone",)),
    "house": (("dwelling_key",),),
}
_EM: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "person": (("given_key", "surname_key"), ("born",)),
    "unit": (("phone",), ("address_line",), ("written_name",)),
    "house": (("place_key",), ("certificate_no",)),
}
_RECALL: Mapping[str, float] = {"person": 0.6, "unit": 0.9, "house": 0.9}


def stock_model(register: str, filled: Iterable[str]) -> StockModel:
    """The library's usual comparison for each of the columns that some record fills, with the demo's blocking."""
    names = set(filled)
    return StockModel(
        comparisons=[each.comparison for each in _FIELDS[register] if names.issuperset(each.columns)],
        blocking=_answerable(_BLOCKING[register], names),
        sure=_answerable(_SURE[register], names),
        recall=_RECALL[register],
        em=_answerable(_EM[register], names),
    )


def stock_records(snapshot: Warehouse, model: LinkageModel) -> pa.Table:
    """The register's standard records in a snapshot as a user of Splink would take them: one row each, one phone."""
    wanted = {column for each in _FIELDS[model.id] for column in each.columns}
    values = [f'({each.value}) AS "{each.id}"' for each in model.columns if each.id in wanted]
    values += ["phone"] if "phone" in wanted and all(each.id != "phone" for each in model.columns) else []
    source = snapshot_sources(model).records
    return snapshot.arrow(f"SELECT record_id AS unique_id, {', '.join(values)} FROM {source} ORDER BY record_id")


def filled_names(records: pa.Table) -> list[str]:
    """The columns that some record fills."""
    return [name for name in records.column_names if records[name].null_count < records.num_rows]


def link_by_stock(records: pa.Table, model: StockModel, *, threshold: float) -> StockResult:
    """Links records that have a `unique_id`; the same records and model give the same result."""
    with open_warehouse(None) as warehouse:
        warehouse.register_arrow("arrow_records", records)
        warehouse.execute("CREATE TABLE records AS SELECT * FROM arrow_records ORDER BY unique_id")
        api = DuckDBAPI(warehouse.connection)
        linker = Linker(api.register("records"), _settings(model), log_level=logging.ERROR)
        _train(linker, model)
        predictions = linker.inference.predict(threshold_match_probability=0.01, warning_mode="never")
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, threshold)
        return StockResult(_sure_pairs(warehouse, predictions.physical_name, threshold), _clusters(warehouse, clusters))


def _answerable(rules: Iterable[tuple[str, ...]], names: set[str]) -> list[tuple[str, ...]]:
    return [rule for rule in rules if all(_column(part) in names for part in rule)]


def _column(part: str) -> str:
    return part.removeprefix("substr(").partition(",")[0]


def _settings(model: StockModel) -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=list(model.comparisons),
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in model.blocking],
    )


def _train(linker: Any, model: StockModel) -> None:
    sure = [block_on(*rule) for rule in model.sure]
    linker.training.estimate_probability_two_random_records_match(sure, recall=model.recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=model.max_pairs, seed=model.seed)
    for rule in model.em:
        # A rule under which no two records meet, or matches alone, or none, ends in an error: it teaches nothing.
        with suppress(EMTrainingException, ValueError):
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(*rule))


def _sure_pairs(warehouse: Warehouse, predictions: str, threshold: float) -> pa.Table:
    return warehouse.arrow(f"SELECT unique_id_l, unique_id_r FROM {predictions} WHERE match_probability >= {threshold}")


def _clusters(warehouse: Warehouse, clusters: Any) -> pa.Table:
    return warehouse.arrow(f"SELECT unique_id, cluster_id FROM {clusters.physical_name}")
