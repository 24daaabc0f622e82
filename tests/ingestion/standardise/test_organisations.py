"""The core of a unit's name is a public function: equal cores for the names that people use for one unit."""

import pytest

from ingestion.standardise.organisations import unit_name_core

PLACES = frozenset(("嘉定", "安亭"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("上海市嘉定区第一中学", "嘉定一中"),
        ("上海大众汽车有限公司", "大众汽车"),
        ("上海嘉定宏达机械制造有限公司", "宏達機械"),
        ("上海市公安局嘉定分局安亭派出所", "安亭派出所"),
        ("Acme Trading Co., Ltd.", "ACME Trading"),
    ],
)
def test_names_of_one_unit_have_one_core(one: str, other: str) -> None:
    assert unit_name_core(one, places=PLACES) == unit_name_core(other, places=PLACES) is not None


def test_units_of_one_kind_in_two_places_have_two_cores() -> None:
    names = ("嘉定区教育局", "宝山区教育局", "嘉定区第一中学", "宝山区第一中学")

    assert len({unit_name_core(name, places=PLACES) for name in names}) == len(names)


def test_a_default_value_has_no_core() -> None:
    assert unit_name_core("无") is None
