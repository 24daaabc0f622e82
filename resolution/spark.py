"""The same linkage model on Spark: the blocking rules, caps, comparisons and weights that DuckDB links by.

`python -m resolution.spark --help` scores the nodes of a home on a cluster; docs/spark.md tells what it wants.
"""

import logging
from pathlib import Path
from typing import Annotated, Any

import sqlglot
import typer
from pyspark.sql import DataFrame, SparkSession
from splink import Linker
from splink.backends.spark import SparkAPI

from resolution.blocking import full_blocks_sql, pairs_sql, rule_keys_sql
from resolution.columns import cut_model
from resolution.kept import Kept
from resolution.models import splink_settings, term_frequencies
from resolution.weights import Weights, check_weights, default_weights
from schemas.declarations import load_declarations
from schemas.readers.linkage import LinkageModel
from stores.home import open_home
from stores.quoting import quote_text
from stores.warehouse import open_read_only

NODE, KEYS, FULL, PAIR = "node", "block_key", "full_block", "pair"
# Values are kept apart and not hashed: the two engines' hashes differ, and what is joined is the same.
KEY = "concat_ws(chr(31), {})"


def score_on_spark(session: SparkSession, nodes: DataFrame, model: LinkageModel, weights: Weights) -> DataFrame:
    """The pairs that the model compares among the nodes: match_key, record_id_l, record_id_r, weight, probability.

    `nodes` has record_id and the model's columns, as `write_nodes` leaves them. Raises ResolutionError where the
    weights are of another model. Pairs and scores are those of `resolution.models.score`.
    """
    nodes.createOrReplaceTempView(NODE)
    fitted = cut_model(model, _filled(nodes)).model
    check_weights(model, fitted, weights)
    for view, sql in block_views(fitted):
        session.sql(sql).persist().createOrReplaceTempView(view)
    records = nodes.count()
    weights = weights.at_size(fitted, records)
    prior = weights.prior(records, smallest_population=fitted.training.smallest_population)
    settings = splink_settings(fitted, weights, prior=prior, dialect="spark")
    make_api: Any = SparkAPI
    api = make_api(spark_session=session, break_lineage_method="persist", register_udfs_automatically=False)
    linker: Any = Linker(api.register(NODE), settings, log_level=logging.CRITICAL, validate_settings=False)
    for column, table in term_frequencies(fitted, weights).items():
        listed = [*table.shares.items()] or [("", table.rest)]
        session.createDataFrame(listed, ["name", "share"]).createOrReplaceTempView(f"listed_{column}")
        session.sql(frequency_sql(column, table.rest)).createOrReplaceTempView(f"frequency_{column}")
        linker.table_management.register_term_frequency_lookup(api.register(f"frequency_{column}"), column)
    linker.table_management.register_blocked_pairs_for_predict(api.register(PAIR))
    scores: DataFrame = linker.inference.predict(warning_mode="never").as_spark_dataframe()
    return scores


def block_views(model: LinkageModel) -> list[tuple[str, str]]:
    """Views with their Spark SQL, in order: keys, full blocks, pairs; the statements that DuckDB runs, translated."""
    keys = " UNION ALL ".join(
        f"SELECT {place} AS rule, key, record_id FROM ({rule_keys_sql(rule, model.many, table=NODE, key=KEY)})"
        for place, rule in enumerate(model.blocking)
    )
    return [
        (KEYS, sqlglot.parse_one(keys, read="duckdb").sql("spark")),
        (FULL, _select(full_blocks_sql(model, KEYS, FULL))),
        (PAIR, _select(pairs_sql(KEYS, FULL))),
    ]


def frequency_sql(column: str, rest: float) -> str:
    """The share of each value that a node holds: what is listed, else `rest`."""
    return f"""
        SELECT own.{column}, coalesce(listed.share, cast({rest!r} AS double)) AS tf_{column}
        FROM (SELECT DISTINCT {column} FROM {NODE} WHERE {column} IS NOT NULL) own
        LEFT JOIN listed_{column} listed ON listed.name = own.{column}
    """


def write_nodes(warehouse_file: Path, register: str, out: Path) -> Path:
    """Writes the nodes that the home's last linking kept of a register, as Parquet for a cluster to read."""
    with open_read_only(warehouse_file) as warehouse:
        warehouse.execute(f"COPY (FROM {Kept(register).nodes}) TO {quote_text(str(out))} (FORMAT parquet)")
    return out


def _select(statement: str) -> str:
    """The query of a CREATE TABLE … AS or INSERT, in Spark's SQL."""
    translated: str = sqlglot.parse_one(statement, read="duckdb").expression.sql("spark")
    return translated


def _filled(nodes: DataFrame) -> frozenset[str]:
    counted = ", ".join(f"count(`{name}`) > 0 AS `{name}`" for name in nodes.columns)
    [row] = nodes.sparkSession.sql(f"SELECT {counted} FROM {NODE}").collect()
    return frozenset(name for name, is_filled in row.asDict().items() if is_filled)


def main(
    nodes: Annotated[str, typer.Argument(help="Parquet of nodes, where the cluster reads it; made with --home")],
    out: Annotated[str, typer.Argument(help="Folder for the scored pairs")],
    register: Annotated[str, typer.Option(help="person, house or unit")] = "person",
    home: Annotated[Path | None, typer.Option(help="A resolved home, whose nodes are written to NODES first")] = None,
    schemas: Annotated[Path | None, typer.Option(help="A deployment's own declarations and weights")] = None,
) -> None:
    """Scores the pairs of a register on Spark: `spark-submit` names the cluster, else this machine's cores."""
    declarations = load_declarations(schemas)
    weights = default_weights(declarations.tree)[register]
    if home is not None:
        write_nodes(open_home(home).warehouse, register, Path(nodes))
    session = SparkSession.builder.appName("district-hub").getOrCreate()
    found = score_on_spark(session, session.read.parquet(nodes), declarations.linkage[register], weights)
    found.write.mode("overwrite").parquet(out)
    typer.echo(f"{session.read.parquet(out).count():,} pairs → {out}")
    session.stop()


if __name__ == "__main__":
    typer.run(main)
