"""Feeds that nobody here made, by contract alone: a made-up sample always, the public files where they are."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest

from examples.prepare import ROOT, SETS, data_folder, prepare
from schemas.declarations import load_declarations

# F1 of clusters as plain Splink reaches it with its demo's settings, threshold 0.95 (bench/RESULTS.md).
STOCK_F1 = {"historical_people": 0.8295, "restaurants": 0.920}


def hub(*arguments: object) -> str:
    """What the command prints; the test fails with its messages where it fails."""
    command = [str(Path(sys.executable).with_name("hub")), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def linked(name: str, file: Path, out: Path, *, train: bool) -> dict[str, float]:
    """Brings the file in, links and publishes it, learning the weights first if asked; figures of the register."""
    delivery, truth = prepare(SETS[name], file, out)
    options = ["--home", out / "home", "--schemas", out / "schemas"]
    hub("--home", out / "home", "init", "--kind", "synthetic")
    hub(*options, "ingest", delivery)
    if train:
        hub(*options, "train")
    hub(*options, "run")
    figures: dict[str, float] = json.loads(hub(*options, "evaluate", "--truth", truth, "--format", "json"))[
        "registers"
    ][SETS[name].register]
    return figures


@pytest.mark.parametrize("name", SETS)
def test_the_answer_is_dropped_and_every_other_column_is_explained(name: str) -> None:
    contract = load_declarations(SETS[name].schemas()).contracts[SETS[name].feed]
    assert contract.dropped == (SETS[name].answer,)


@pytest.mark.parametrize("name", SETS)
def test_a_sample_is_linked_by_its_contract_alone(name: str, tmp_path: Path) -> None:
    sample = pyarrow.csv.read_csv(ROOT / name / "sample.csv")
    file = tmp_path / f"{Path(SETS[name].file).stem}.parquet"
    pyarrow.parquet.write_table(sample.cast(text_schema(sample)), file)
    figures = linked(name, file, tmp_path, train=False)
    assert figures["precision"] == 1.0
    assert figures["recall"] >= 0.5


@pytest.mark.parametrize("name", SETS)
def test_the_public_set_is_linked_no_worse_than_by_plain_splink(name: str, tmp_path: Path) -> None:
    file = data_folder() / SETS[name].file
    if not file.is_file():
        return
    assert linked(name, file, tmp_path, train=True)["f1"] >= STOCK_F1[name]


def text_schema(table: pyarrow.Table) -> pyarrow.Schema:
    """The same columns, all text."""
    return pyarrow.schema([(column, pyarrow.string()) for column in table.column_names])
