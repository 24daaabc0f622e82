"""Makes a public set ready for `hub ingest` and `hub evaluate`: `python -m examples.prepare NAME --out DIR`.

`DIR/delivery` holds the file and names the delivery, `DIR/schemas` is the contract, and `DIR/truth` the set's own
answer, which the contract drops before anything is linked.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import typer

ROOT = Path(__file__).parent
DATE = "2026-01-01"


@dataclass(frozen=True)
class PublicSet:
    """One public set: its file under the data folder, its feed and register, key column and column of the answer."""

    file: str
    feed: str
    register: str
    key: str
    answer: str

    def schemas(self) -> Path:
        """The folder of the example's declarations."""
        return ROOT / self.feed / "schemas"


SETS = {
    "historical_people": PublicSet(
        "splink/historical_50k.parquet", "historical_people", "person", "unique_id", "cluster"
    ),
    "restaurants": PublicSet("restaurant/restaurant.parquet", "restaurants", "unit", "id", "entity_id"),
}


def data_folder() -> Path:
    """The folder of public data: HUB_EVAL_DATA, or ../shared/data beside the project."""
    return Path(os.environ.get("HUB_EVAL_DATA", ROOT.parent.parent / "shared" / "data"))


def prepare(public: PublicSet, file: Path, out: Path) -> tuple[Path, Path]:
    """Folders of the delivery and of the truth, made under `out` beside the contract for the set in this file."""
    delivery, truth = out / "delivery", out / "truth"
    shutil.copytree(public.schemas(), out / "schemas", dirs_exist_ok=True)
    for folder in (delivery, truth):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, delivery / file.name)
    sidecar = {"feed": public.feed, "mode": "full", "date": DATE, "sequence": 1}
    (delivery / f"{file.name}.json").write_text(json.dumps(sidecar) + "\n", encoding="utf-8")
    rows = pa.parquet.read_table(file, columns=[public.key, public.answer])
    feed = pa.array([public.feed] * rows.num_rows, pa.string())
    answers = pa.table({"feed": feed, "record_key": rows[public.key], "entity_id": rows[public.answer]})
    pyarrow.csv.write_csv(answers, truth / f"{public.register}.csv")
    return delivery, truth


def main(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(SETS)}")],
    out: Annotated[Path, typer.Option(help="Folder for the delivery and the truth")],
    file: Annotated[Path | None, typer.Option(help="The set's file, where it is not under HUB_EVAL_DATA")] = None,
) -> None:
    """Makes a public set ready and says which commands come next."""
    if name not in SETS:
        raise typer.BadParameter(f"{name} is not one of {', '.join(SETS)}")
    public = SETS[name]
    found = file or data_folder() / public.file
    if not found.is_file():
        raise typer.BadParameter(f"{found} does not exist: name the folder in HUB_EVAL_DATA or the file with --file")
    delivery, truth = prepare(public, found, out)
    home = f"hub --home {out / 'home'}"
    typer.echo(f"{home} init --kind synthetic")
    for verb in (f"ingest {delivery}", "train", "run", f"evaluate --truth {truth}"):
        typer.echo(f"{home} --schemas {out / 'schemas'} {verb}")


if __name__ == "__main__":
    typer.run(main)
