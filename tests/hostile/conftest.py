from collections.abc import Iterator

import pytest

from tests.hostile.counter import Counter, open_counter


@pytest.fixture(scope="package")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with open_counter(tmp_path_factory.mktemp("counter")) as opened:
        yield opened
