"""The same pairs with the same scores on Spark as in DuckDB, for the persons of a made-up district."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from hub.stages import bring_in, link, take_up
from resolution.blocking import block
from resolution.columns import fit_model
from resolution.models import score
from resolution.spark import score_on_spark, write_nodes
from resolution.weights import default_weights
from schemas.declarations import load_declarations
from stores.home import Home, create_home
from stores.warehouse import open_warehouse
from synthetic.district import synthesize
from tests.hub.district import at_work
from tests.trials import trials, write_down

PERSONS = trials(few=200, full=25_000)
"""About four records of each person reach the register of persons: 100,000 records at the full count."""
SAME = 1e-6

pytestmark = pytest.mark.filterwarnings("ignore")  # pyspark's own, of which there are many


@pytest.fixture(scope="module")
def session() -> Iterator[SparkSession]:
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.shuffle.partitions", "2").config("spark.driver.memory", "3g")
    builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("district")
    synthesize(persons=PERSONS, seed=3, days=0, out=folder)
    home = create_home(folder / "home", kind="synthetic")
    with at_work(home) as site:
        bring_in([folder / "feeds"], site)
        link(site, take_up(site).run_id)
    return home


def test_pairs_and_scores_are_those_of_duckdb(home: Home, session: SparkSession, tmp_path: Path) -> None:
    declarations = load_declarations()
    model, weights = declarations.linkage["person"], default_weights(declarations.tree)["person"]
    nodes = write_nodes(home.warehouse, "person", tmp_path / "nodes.parquet")
    scored = score_on_spark(session, session.read.parquet(str(nodes)), model, weights)
    scored.write.parquet(str(tmp_path / "spark"))
    with open_warehouse(None) as warehouse:
        warehouse.execute(f"CREATE TABLE node AS FROM '{nodes}'")
        fitted = fit_model(warehouse, model, table="node").model
        block(warehouse, fitted)
        [(records,)] = warehouse.rows("SELECT count(*) FROM node")
        score(warehouse, fitted, weights, records=records)
        [(pairs, either, largest)] = warehouse.rows(f"""
            SELECT count(duck.match_weight), count(*),
                   max(greatest(abs(duck.match_weight - spark.match_weight),
                                abs(duck.match_probability - spark.match_probability)))
            FROM scored duck FULL JOIN '{tmp_path}/spark/*.parquet' spark
            ON duck.record_id_l = spark.record_id_l AND duck.record_id_r = spark.record_id_r
               AND duck.match_key = spark.match_key
        """)
    write_down({"trial": "spark", "nodes": records, "pairs": pairs, "largest": largest})
    assert pairs == either == pq.read_table(tmp_path / "spark").num_rows
    assert pairs > PERSONS
    assert largest <= SAME
