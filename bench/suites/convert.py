"""Makes a public set ready for `hub evaluate --suite`: `python -m bench.suites.convert NAME --out DIR`.

`DIR` then holds suite.yml, the contracts, the delivered files and the truth. The sets themselves are never kept here.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import duckdb
import typer

ROOT = Path(__file__).parent
DATA = ROOT.parents[2] / "shared" / "data"


@dataclass(frozen=True)
class Delivered:
    """A public file, the feed that it becomes, the columns that are delivered, and the truth's columns in SQL."""

    source: str
    feed: str
    columns: str
    key: str
    entity: str


@dataclass(frozen=True)
class PublicSet:
    """One suite's folder of contracts, register and files."""

    folder: str
    register: str
    files: tuple[Delivered, ...]


def _febrl(source: str, feed: str) -> Delivered:
    return Delivered(f"febrl/{source}.parquet", feed, "*", "rec_id", "regexp_extract(rec_id, '^rec-([0-9]+)-', 1)")


def _rldata(source: str) -> Delivered:
    # Year, month and day stand in three columns: put together, as a clerk would hand them over.
    born = "\"by\" || '-' || lpad(bm, 2, '0') || '-' || lpad(bd, 2, '0') AS birth_date"
    columns = f"rec_id, fname_c1, fname_c2, lname_c1, lname_c2, {born}"
    return Delivered(f"rldata/{source}.parquet", "rldata", columns, "rec_id", "ent_id")


SETS: Mapping[str, PublicSet] = {
    "febrl1": PublicSet("febrl", "person", (_febrl("dataset1", "febrl_a"),)),
    "febrl2": PublicSet("febrl", "person", (_febrl("dataset2", "febrl_a"),)),
    "febrl3": PublicSet("febrl", "person", (_febrl("dataset3", "febrl_a"),)),
    "febrl4": PublicSet("febrl", "person", (_febrl("dataset4a", "febrl_a"), _febrl("dataset4b", "febrl_b"))),
    "rldata500": PublicSet("rldata", "person", (_rldata("RLdata500"),)),
    "rldata10000": PublicSet("rldata", "person", (_rldata("RLdata10000"),)),
    "fake_1000": PublicSet(
        "fake_1000",
        "person",
        (Delivered("splink/fake_1000.parquet", "fake_people", "*", "unique_id", "cluster"),),
    ),
    "historical_50k": PublicSet(
        "historical_50k",
        "person",
        (Delivered("splink/historical_50k.parquet", "historical_people", "*", "unique_id", "cluster"),),
    ),
    "restaurant": PublicSet(
        "restaurant",
        "unit",
        (Delivered("restaurant/restaurant.parquet", "restaurants", "*", "id", "entity_id"),),
    ),
}


def data_folder() -> Path:
    """The folder of public data: HUB_EVAL_DATA, or shared/data beside the project."""
    return Path(os.environ.get("HUB_EVAL_DATA", DATA))


def is_there(name: str) -> bool:
    """Whether the data folder holds every file of the set."""
    return all((data_folder() / each.source).is_file() for each in SETS[name].files)


def convert(name: str, out: Path) -> Path:
    """Writes the set's suite into the folder and returns its suite.yml.

    Raises FileNotFoundError where the data folder does not hold the set.
    """
    public = SETS[name]
    if not is_there(name):
        names = ", ".join(each.source for each in public.files)
        raise FileNotFoundError(f"{data_folder()} lacks {names}: name the folder of public data in HUB_EVAL_DATA")
    shutil.copytree(ROOT / public.folder / "schemas", out / "schemas", dirs_exist_ok=True)
    for part in ("deliveries", "truth"):
        (out / part).mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for each in public.files:
            source = f"read_parquet('{data_folder() / each.source}')"
            connection.execute(
                f"COPY (SELECT {each.columns} FROM {source}) TO '{out / 'deliveries' / each.feed}.parquet'"
            )
        truth = " UNION ALL ".join(
            f"SELECT '{each.feed}' AS feed, {each.key} AS record_key, {each.entity} AS entity_id "
            f"FROM read_parquet('{data_folder() / each.source}')"
            for each in public.files
        )
        connection.execute(f"COPY ({truth}) TO '{out / 'truth' / public.register}.csv' (HEADER)")
    return Path(shutil.copyfile(ROOT / public.folder / f"{name}.yml", out / "suite.yml"))


def main(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(SETS)}")],
    out: Annotated[Path, typer.Option(help="Folder for the suite")],
) -> None:
    """Makes a public set ready and says which command comes next."""
    if name not in SETS:
        raise typer.BadParameter(f"{name} is not one of {', '.join(SETS)}")
    try:
        suite = convert(name, out)
    except FileNotFoundError as error:
        raise typer.BadParameter(str(error)) from error
    typer.echo(f"hub evaluate --suite {suite}")


if __name__ == "__main__":
    typer.run(main)
