"""The district is hard on purpose: plain Splink, without a household guard and without repair, merges its families."""

import pytest

from bench.district import hardness
from bench.stock_district import Hardness


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Hardness:
    return hardness(tmp_path_factory.mktemp("hard"), persons=5000, seed=7)


def test_plain_splink_takes_families_for_one_person(plain: Hardness) -> None:
    assert plain.family_pairs > 100
    assert plain.family_precision <= 0.60


def test_plain_splink_does_not_reach_the_precision_that_the_hub_must_reach(plain: Hardness) -> None:
    assert plain.clusters.precision < 0.99
