"""One small made-up district for all tests of the generator."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest

from synthetic.district import District, synthesize


@dataclass(frozen=True)
class Made:
    """The folder of a district and what was said of it."""

    folder: Path
    district: District

    def full(self, feed: str) -> Path:
        """The full dump of a feed."""
        [path] = (self.folder / "feeds" / feed).glob("*_full_*")
        return path

    def truth(self, name: str) -> pa.Table:
        """A file of the truth folder, all text."""
        file = self.folder / "truth" / f"{name}.csv"
        header = pyarrow.csv.open_csv(file).schema.names
        types = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()))
        return pyarrow.csv.read_csv(file, convert_options=types)


@pytest.fixture(scope="package")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Two thousand people and two daily deltas."""
    folder = tmp_path_factory.mktemp("district")
    return Made(folder, synthesize(persons=2000, seed=7, days=2, out=folder))
