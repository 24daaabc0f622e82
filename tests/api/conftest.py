"""A served home; tests that change nothing share one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stores.home import Home, open_home
from tests.api.calling import Served, served, served_hub
from tests.api.readable import readable_hub
from tests.hub.sharing.asking import Hub


@pytest.fixture(scope="session")
def shared_hub(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    """A hub whose accounts and snapshot no test changes."""
    return served_hub(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def api(shared_hub: Hub) -> Iterator[Served]:
    """The service over the shared hub, with more points and tries than any test needs."""
    with served(
        shared_hub, points_at_once=100_000, logins_per_minute=10_000, logins_per_minute_and_address=10_000
    ) as it:
        yield it


@pytest.fixture
def own_hub(tmp_path: Path) -> Hub:
    """A hub that the test may change."""
    return served_hub(tmp_path)


@pytest.fixture(scope="session")
def district_hub(finished: Home, tmp_path_factory: pytest.TempPathFactory) -> Hub:
    """A whole small district with accounts that may read it; no test changes it."""
    folder = tmp_path_factory.mktemp("served-district") / "home"
    shutil.copytree(finished.root, folder, symlinks=True)
    return readable_hub(open_home(folder))


@pytest.fixture(scope="module")
def district_api(district_hub: Hub) -> Iterator[Served]:
    """The service over the small district."""
    with served(district_hub, points_at_once=1_000_000) as it:
        yield it
