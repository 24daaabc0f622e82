"""Rules of residence: what places a person at a dwelling, how far it is believed and for how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from schemas.errors import DeclarationError, Problem
from schemas.files import DeclarationTree, StrictModel, read_yaml

FILE = "residence.yml"

Share = Annotated[float, Field(gt=0, lt=1)]
Days = Annotated[int, Field(gt=0)]
Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True)
class EvidenceKind:
    """One kind of evidence of living.

    `weight` is the share of cases in which the person lives there on the day of observation; it halves every
    `half_life_days`. A fact without an end is in force until `in_force_days` after it was observed. `registers`: the
    fact is itself a registration (hukou, residence registration, filed lease). `divided`: several such facts at one
    time share the weight. `sole`: the person's next such fact ends it. `yearly`: it runs for whole years, and one that
    ended otherwise says that the person left. `leads_kin`: close kin follow a person to where this kind places them.
    """

    kind: str
    department: str
    weight: float
    half_life_days: int
    in_force_days: int
    registers: bool
    why: str
    source: str
    divided: bool = False
    sole: bool = False
    yearly: bool = False
    leads_kin: bool = True


@dataclass(frozen=True)
class Household:
    """How far where close kin live tells where a person lives.

    `kin` maps kinds of facts between persons to the values that count, none meaning all; `share` is the weight where
    all kin who are placed live at one dwelling, and it halves every `half_life_days`. A person tied to more than
    `max_kin` others is tied to an institution.
    """

    kin: Mapping[str, tuple[str, ...]]
    share: float
    half_life_days: int
    max_kin: int
    why: str


@dataclass(frozen=True)
class CopiedKind:
    """`kind` is copied from `origin`, so the two are one piece of evidence."""

    kind: str
    origin: str
    why: str


@dataclass(frozen=True)
class ResidenceRules:
    """Evidence kinds by name, the copies among them, and the confidence below which nobody is placed.

    A dwelling that the person lets, by a fact of a kind in `letting`, keeps `let_share` of its support.
    """

    evidence: Mapping[str, EvidenceKind]
    copied: tuple[CopiedKind, ...]
    minimum_confidence: float
    household: Household | None = None
    letting: tuple[str, ...] = ()
    let_share: float = 1.0

    def independent(self, one: str, other: str) -> bool:
        """Whether the two kinds come from different departments and neither is copied from the other."""
        return self.group(one) != self.group(other)

    def group(self, kind: str) -> str:
        """The department whose observation the kind goes back to, through any chain of copies."""
        origins = {copy.kind: copy.origin for copy in self.copied}
        while kind in origins:
            kind = origins[kind]
        return self.evidence[kind].department


class _EvidenceModel(StrictModel):
    department: Text
    weight: Share
    half_life_days: Days
    in_force_days: Days
    registers: bool
    why: Text
    source: Text
    divided: bool = False
    sole: bool = False
    yearly: bool = False
    leads_kin: bool = True


class _HouseholdModel(StrictModel):
    kin: Annotated[dict[str, tuple[Text, ...]], Field(min_length=1)]
    share: Share
    half_life_days: Days
    max_kin: Days
    why: Text


class _LettingModel(StrictModel):
    kinds: Annotated[tuple[Text, ...], Field(min_length=1)]
    share: Share
    why: Text


class _CopyModel(StrictModel):
    kind: Text
    origin: Annotated[str, Field(alias="from")]
    why: Text


class _ResidenceModel(StrictModel):
    minimum_confidence: Share
    evidence: Annotated[dict[str, _EvidenceModel], Field(min_length=1)]
    copied_from: tuple[_CopyModel, ...] = ()
    household: _HouseholdModel | None = None
    let_by_the_person: _LettingModel | None = None


def read_residence(tree: DeclarationTree) -> ResidenceRules:
    """The rules of residence; raises DeclarationError with every mistake of the file."""
    file = tree.path(FILE)
    model = read_yaml(file, _ResidenceModel)
    problems = _copy_problems(model, file)
    if problems:
        raise DeclarationError(problems)
    letting = model.let_by_the_person
    return ResidenceRules(
        evidence={kind: EvidenceKind(kind=kind, **rule.model_dump()) for kind, rule in model.evidence.items()},
        copied=tuple(CopiedKind(copy.kind, copy.origin, copy.why) for copy in model.copied_from),
        minimum_confidence=model.minimum_confidence,
        household=Household(**model.household.model_dump()) if model.household is not None else None,
        letting=letting.kinds if letting is not None else (),
        let_share=letting.share if letting is not None else 1.0,
    )


def _copy_problems(model: _ResidenceModel, file: Path) -> list[Problem]:
    problems = [
        Problem(
            file, f"copied_from.{place}", f"{kind} is no kind of evidence; declared are {', '.join(model.evidence)}"
        )
        for place, copy in enumerate(model.copied_from)
        for kind in (copy.kind, copy.origin)
        if kind not in model.evidence
    ]
    origins = {copy.kind: copy.origin for copy in model.copied_from}
    if len(origins) < len(model.copied_from):
        problems.append(Problem(file, "copied_from", "a kind is copied from one other kind at most"))
    return problems + [
        Problem(file, "copied_from", f"{kind} is a copy of itself") for kind in origins if _goes_round(kind, origins)
    ]


def _goes_round(kind: str, origins: Mapping[str, str]) -> bool:
    seen = [kind]
    while seen[-1] in origins and origins[seen[-1]] not in seen:
        seen.append(origins[seen[-1]])
    return origins.get(seen[-1]) == kind
