"""One release of the tiny district, made once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from hub.analysis.export import Order, Target, export
from hub.analysis.releases import FOLDER, Release
from hub.sharing.request import Caller
from hub.site import Site
from stores.home import Home
from tests.hub.district import at_work

TODAY = date(2026, 11, 23)
ANALYST = Caller("wang", "population_office")
HOUSING = Order(ANALYST, "housing", "training", Target.EMBEDDED, TODAY)


@contextmanager
def exported(home: Home, order: Order = HOUSING) -> Iterator[tuple[Site, Release]]:
    """A release of the home, and the home still open."""
    with at_work(home) as site:
        yield site, export(site, order)


@pytest.fixture(scope="session")
def housing(finished: Home) -> Path:
    """Folder of a release for the study of housing."""
    with exported(finished) as (site, release):
        return site.home.root / FOLDER / release.id
