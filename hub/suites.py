"""Runs a suite as production runs: a scratch home, ingest, train, resolve, publish; then plain Splink, then truth."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from hub.errors import UsageError
from hub.reading.evaluation import figures_beside_stock, link_register_by_stock
from hub.reading.reader import Reader
from hub.settings import read_settings
from hub.sharing.request import Caller
from hub.site import Site
from hub.stages import bring_in, link, put_on_shelf, take_up
from hub.stopwatch import StageUse, Stopwatch
from hub.training import train_all
from ingestion.report import DeliveryReport
from resolution.evaluate import Evaluation
from schemas.declarations import Declarations, load_declarations
from schemas.readers.suites import Delivery, Suite
from stores.home import create_home
from stores.opening import open_stores
from stores.progress import Progress

HOME, SCHEMAS, DELIVERIES = "home", "schemas", "deliveries"


@dataclass(frozen=True)
class SuiteRun:
    """What the run of a suite found, and what each stage took; `stock <register>` is plain Splink's."""

    suite: Suite
    deliveries: Sequence[DeliveryReport]
    evaluation: Evaluation
    uses: tuple[StageUse, ...]

    def as_json(self) -> dict[str, Any]:
        """The figures as `hub evaluate --suite … --format json` prints them."""
        threshold = self.suite.threshold
        return {
            "suite": self.suite.id,
            "threshold": {
                "accept": threshold.accept,
                "declared_on": threshold.declared_on.isoformat(),
                "why": threshold.why,
            },
            **self.evaluation.as_json(),
            "stages": [asdict(use) for use in self.uses],
        }


@contextmanager
def scratch_folder(kept: Path | None) -> Iterator[Path]:
    """A folder for one run: `kept`, which must be empty or missing and stays, or one that goes afterwards."""
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="hub-suite-") as folder:
            yield Path(folder)
        return
    if kept.exists() and (not kept.is_dir() or any(kept.iterdir())):
        raise UsageError(f"{kept} is not an empty folder: name another with --scratch")
    kept.mkdir(parents=True, exist_ok=True)
    yield kept


def run_suite(suite: Suite, folder: Path, caller: Caller, progress: Progress) -> SuiteRun:
    """Everything from the delivered files to the figures, in a new home in the folder.

    Nobody opens a truth file before the records are linked, by the hub and by plain Splink at the suite's threshold.
    """
    home, declarations = create_home(folder / HOME, kind=suite.people), _declarations(suite, folder)
    lap = _Laps()
    settings = read_settings(home)
    with open_stores(home, "evaluate", settings=settings.warehouse, tell=lambda _: None) as stores:
        site = Site(home, stores.warehouse, stores.operational, declarations, settings, progress)
        with lap.of("ingest"):
            reports = bring_in([_laid_out(suite.deliveries, folder / DELIVERIES)], site)
        with lap.of("train"):
            train_all(site, folder / SCHEMAS)
        run = take_up(site)
        with lap.of("resolve"):
            link(site, run.run_id)
        with lap.of("publish"):
            put_on_shelf(site, run)
    reader = Reader(home, declarations, settings, caller, "")
    stock: dict[str, pa.Table] = {}
    for register in suite.truth:
        with lap.of(f"stock {register}"):
            stock[register] = link_register_by_stock(reader, register, suite.threshold.accept)
    with lap.of("evaluate"):
        evaluation = figures_beside_stock(reader, suite.truth, stock)
    return SuiteRun(suite, reports, evaluation, tuple(lap.uses))


class _Laps:
    """What each stage took, in their order."""

    def __init__(self) -> None:
        self.uses: list[StageUse] = []
        self._stopwatch = Stopwatch()

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Measures what is done within."""
        self._stopwatch.begin(stage)
        yield
        used = self._stopwatch.end()
        assert used is not None
        self.uses.append(used)


def _declarations(suite: Suite, folder: Path) -> Declarations:
    """The suite's declarations, copied to where training writes its weights, at the suite's threshold."""
    shutil.copytree(suite.schemas, folder / SCHEMAS)
    found = load_declarations(folder / SCHEMAS)
    accept = suite.threshold.accept
    linkage = {
        register: replace(model, accept=accept, review=min(model.review, accept))
        for register, model in found.linkage.items()
    }
    return replace(found, linkage=MappingProxyType(linkage))


def _laid_out(deliveries: Sequence[Delivery], folder: Path) -> Path:
    """The delivered files with a sidecar each that names the delivery, whatever they are called."""
    for place, each in enumerate(deliveries):
        folder.joinpath(str(place)).mkdir(parents=True)
        copy = folder / str(place) / each.file.name
        shutil.copyfile(each.file, copy)
        told = {"feed": each.feed, "mode": each.mode, "date": each.date.isoformat(), "sequence": each.sequence}
        copy.with_name(f"{copy.name}.json").write_text(json.dumps(told), encoding="utf-8")
    return folder
