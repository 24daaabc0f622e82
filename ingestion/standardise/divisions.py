"""Provinces, prefectures, counties and districts as they stand in front of an address, in full or in short."""

import re
from functools import cache
from typing import NamedTuple

from ingestion.standardise.areas import shipped_gazetteer
from schemas.readers.gazetteer import Division as Place
from schemas.readers.gazetteer import Province

_PROVINCE, _PREFECTURE, _COUNTY = 2, 4, 6
_KINDS = {_PROVINCE: "province", _PREFECTURE: "city", _COUNTY: "district"}
# A word goes on behind these: 中山市场, 工业区域, 老县城.
_GOES_ON = {"市": "场政民中", "区": "域间内", "县": "城前后"}
_SHORT_NAME_ENDS = re.compile(
    "[东南西北中]?[一二三四五六七八九十]?(?:路|街|大道|大街|公路|支路|巷|弄)|(?:村|新村|镇|乡|区|县|市|省|湾|港|桥)"
    "|新城|工业区|工业园|开发区|新区|园区|经济|高新|科技|小区|花园|花苑|公寓|家园|[新雅名嘉佳家丽景]苑|苑|大厦|广场|别墅|名邸"
    "|公馆|大楼|商城|大酒店|宾馆|[^\u4e00-\u9fff]|.$"
)
_TOWN = re.compile(r"[一-龥]{1,4}?(?:街道|镇(?![东南西北中]?[路街])|乡(?![村路]))")
_ROAD = re.compile(r"[一-龥]{2,5}?(?:[东南西北中]?路|大道|大街)(?![口边旁])")


class Division(NamedTuple):
    """A division by one of its names; the code has two digits for each level."""

    name: str
    kind: str
    code: str
    is_full: bool


@cache
def _by_beginning() -> dict[str, tuple[Division, ...]]:
    """All divisions by the first two characters of each name, the longest name first."""
    places = shipped_gazetteer()
    index: dict[str, list[Division]] = {}
    named: tuple[Province | Place, ...] = (*places.provinces, *places.divisions)
    for place in named:
        code = place.code.removesuffix("00").removesuffix("00")
        for name in (place.name, *place.aliases):
            if len(name) > 1:
                division = Division(name, _KINDS[len(code)], code, is_full=name == place.name)
                index.setdefault(name[:2], []).append(division)
    return {beginning: tuple(sorted(found, key=lambda each: -len(each.name))) for beginning, found in index.items()}


def division_at(text: str, at: int, within: str) -> Division | None:
    """The division named at this place of the text, where `within` is the code of what is named before it, or ''.

    A short name counts below what is named before it; at the beginning it counts before a further division or a
    town, that of a city before a road too: 金华新苑 stays an estate, and 金沙江西路 a road.
    """
    first = None
    for each in _by_beginning().get(text[at : at + 2], ()):
        if not text.startswith(each.name, at):
            continue
        end = at + len(each.name)
        if each.is_full:
            if end < len(text) and text[end] in _GOES_ON.get(each.name[-1], ""):
                continue
            if each.code.startswith(within):
                return each
            first = first or each
        elif (each.code.startswith(within) or within.startswith(each.code)) and _counts_in_short(
            text, end, each, within
        ):
            return each
    return first


def is_division(name: str) -> bool:
    """Whether a division has this name, in full or in short."""
    return any(each.name == name for each in _by_beginning().get(name[:2], ()))


def _counts_in_short(text: str, end: int, division: Division, within: str) -> bool:
    if end == len(text):
        return len(division.code) > len(within) > 0
    if _SHORT_NAME_ENDS.match(text, end):
        further = division_at(text, end, division.code)
        return further is not None and further.is_full
    if within and division.kind != "province":
        return True
    if _TOWN.match(text, end) or (division.kind == "city" and _ROAD.match(text, end)):
        return True
    return division_at(text, end, division.code) is not None
