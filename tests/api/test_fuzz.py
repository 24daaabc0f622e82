"""Whatever is sent, the service answers as it describes itself: no error of its own, nothing invalid taken."""

import shutil
from collections.abc import Iterator

import pytest

from stores.home import Home, open_home
from tests.api.calling import Served, served
from tests.api.fuzzing import Run, fuzz, operations
from tests.api.readable import readable_hub
from tests.hub.sharing.asking import Hub
from tests.trials import trials, write_down

BOUNDS = {"points_at_once": 10_000_000, "logins_per_minute": 100_000, "logins_per_minute_and_address": 100_000}


@pytest.fixture(scope="module")
def fuzzed_hub(finished: Home, tmp_path_factory: pytest.TempPathFactory) -> Hub:
    folder = tmp_path_factory.mktemp("fuzzed") / "home"
    shutil.copytree(finished.root, folder, symlinks=True)
    return readable_hub(open_home(folder))


@pytest.fixture(scope="module")
def service(fuzzed_hub: Hub) -> Iterator[Served]:
    with served(fuzzed_hub, **BOUNDS) as it:
        yield it


def test_the_service_answers_as_it_describes_itself(fuzzed_hub: Hub, service: Served) -> None:
    found = fuzz(fuzzed_hub, service, Run(trials(few=12, full=250), chains=trials(few=80, full=1_200)))
    statuses = {f"{operation} {status}": count for (operation, status), count in sorted(found.statuses.items())}
    write_down(
        {
            "trial": "fuzz",
            "requests": found.requests,
            "statuses": statuses,
            "wrong": [vars(each) for each in found.wrong],
        }
    )
    assert found.wrong == []
    assert found.succeeded == operations(service)
    assert found.requests >= 1_000
    assert found.followed
