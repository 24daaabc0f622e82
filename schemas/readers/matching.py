"""What a match must be given at least, and how often a number may be guessed, by register."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from pydantic import Field, model_validator

from schemas.files import DeclarationTree, StrictModel, read_yaml

FILE = "matching.yml"


@dataclass(frozen=True)
class Alike:
    """Queries that find nobody are alike where they agree in these standardised fields, of each its `first` characters.

    A department has `most` of them in a day.
    """

    fields: tuple[str, ...]
    most: int
    first: int | None = None


@dataclass(frozen=True)
class Guesses:
    """How often a value of the field `of` may be guessed wrong."""

    of: str
    alike: tuple[Alike, ...]


@dataclass(frozen=True)
class MatchingRules:
    """Sets of fields by register, of which a match must be given one whole, and limits on guessing by register."""

    least: Mapping[str, tuple[frozenset[str], ...]]
    guesses: Mapping[str, Guesses]

    def suffices(self, register: str, given: Collection[str]) -> bool:
        """Whether these fields are enough to tell one entity from all others."""
        return any(fields <= set(given) for fields in self.least.get(register, ()))


_Name = Annotated[str, Field(min_length=1)]
_Fields = Annotated[tuple[_Name, ...], Field(min_length=1)]


class _AlikeModel(StrictModel):
    fields: tuple[_Name, ...] = ()
    first: Annotated[int, Field(gt=0)] | None = None
    most: Annotated[int, Field(gt=0)]


class _GuessesModel(StrictModel):
    of: _Name
    alike: Annotated[tuple[_AlikeModel, ...], Field(min_length=1)]


class _MatchingModel(StrictModel):
    least: dict[str, Annotated[tuple[_Fields, ...], Field(min_length=1)]]
    guesses: dict[str, _GuessesModel]

    @model_validator(mode="after")
    def _known(self) -> "_MatchingModel":
        if strange := sorted(set(self.guesses) - set(self.least)):
            raise ValueError(f"guesses: {', '.join(strange)} is no register that `least` knows")
        return self


def read_matching(tree: DeclarationTree) -> MatchingRules:
    """The rules of matching.yml; raises DeclarationError with every mistake."""
    model = read_yaml(tree.path(FILE), _MatchingModel)
    least = {register: tuple(frozenset(each) for each in sets) for register, sets in model.least.items()}
    guesses = {register: _guesses(each) for register, each in model.guesses.items()}
    return MatchingRules(MappingProxyType(least), MappingProxyType(guesses))


def _guesses(model: _GuessesModel) -> Guesses:
    return Guesses(model.of, tuple(Alike(each.fields, each.most, each.first) for each in model.alike))
