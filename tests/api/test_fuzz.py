"""Whatever is sent, the service answers as it describes itself: no error of its own, nothing invalid taken."""

import shutil
from collections.abc import Iterator

import pytest

from stores.home import Home, open_home
from tests.api.calling import Served, served
from tests.api.fuzzing import Run, fuzz
from tests.api.readable import readable_hub
from tests.hub.sharing.asking import Hub
from tests.trials import trials, write_down


@pytest.fixture(scope="module")
def fuzzed_hub(finished: Home, tmp_path_factory: pytest.TempPathFactory) -> Hub:
    folder = tmp_path_factory.mktemp("fuzzed") / "home"
    shutil.copytree(finished.root, folder, symlinks=True)
    return readable_hub(open_home(folder))


@pytest.fixture(scope="module")
def service(fuzzed_hub: Hub) -> Iterator[Served]:
    bounds = {"points_at_once": 10_000_000, "logins_per_minute": 100_000, "logins_per_minute_and_address": 100_000}
    with served(fuzzed_hub, **bounds) as it:
        yield it


def test_the_service_answers_as_it_describes_itself(fuzzed_hub: Hub, service: Served) -> None:
    found = fuzz(fuzzed_hub, service, Run(trials(few=20, full=420)))
    write_down({"trial": "fuzz", "requests": found.requests, "statuses": dict(found.statuses), "wrong": found.wrong})
    assert found.wrong == []
    assert {200, 403, 404, 422} <= set(found.statuses)
