"""What a match must be given at least, by register."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from pydantic import Field, RootModel

from schemas.files import DeclarationTree, read_yaml

FILE = "matching.yml"


@dataclass(frozen=True)
class MatchingRules:
    """Sets of fields by register, of which a match must be given one whole."""

    least: Mapping[str, tuple[frozenset[str], ...]]

    def suffices(self, register: str, given: Collection[str]) -> bool:
        """Whether these fields are enough to tell one entity from all others."""
        return any(fields <= set(given) for fields in self.least.get(register, ()))


_Fields = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]


class _MatchingModel(RootModel[dict[str, Annotated[tuple[_Fields, ...], Field(min_length=1)]]]):
    pass


def read_matching(tree: DeclarationTree) -> MatchingRules:
    """The rules of matching.yml; raises DeclarationError with every mistake."""
    model = read_yaml(tree.path(FILE), _MatchingModel)
    least = {register: tuple(frozenset(each) for each in sets) for register, sets in model.root.items()}
    return MatchingRules(MappingProxyType(least))
