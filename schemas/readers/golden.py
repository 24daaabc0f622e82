"""Rules of survivorship: which record gives an entity each of its fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.files import DeclarationTree, StrictModel, read_yaml

FILE = "golden.yml"

Names = Annotated[tuple[str, ...], Field(min_length=1)]


class Choice(StrEnum):
    """How one value is chosen among those that an entity's records carry."""

    MOST_FREQUENT = "most_frequent"
    MOST_TRUSTED = "most_trusted"
    NEWEST = "newest"


@dataclass(frozen=True)
class FieldRule:
    """The rule of one field.

    `prefer` names a field of the record and its values, the best first, before the choice is made; values are the
    text of the field (`true`). `never` lists values that do not win even where there is no other.
    """

    choice: Choice
    prefer: Mapping[str, tuple[str, ...]]
    never: tuple[str, ...] = ()


@dataclass(frozen=True)
class Substitute:
    """The field whose value stands in for a missing one, where the boolean field `where` of the entity holds."""

    field: str
    where: str


@dataclass(frozen=True)
class GoldenRules:
    """The rules of one register.

    `substitutes` maps a field to the one that stands in where no record carries it, `neighbours` maps a field to the
    groups of fields whose majority fills it.
    """

    trust: tuple[str, ...]
    otherwise: FieldRule
    fields: Mapping[str, FieldRule]
    neighbours: Mapping[str, tuple[tuple[str, ...], ...]]
    substitutes: Mapping[str, Substitute]

    def rule(self, field: str) -> FieldRule:
        """The rule of a field, or the one for all others."""
        return self.fields.get(field, self.otherwise)


class _RuleModel(StrictModel):
    rule: Choice
    prefer: Annotated[dict[str, Names], Field(max_length=1, default_factory=dict)]
    never: tuple[str, ...] = ()

    def rule_of_field(self) -> FieldRule:
        return FieldRule(self.rule, self.prefer, self.never)


class _SubstituteModel(StrictModel):
    field: str
    where: str


class _RegisterModel(StrictModel):
    trust: tuple[str, ...]
    otherwise: _RuleModel
    fields: dict[str, _RuleModel] = Field(default_factory=dict)
    neighbours: dict[str, tuple[Names, ...]] = Field(default_factory=dict)
    substitutes: dict[str, _SubstituteModel] = Field(default_factory=dict)


class _GoldenModel(StrictModel):
    person: _RegisterModel
    house: _RegisterModel
    unit: _RegisterModel


def read_golden(tree: DeclarationTree) -> Mapping[str, GoldenRules]:
    """The rules by register; raises DeclarationError with every mistake of the file."""
    model = read_yaml(tree.path(FILE), _GoldenModel)
    registers = {"person": model.person, "house": model.house, "unit": model.unit}
    return {
        register: GoldenRules(
            trust=rules.trust,
            otherwise=rules.otherwise.rule_of_field(),
            fields={field: rule.rule_of_field() for field, rule in rules.fields.items()},
            neighbours=rules.neighbours,
            substitutes={field: Substitute(each.field, each.where) for field, each in rules.substitutes.items()},
        )
        for register, rules in registers.items()
    }
