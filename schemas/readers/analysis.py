"""The analysts' copy: what of the graph a release keeps, how coarse, for whom and for how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.errors import DeclarationError, Problem
from schemas.files import DeclarationTree, StrictModel, read_yaml

FILE = "graph/analysis.yml"
PLACE, VALUES = "place", "values"
PLACE_LEVELS = ("committee", "town", "none")


class Dates(StrEnum):
    """How exact the first day of a relationship is, the most exact first."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    NONE = "none"


class Does(StrEnum):
    """What a rung of the ladder makes coarser."""

    DATES = "dates"
    PLACES = "places"
    WIDER = "wider"
    WITHOUT = "without"
    ALONE = "alone"


@dataclass(frozen=True)
class Kept:
    """One kept value: the property that it comes from; a band where it has widths."""

    name: str
    of: str
    widths: tuple[int, ...]

    @property
    def last_level(self) -> int:
        """The level at which nothing is left; the finest is 0."""
        return max(len(self.widths), 1)


@dataclass(frozen=True)
class KeptLabel:
    """What of a label is kept besides its place; `rare` names what is raised by a level, in turn."""

    label: str
    keeps: tuple[Kept, ...]
    rare: tuple[str, ...]

    def last_level(self, name: str) -> int:
        """The level of this value, or of the place, at which nothing is left."""
        if name == PLACE:
            return len(PLACE_LEVELS) - 1
        return next(each.last_level for each in self.keeps if each.name == name)


@dataclass(frozen=True)
class Rung:
    """One rung: what it does, and to what."""

    does: Does
    what: str

    def __str__(self) -> str:
        return f"{self.does}: {self.what}"


@dataclass(frozen=True)
class Study:
    """What a release is made for."""

    id: str
    meaning: str
    purposes: tuple[str, ...]
    types: tuple[str, ...]
    dates: Dates
    ladder: tuple[Rung, ...]


@dataclass(frozen=True)
class AnalysisRules:
    """The rules of the analysts' copy; `whole` are labels that leave as they are."""

    k: int
    max_unique_share: float
    usual_days: int
    most_days: int
    whole: tuple[str, ...]
    labels: Mapping[str, KeptLabel]
    kinds: tuple[str, ...]
    studies: Mapping[str, Study]


Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(gt=0)]
Names = Annotated[tuple[Text, ...], Field(min_length=1)]


class _DaysModel(StrictModel):
    usual: Count
    most: Count


class _KeptModel(StrictModel):
    of: Text
    widths: tuple[Count, ...] = ()


class _LabelModel(StrictModel):
    keeps: dict[Text, _KeptModel]
    rare: Names


class _RungModel(StrictModel):
    dates: Literal["quarter", "year", "none"] | None = None
    places: Literal["town", "none"] | None = None
    wider: Text | None = None
    without: Text | None = None
    alone: Text | None = None


class _StudyModel(StrictModel):
    meaning: Text
    purposes: Names
    types: Names
    dates: Dates
    ladder: tuple[_RungModel, ...]


class _AnalysisModel(StrictModel):
    k: Annotated[int, Field(ge=2)]
    max_unique_share: Annotated[float, Field(ge=0, le=1)]
    expires_in_days: _DaysModel
    whole: tuple[Text, ...]
    labels: dict[Text, _LabelModel]
    kinds: tuple[Text, ...]
    studies: Annotated[dict[Text, _StudyModel], Field(min_length=1)]


def read_analysis(tree: DeclarationTree) -> AnalysisRules:
    """The rules; raises DeclarationError with every mistake of the file."""
    file = tree.path(FILE)
    model = read_yaml(file, _AnalysisModel)
    labels = {label: _label(label, each) for label, each in model.labels.items()}
    mistakes = [mistake for each in labels.values() for mistake in _label_mistakes(each)]
    mistakes += [mistake for name, each in model.studies.items() for mistake in _study_mistakes(name, each)]
    if model.expires_in_days.usual > model.expires_in_days.most:
        mistakes.append(("expires_in_days.usual", "is longer than the most"))
    if mistakes:
        raise DeclarationError([Problem(file, key, message) for key, message in mistakes])
    return AnalysisRules(
        k=model.k,
        max_unique_share=model.max_unique_share,
        usual_days=model.expires_in_days.usual,
        most_days=model.expires_in_days.most,
        whole=model.whole,
        labels=labels,
        kinds=model.kinds,
        studies={name: _study(name, each) for name, each in model.studies.items()},
    )


def _label(label: str, model: _LabelModel) -> KeptLabel:
    return KeptLabel(label, tuple(Kept(name, each.of, each.widths) for name, each in model.keeps.items()), model.rare)


def _study(name: str, model: _StudyModel) -> Study:
    ladder = tuple(_rung(each) for each in model.ladder)
    return Study(name, model.meaning, model.purposes, model.types, model.dates, ladder)


def _rung(model: _RungModel) -> Rung:
    [(does, what)] = model.model_dump(exclude_none=True).items()
    return Rung(Does(does), what)


def _label_mistakes(label: KeptLabel) -> list[tuple[str, str]]:
    place = f"labels.{label.label}"
    names = {each.name for each in label.keeps} | {PLACE}
    mistakes = [(f"{place}.rare", f"{name} is nothing that is kept") for name in sorted(set(label.rare) - names)]
    mistakes += [
        (f"{place}.rare", f"{name} is named {label.rare.count(name)} times, it has {label.last_level(name)} levels")
        for name in sorted(names)
        if label.rare.count(name) != label.last_level(name)
    ]
    mistakes += [
        (f"{place}.keeps.{each.name}.widths", "each width must be a multiple of the one before")
        for each in label.keeps
        if any(wide % narrow or wide == narrow for narrow, wide in zip(each.widths, each.widths[1:], strict=False))
    ]
    return mistakes + [(f"{place}.keeps.{PLACE}", "is kept anyway") for each in label.keeps if each.name == PLACE]


def _study_mistakes(name: str, study: _StudyModel) -> list[tuple[str, str]]:
    return [
        (f"studies.{name}.ladder.{number}", "a rung is one of dates, places, wider, without, alone")
        for number, rung in enumerate(study.ladder)
        if len(rung.model_dump(exclude_none=True)) != 1
    ]
