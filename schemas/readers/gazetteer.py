"""The gazetteer: towns and committees of the district with their codes and the names they go by."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from schemas.errors import DeclarationError, Problem
from schemas.files import DeclarationTree

TOWNS = "gazetteer/towns.csv"
COMMITTEES = "gazetteer/committees.csv"
KINDS = ("residential", "village")
COMMITTEE_ENDING = re.compile(r"(社区)?(居民委员会|居委会|居委|村民委员会|村委会|村委)?$")


@dataclass(frozen=True)
class Town:
    """A town, sub-district or industrial zone; the code has nine digits."""

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
    """Towns and committees, looked up by code or by any name in use."""

    towns: tuple[Town, ...]
    committees: tuple[Committee, ...]

    @cached_property
    def town_codes(self) -> Mapping[str, str]:
        """Code of a town by name or alias."""
        return {name: town.code for town in self.towns for name in (*town.aliases, town.name)}

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
    """Towns and committees; raises DeclarationError with every wrong line of both files."""
    towns_file, committees_file = tree.path(TOWNS), tree.path(COMMITTEES)
    towns = _rows(towns_file, ("code", "name", "aliases", "source"))
    committees = _rows(committees_file, ("code", "town_code", "name", "kind", "source"))
    problems = [*_code_problems(towns_file, towns, 9), *_code_problems(committees_file, committees, 12)]
    problems += _committee_problems(committees_file, committees, {row["code"] for row in towns})
    if problems:
        raise DeclarationError(problems)
    return Gazetteer(
        towns=tuple(Town(row["code"], row["name"], tuple(filter(None, row["aliases"].split("|")))) for row in towns),
        committees=tuple(Committee(row["code"], row["name"], row["town_code"], row["kind"]) for row in committees),
    )


def _rows(file: Path, header: Sequence[str]) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if tuple(reader.fieldnames or ()) != tuple(header):
            raise DeclarationError([Problem(file, "line 1", f"the columns must be {', '.join(header)}")])
        return list(reader)


def _code_problems(file: Path, rows: list[dict[str, str]], digits: int) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for line, row in enumerate(rows, start=2):
        if not re.fullmatch(rf"\d{{{digits}}}", row["code"] or ""):
            problems.append(Problem(file, f"line {line}", f"{row['code']} is not a code of {digits} digits"))
        if row["code"] in seen:
            problems.append(Problem(file, f"line {line}", f"{row['code']} is listed twice"))
        seen.add(row["code"])
    return problems


def _committee_problems(file: Path, rows: list[dict[str, str]], towns: set[str]) -> list[Problem]:
    problems = []
    for line, row in enumerate(rows, start=2):
        if row["town_code"] not in towns or not row["code"].startswith(row["town_code"]):
            problems.append(Problem(file, f"line {line}", f"{row['town_code']} is not the town of {row['code']}"))
        if row["kind"] not in KINDS:
            problems.append(Problem(file, f"line {line}", f"{row['kind']} is none of {', '.join(KINDS)}"))
    return problems
