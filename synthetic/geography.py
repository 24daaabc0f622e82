"""Where people come from and what the district's places are called."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from schemas.files import StrictModel, read_yaml
from synthetic.names import VOCABULARY
from synthetic.text import Ints


class _Province(StrictModel):
    weight: int
    counties: dict[int, str]


class _OriginFile(StrictModel):
    district: dict[int, str]
    city: dict[int, str]
    provinces: dict[str, _Province]


class _Stems(StrictModel):
    first: str
    second: str


class PlaceNames(StrictModel):
    """What roads, estates and hamlets are called."""

    roads: tuple[str, ...]
    road_stems: _Stems
    road_kinds: tuple[str, ...]
    estate_stems: _Stems
    estate_kinds: tuple[str, ...]
    hamlets: tuple[str, ...]
    hamlet_kinds: tuple[str, ...]
    outside_roads: tuple[str, ...]


@dataclass(frozen=True)
class Origins:
    """Division codes by where they lie; newcomers' counties with weights."""

    district: Ints
    city: Ints
    city_names: tuple[str, ...]
    elsewhere: Ints
    weights: np.ndarray
    province: tuple[str, ...]


@cache
def origins() -> Origins:
    """The counties that people's numbers were issued in."""
    file = read_yaml(VOCABULARY / "origins.yml", _OriginFile)
    counties = [
        (code, province.weight / len(province.counties), name)
        for name, province in file.provinces.items()
        for code in province.counties
    ]
    return Origins(
        district=np.array(list(file.district)),
        city=np.array(list(file.city)),
        city_names=tuple(file.city.values()),
        elsewhere=np.array([code for code, _, _ in counties]),
        weights=np.array([weight for _, weight, _ in counties]),
        province=tuple(name for _, _, name in counties),
    )


@cache
def place_names() -> PlaceNames:
    """The vocabulary of places."""
    return read_yaml(VOCABULARY / "places.yml", PlaceNames)


def stems(first: str, second: str) -> list[str]:
    """Every two-character stem, first characters turning fastest so that neighbours differ."""
    return [one + other for other in second for one in first if one != other]
