"""Splink, and nothing else: settings out of a linkage model, training, and scores for pairs."""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from splink import DuckDBAPI, Linker

from resolution.columns import filled_columns
from resolution.weights import TermFrequencies, Weights
from schemas.readers.linkage import Comparison, KeyRule, Level, LinkageModel
from schemas.readers.linkage_file import key_column
from stores.warehouse import Warehouse

NOTHING_SCORED = """
    CREATE OR REPLACE TEMP TABLE scored AS
    SELECT match_key, join_key_l AS record_id_l, join_key_r AS record_id_r, 0::DOUBLE AS match_weight,
           0::DOUBLE AS match_probability FROM pair WHERE false
"""
FEWEST_PAIRS = 30
"""Pairs that a rule of expectation maximisation must bring together to teach anything."""
Shares = Mapping[tuple[str, str], float | None]
OVERLAP = re.compile(r"\boverlap\(")
OVERLAP_IN = {"duckdb": "list_has_any(", "spark": "arrays_overlap("}


def condition_sql(condition: str, dialect: str = "duckdb") -> str:
    """A condition of a linkage file in the SQL of DuckDB or Spark; all else but `overlap()` they share."""
    return OVERLAP.sub(OVERLAP_IN[dialect], condition)


def missing_sql(comparison: Comparison) -> str:
    """The condition under which a pair says nothing on this comparison."""
    return " or ".join(f"{name}_l is null or {name}_r is null" for name in comparison.needs)


def splink_settings(
    model: LinkageModel, weights: Weights | None, *, prior: float, explain: bool = False, dialect: str = "duckdb"
) -> dict[str, Any]:
    """Splink settings for one table of records on DuckDB or Spark; without weights only fixed levels have theirs.

    With `explain` the scores keep the level and weight of each comparison.
    """
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record_id",
        "probability_two_random_records_match": prior,
        "blocking_rules_to_generate_predictions": [],
        "comparisons": [_comparison(each, weights, dialect) for each in model.comparisons],
        "retain_matching_columns": explain,
        "retain_intermediate_calculation_columns": explain,
    }


def score(warehouse: Warehouse, model: LinkageModel, weights: Weights, *, records: int, explain: bool = False) -> None:
    """Temporary table `scored` (match_key, record_id_l, record_id_r, match_weight, match_probability).

    Scores the pairs of table `pair` over the rows of table `node`, of a register that has so many nodes.
    """
    if not model.comparisons or not warehouse.rows("SELECT 1 FROM pair LIMIT 1"):
        warehouse.execute(NOTHING_SCORED)
        return
    weights = weights.at_size(model, records)
    prior = weights.prior(records, smallest_population=model.training.smallest_population)
    with _linker(warehouse, "node", splink_settings(model, weights, prior=prior, explain=explain)) as linker:
        _register_frequencies(warehouse, linker, model, weights)
        linker.table_management.register_blocked_pairs_for_predict(linker._db_api.register("pair"))
        scores = linker.inference.predict(warning_mode="never")
        warehouse.execute(f"CREATE OR REPLACE TEMP TABLE scored AS FROM {scores.physical_name}")
    for column in counted_columns(model):
        warehouse.execute(f"DROP TABLE temp.frequency_{column}")


def sample(warehouse: Warehouse, model: LinkageModel) -> Shares:
    """Shares of levels among random pairs of table `node`; None where not one pair was seen."""
    settings = model.training
    with _linker(warehouse, "node", splink_settings(model, None, prior=1e-5)) as linker:
        linker.training.estimate_u_using_random_sampling(max_pairs=settings.max_pairs, seed=settings.seed)
        return {key: u for key, (_, u) in _parameters(linker, model).items()}


def learn(warehouse: Warehouse, model: LinkageModel, shares: Shares, *, prior: float) -> Shares:
    """m of each level by expectation maximisation over table `linked`, with u as sampled; None where not learnt."""
    settings = splink_settings(model, None, prior=prior)
    for comparison, entry in zip(model.comparisons, settings["comparisons"], strict=True):
        for level, each in zip(comparison.levels, entry["comparison_levels"][1:], strict=True):
            if shares[comparison.id, level.id] is not None:
                each["u_probability"] = shares[comparison.id, level.id]
    with _linker(warehouse, "linked", settings) as linker:
        single = filled_columns(warehouse, model) - model.many
        for on in model.training.em:
            columns = set(KeyRule("", on, "").columns)
            if not columns <= single or all(columns & _read_columns(each) for each in model.comparisons):
                continue
            if not _has_pairs(warehouse, _rule_sql(on), FEWEST_PAIRS):
                continue
            # Splink ends in log2(0) where it comes to hold all pairs of a rule for matches, or none: nothing is learnt.
            with suppress(ValueError):
                linker.training.estimate_parameters_using_expectation_maximisation(
                    _rule_sql(on), max_pairs=model.training.max_pairs, record_sample_proportion=1.0
                )
        return {key: m for key, (m, _) in _parameters(linker, model).items()}


def _comparison(comparison: Comparison, weights: Weights | None, dialect: str) -> dict[str, Any]:
    missing = {"sql_condition": missing_sql(comparison), "label_for_charts": "missing", "is_null_level": True}
    levels = [
        {
            "sql_condition": "ELSE" if level.when is None else condition_sql(level.when, dialect),
            "label_for_charts": level.id,
            **_level(comparison, level, weights),
        }
        for level in comparison.levels
    ]
    return {"output_column_name": comparison.id, "comparison_levels": [missing, *levels]}


def _level(comparison: Comparison, level: Level, weights: Weights | None) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    if level.term_frequency is not None and weights is not None:
        entry |= {"tf_adjustment_column": level.term_frequency, "disable_tf_exact_match_detection": True}
    if weights is not None:
        found = weights.levels[comparison.id, level.id]
        return entry | {"m_probability": found.m, "u_probability": found.u}
    if level.m is not None:
        entry |= {"m_probability": level.m, "fix_m_probability": True}
    if level.u is not None:
        entry |= {"u_probability": level.u, "fix_u_probability": True}
    return entry


def _rule_sql(on: tuple[str, ...]) -> str:
    sides = ((_sided(part, "l"), _sided(part, "r")) for part in on)
    return " and ".join(f"{left} = {right}" for left, right in sides)


def _sided(part: str, side: str) -> str:
    column = key_column(part) or part
    return re.sub(rf"\b{column}\b", f"{side}.{column}", part)


def _has_pairs(warehouse: Warehouse, rule: str, fewest: int) -> bool:
    pairs = f"SELECT 1 FROM linked l JOIN linked r ON {rule} AND l.record_id < r.record_id LIMIT {fewest}"
    return len(warehouse.rows(pairs)) == fewest


def _read_columns(comparison: Comparison) -> frozenset[str]:
    return frozenset(comparison.needs).union(*(level.columns for level in comparison.levels))


def _parameters(linker: Any, model: LinkageModel) -> dict[tuple[str, str], tuple[float | None, float | None]]:
    found: dict[tuple[str, str], tuple[float | None, float | None]] = {}
    for comparison, trained in zip(model.comparisons, linker._settings_obj.comparisons, strict=True):
        for level, each in zip(comparison.levels, trained.comparison_levels[1:], strict=True):
            found[comparison.id, level.id] = _number(each._m_probability), _number(each._u_probability)
    return found


def _number(value: object) -> float | None:
    # Splink writes a text where a level was never observed.
    return float(value) if isinstance(value, float | int) else None


def counted_columns(model: LinkageModel) -> list[str]:
    """The columns whose value shares count."""
    names = {level.term_frequency for each in model.comparisons for level in each.levels}
    return sorted(name for name in names if name is not None)


def term_frequencies(model: LinkageModel, weights: Weights) -> dict[str, TermFrequencies]:
    """The share of each counted column's values."""
    return {
        level.term_frequency: weights.frequency(level.term_frequency, comparison.id, level.id)
        for comparison in model.comparisons
        for level in comparison.levels
        if level.term_frequency is not None
    }


def _register_frequencies(warehouse: Warehouse, linker: Any, model: LinkageModel, weights: Weights) -> None:
    for column, table in term_frequencies(model, weights).items():
        names = list(table.shares)
        warehouse.execute(
            frequency_sql(column),
            {"names": names, "shares": [table.shares[name] for name in names], "rest": table.rest},
        )
        linker.table_management.register_term_frequency_lookup(linker._db_api.register(f"frequency_{column}"), column)


def frequency_sql(column: str) -> str:
    """Temporary table `frequency_<column>`: the share of each value that a node holds, from lists of listed ones."""
    return f"""
        CREATE OR REPLACE TEMP TABLE frequency_{column} AS
        SELECT own.{column}, coalesce(listed.share, $rest::DOUBLE) AS tf_{column}
        FROM (SELECT DISTINCT {column} FROM node WHERE {column} IS NOT NULL) own
        LEFT JOIN (SELECT unnest($names::VARCHAR[]) AS name, unnest($shares::DOUBLE[]) AS share) listed
        ON listed.name = own.{column}
    """


@contextmanager
def _linker(warehouse: Warehouse, table: str, settings: dict[str, Any]) -> Iterator[Any]:
    api = DuckDBAPI(connection=warehouse.connection)
    linker = Linker(api.register(table), settings, log_level=logging.CRITICAL, validate_settings=False)
    try:
        yield linker
    finally:
        tables: Any = linker.table_management
        tables.delete_tables_created_by_splink_from_db()
