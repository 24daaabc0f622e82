"""A tiny district, made and run through once for all tests that read it."""

from pathlib import Path

import pytest

from hub import pipeline
from stores.home import Home, create_home
from synthetic.district import synthesize
from tests.hub.district import at_work


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with feeds/ and truth/ of 300 people and one day of changes."""
    folder = tmp_path_factory.mktemp("district")
    synthesize(persons=300, seed=11, days=1, out=folder)
    return folder


@pytest.fixture(scope="session")
def finished(district: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which the whole district was run undisturbed; not to be changed."""
    home = create_home(tmp_path_factory.mktemp("finished") / "home", kind="synthetic")
    with at_work(home) as site:
        pipeline.run([district / "feeds"], site)
    return home
