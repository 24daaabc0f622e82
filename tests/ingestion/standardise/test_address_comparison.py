"""Two addresses are compared part by part, and the answer names the part that decides."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ingestion.standardise.address_comparison import Agreement, compare_addresses

PAIRS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[2] / "cases" / "address_pairs.yml").read_text(encoding="utf-8")
)
SIDES = st.sampled_from([pair[side] for pair in PAIRS for side in ("one", "other")])


@pytest.mark.parametrize("pair", PAIRS, ids=[f"{pair['one']} / {pair['other']}" for pair in PAIRS])
def test_a_pair_is_told_with_its_reason(pair: dict[str, str]) -> None:
    found = compare_addresses(pair["one"], pair["other"])

    assert found.agreement == pair["agreement"]
    assert pair["because"] in found.reason


@given(SIDES, SIDES)
def test_it_does_not_matter_which_address_comes_first(one: str, other: str) -> None:
    there, back = compare_addresses(one, other), compare_addresses(other, one)

    assert (there.agreement, there.score) == (back.agreement, back.score)


def test_the_same_place_scores_above_half_an_address_and_that_above_another_place() -> None:
    flat = "曹安路1285弄12号302室"
    same, half, other = (compare_addresses(flat, each) for each in (flat, "曹安路1285弄12号", "曹安路1285弄12号303室"))

    assert 1.0 == same.score > half.score > other.score
    assert [each.agreement for each in (same, half, other)] == [
        Agreement.SAME,
        Agreement.PARTIAL,
        Agreement.DIFFERENT,
    ]
