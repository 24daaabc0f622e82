"""The gazetteer: towns and committees of the district, provinces and their divisions, with codes and names in use."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from schemas.errors import DeclarationError, Problem
from schemas.files import DeclarationTree

TOWNS = "gazetteer/towns.csv"
COMMITTEES = "gazetteer/committees.csv"
PROVINCES = "gazetteer/provinces.csv"
DIVISIONS = "gazetteer/divisions.csv"
KINDS = ("residential", "village")
COMMITTEE_ENDING = re.compile(r"(社区)?(居民委员会|居委会|居委|村民委员会|村委会|村委)?$")


@dataclass(frozen=True)
class Town:
    """A town, sub-district or industrial zone; the code has nine digits."""

    code: str
    name: str
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Province:
    """A province; the division code has six digits and ends in 0000."""

    code: str
    name: str
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Division:
    """A prefecture (its six-digit code ends in 00), county, district or city of a county's rank."""

    code: str
    name: str
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Committee:
    """A residential or village committee; the code has twelve digits and starts with its town's."""

    code: str
    name: str
    town_code: str
    kind: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names that clerks write for it: with and without 社区, 居委会, 村委会."""
        core = COMMITTEE_ENDING.sub("", self.name)
        if self.kind == "village":
            bare = core.removesuffix("村")
            written = [core, *(bare + ending for ending in ("村", "村委会", "村村委会", "村民委员会", "村村民委员会"))]
        else:
            written = [core, *(core + ending for ending in ("社区居委会", "居委会", "居委", "社区", "居民委员会"))]
        return tuple(dict.fromkeys([self.name, *written]))


@dataclass(frozen=True)
class Gazetteer:
    """Towns and committees of the district, provinces and their divisions, looked up by any name in use."""

    towns: tuple[Town, ...]
    committees: tuple[Committee, ...]
    provinces: tuple[Province, ...]
    divisions: tuple[Division, ...] = ()

    @cached_property
    def area_codes(self) -> frozenset[str]:
        """Codes of the towns and committees of the district."""
        return frozenset(town.code for town in self.towns) | frozenset(each.code for each in self.committees)

    @cached_property
    def town_codes(self) -> Mapping[str, str]:
        """Code of a town by name or alias."""
        return {name: town.code for town in self.towns for name in (*town.aliases, town.name)}

    @cached_property
    def province_codes(self) -> Mapping[str, str]:
        """Code of a province by name or alias."""
        return {name: province.code for province in self.provinces for name in (*province.aliases, province.name)}

    @cached_property
    def committee_codes(self) -> Mapping[str, tuple[str, ...]]:
        """Codes of the committees that a name may mean, most often one."""
        codes: dict[str, tuple[str, ...]] = {}
        for committee in self.committees:
            for name in committee.names:
                codes[name] = (*codes.get(name, ()), committee.code)
        return codes

    def committee_code(self, name: str, town: str | None = None) -> str | None:
        """Code of the committee of this name, within the town if one is named; None where unknown or ambiguous."""
        codes = self.committee_codes.get(name, ())
        exact = [committee.code for committee in self.committees if committee.code in codes and committee.name == name]
        within = self.town_codes.get(town, "") if town is not None else ""
        found = [code for code in exact or codes if code.startswith(within)]
        return found[0] if len(found) == 1 else None


def read_gazetteer(tree: DeclarationTree) -> Gazetteer:
    """Towns, committees, provinces and divisions; raises DeclarationError with every wrong line of all files."""
    towns = _read(tree.path(TOWNS), ("code", "name", "aliases", "source"), 9)
    committees = _read(tree.path(COMMITTEES), ("code", "town_code", "name", "kind", "source"), 12)
    provinces = _read(tree.path(PROVINCES), ("code", "name", "aliases", "source"), 6)
    divisions = _read(tree.path(DIVISIONS), ("code", "name", "aliases"), 6)
    problems = [*towns.problems, *committees.problems, *provinces.problems, *divisions.problems]
    problems += _committee_problems(committees, {row["code"] for row in towns.rows})
    if problems:
        raise DeclarationError(problems)
    return Gazetteer(
        towns=tuple(Town(row["code"], row["name"], _aliases(row)) for row in towns.rows),
        committees=tuple(Committee(row["code"], row["name"], row["town_code"], row["kind"]) for row in committees.rows),
        provinces=tuple(Province(row["code"], row["name"], _aliases(row)) for row in provinces.rows),
        divisions=tuple(Division(row["code"], row["name"], _aliases(row)) for row in divisions.rows),
    )


@dataclass(frozen=True)
class _List:
    file: Path
    rows: tuple[dict[str, str], ...]
    problems: tuple[Problem, ...]


def _read(file: Path, header: Sequence[str], digits: int) -> _List:
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, restkey="more", restval="")
        if tuple(reader.fieldnames or ()) != tuple(header):
            return _List(file, (), (Problem(file, "line 1", f"the columns must be {', '.join(header)}"),))
        rows = tuple(reader)
    return _List(file, rows, tuple(_code_problems(file, rows, digits)))


def _aliases(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(alias for alias in row["aliases"].split("|") if alias)


def _code_problems(file: Path, rows: Sequence[dict[str, str]], digits: int) -> Iterator[Problem]:
    seen: set[str] = set()
    for line, row in enumerate(rows, start=2):
        if "more" in row:
            yield Problem(file, f"line {line}", "has more values than columns")
        if not re.fullmatch(rf"\d{{{digits}}}", row["code"]):
            yield Problem(file, f"line {line}", f"{row['code']!r} is not a code of {digits} digits")
        if row["code"] in seen:
            yield Problem(file, f"line {line}", f"{row['code']} is listed twice")
        seen.add(row["code"])


def _committee_problems(committees: _List, towns: set[str]) -> Iterator[Problem]:
    for line, row in enumerate(committees.rows, start=2):
        if row["town_code"] not in towns or not row["code"].startswith(row["town_code"]):
            yield Problem(committees.file, f"line {line}", f"{row['town_code']!r} is not the town of {row['code']}")
        if row["kind"] not in KINDS:
            yield Problem(committees.file, f"line {line}", f"{row['kind']!r} is none of {', '.join(KINDS)}")
