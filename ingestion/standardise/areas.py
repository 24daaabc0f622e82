"""Division codes: the six digits of a county or district, and a committee by its code or name."""

import re
from collections.abc import Callable
from functools import cache

from ingestion.standardise.text import clean_text
from schemas.files import DeclarationTree
from schemas.readers.gazetteer import Gazetteer, read_gazetteer

_DIVISION = re.compile(r"([1-9]\d{5})(?:\d{3}|\d{6})?")
_TOWN_ENDING = re.compile(r"(?:新村街道|镇街道|路街道|街道|镇|乡|新区|工业区)$")
_COMMITTEE = re.compile(r"[1-9]\d{11}")


def area_code_standardiser(gazetteer: Callable[[], Gazetteer]) -> Callable[[str], tuple[str | None]]:
    """A standardiser to six-digit division codes, from longer codes or from the name of a province."""

    def standardise(raw: str) -> tuple[str | None]:
        text = clean_text(raw)
        found = _DIVISION.fullmatch(text)
        return (found[1] if found else gazetteer().province_codes.get(text),)

    return standardise


@cache
def shipped_gazetteer() -> Gazetteer:
    """The gazetteer that ships with the declarations, read on first use."""
    return read_gazetteer(DeclarationTree())


@cache
def place_stems() -> frozenset[str]:
    """Short names of the district's towns, which stand for a region in front of an organisation's name."""
    names = {name for town in shipped_gazetteer().towns for name in (town.name, *town.aliases)}
    return frozenset(name for name in (_TOWN_ENDING.sub("", name) for name in names) if len(name) > 1)


@cache
def official_town(written: str) -> str:
    """The official name of a town that is written by an alias or with the district in front; else as written."""
    places = shipped_gazetteer()
    official = {town.code: town.name for town in places.towns}
    longest_first = sorted(places.town_codes, key=len, reverse=True)
    ending = (name for name in longest_first if len(name) > 2 and written.endswith(name))
    known = written if written in places.town_codes else next(ending, None)
    return written if known is None else official[places.town_codes[known]]


def _town_in_front(name: str, gazetteer: Gazetteer) -> tuple[str, str | None]:
    """The committee's name without the town that stands in front of it, and that town."""
    towns = sorted(gazetteer.town_codes, key=lambda town: (-len(town), town))
    for town in towns:
        if name.startswith(town) and name.removeprefix(town) in gazetteer.committee_codes:
            return name.removeprefix(town), town
    return name, None


def committee_standardiser(gazetteer: Callable[[], Gazetteer]) -> Callable[[str], tuple[str | None]]:
    """A standardiser from a committee's name or code to its twelve digits.

    Input is the name, or `town<U+001F>name`; a name that several towns have, without its town, is none.
    """

    def standardise(raw: str) -> tuple[str | None]:
        *towns, name = (clean_text(part).replace(" ", "") for part in raw.split("\x1f"))
        if _COMMITTEE.fullmatch(name):
            return (name,)
        places = gazetteer()
        bare, town = _town_in_front(name, places)
        town = town or next((each for each in towns if each in places.town_codes), None)
        return (places.committee_code(bare, town),)

    return standardise
