"""A made-up district in a home of its own, for measurements."""

from pathlib import Path

from bench.stock_district import Hardness, measure_hardness
from ingestion.context import IngestContext
from ingestion.ingest import ingest
from schemas.declarations import load_declarations
from stores.home import create_home
from stores.operational import open_operational
from stores.warehouse import open_warehouse
from synthetic.district import synthesize


def make_district(folder: Path, *, persons: int, seed: int, days: int = 3) -> tuple[Path, Path]:
    """Writes feeds and truth of a district into the folder and returns the two folders."""
    synthesize(persons=persons, seed=seed, days=days, out=folder)
    return folder / "feeds", folder / "truth"


def hardness(folder: Path, *, persons: int, seed: int) -> Hardness:
    """Brings a district's feeds in, as a home in the folder, and links its persons by plain Splink."""
    feeds, truth = make_district(folder, persons=persons, seed=seed)
    home = create_home(folder / "home", kind="synthetic")
    with open_operational(home) as operational, open_warehouse(home.warehouse) as warehouse:
        ingest([feeds], IngestContext(home, warehouse, operational, load_declarations()))
        return measure_hardness(warehouse, truth)
