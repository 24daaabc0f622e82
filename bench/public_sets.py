"""The two public sets: the hub by its own commands, beside Splink as it comes on the same records."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from bench.runs import evaluated, hub
from bench.scores import Score, score_clusters
from bench.stock_models import HISTORICAL_PEOPLE, RESTAURANTS
from bench.stock_splink import StockModel, link
from examples.prepare import SETS, PublicSet, data_folder, prepare

STOCK: dict[str, tuple[StockModel, str]] = {
    "historical_people": (HISTORICAL_PEOPLE, "* EXCLUDE (cluster)"),
    # The guides punctuate telephone numbers differently; plain Splink is given them as digits.
    "restaurants": (
        RESTAURANTS,
        "id AS unique_id, name, addr, city, regexp_replace(phone, '[^0-9]', '', 'g') AS phone, type",
    ),
}


@dataclass(frozen=True)
class Comparison:
    """One set: records, the hub's figures after its shipped and after its own training, and plain Splink's."""

    name: str
    records: int
    shipped: Score
    trained: Score
    stock: Score


def compare(name: str) -> Comparison:
    """Both on the set of this name; raises FileNotFoundError where the data folder does not hold it."""
    public = SETS[name]
    file = data_folder() / public.file
    if not file.is_file():
        raise FileNotFoundError(f"{file}: name the folder of public data in HUB_EVAL_DATA")
    with tempfile.TemporaryDirectory() as folder:
        shipped = measure_hub(public, file, Path(folder) / "shipped", train=False)
        trained = measure_hub(public, file, Path(folder) / "trained", train=True)
    model, columns = STOCK[name]
    records, truth = read_set(public, file, columns)
    stock = score_clusters(link(records, model).clusters, truth)
    return Comparison(name, records.num_rows, shipped, trained, stock)


def measure_hub(public: PublicSet, file: Path, out: Path, *, train: bool) -> Score:
    """Ingests, links and evaluates the file with the example's contract."""
    delivery, truth = prepare(public, file, out)
    home = ["--home", out / "home", "--schemas", out / "schemas"]
    hub(["--home", out / "home", "init", "--kind", "synthetic"])
    hub([*home, "ingest", delivery])
    if train:
        hub([*home, "train"])
    hub([*home, "run"])
    figures = evaluated(out / "home", truth, schemas=out / "schemas")["registers"][public.register]
    return Score(figures["true_pairs"], figures["found_pairs"], figures["right_pairs"])


def read_set(public: PublicSet, file: Path, columns: str) -> tuple[pa.Table, pa.Table]:
    """The set's records without the answer, and the answer."""
    connection = duckdb.connect()
    source = f"read_parquet('{file}')"
    records = connection.sql(f"SELECT {columns} FROM {source}").to_arrow_table()
    truth = connection.sql(f"SELECT {public.key} AS unique_id, {public.answer} AS entity_id FROM {source}")
    answers = truth.to_arrow_table()
    connection.close()
    return records, answers
