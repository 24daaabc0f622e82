"""Registers: the fields that a standard record of a person, a house or a unit has."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import pydantic

from schemas.errors import DeclarationError, Problem
from schemas.files import DeclarationTree, StrictModel, read_yaml
from schemas.standardisers import STANDARDISER_FIELDS


class FieldType(StrEnum):
    """Value type of a register field; each is one DuckDB column type."""

    TEXT = "text"
    DATE = "date"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"


class Sensitivity(StrEnum):
    """How closely a field is guarded, from open register facts to what identifies a person by itself."""

    OPEN = "open"
    INTERNAL = "internal"
    PERSONAL = "personal"
    IDENTIFYING = "identifying"


@dataclass(frozen=True)
class Field:
    """One field of a register.

    `derived_from` names the mapped field whose standardiser also yields this one (`name_key` comes with
    `name`); a contract maps only fields where it is None. `standardiser` reads a value that somebody types.
    """

    name: str
    type: FieldType
    meaning: str
    sensitivity: Sensitivity
    derived_from: str | None = None
    codes: tuple[str, ...] = ()
    standardiser: str = "text"


@dataclass(frozen=True)
class Register:
    """One of the three registers: person, house or unit.

    `authority` is the feed whose list defines the register (a house that it does not carry is "not in the register").
    """

    id: str
    title_zh: str
    title_en: str
    meaning: str
    fields: tuple[Field, ...]
    authority: str | None = None

    @property
    def field_names(self) -> frozenset[str]:
        """Names of all fields, mapped and derived."""
        return frozenset(field.name for field in self.fields)

    @property
    def mappable(self) -> frozenset[str]:
        """Names of the fields that a contract may fill; the others are derived by a standardiser."""
        return frozenset(field.name for field in self.fields if field.derived_from is None)


class _Title(StrictModel):
    zh: str
    en: str


class _FieldFile(StrictModel):
    type: FieldType
    meaning: str
    sensitivity: Sensitivity
    derived_from: str | None = None
    codes: tuple[str, ...] = ()
    standardiser: str | None = None


class _RegisterFile(StrictModel):
    id: str
    title: _Title
    meaning: str
    authority: str | None = None
    fields_: dict[str, _FieldFile] = pydantic.Field(alias="fields", min_length=1)


def read_registers(tree: DeclarationTree) -> Mapping[str, Register]:
    """Every register by its id; raises DeclarationError with the mistakes of all files."""
    registers: dict[str, Register] = {}
    problems: list[Problem] = []
    for file in tree.glob("registers/*.yml"):
        try:
            content = read_yaml(file, _RegisterFile)
        except DeclarationError as error:
            problems += error.problems
            continue
        if content.id != file.stem:
            problems.append(Problem(file, "id", f"{content.id} must be the file's stem"))
        registers[content.id] = _register(content)
        problems += [
            Problem(file, f"fields.{name}", told) for name, told in _derivation_problems(registers[content.id])
        ]
    if problems:
        raise DeclarationError(problems)
    return MappingProxyType(registers)


def _register(content: _RegisterFile) -> Register:
    return Register(
        id=content.id,
        title_zh=content.title.zh,
        title_en=content.title.en,
        meaning=content.meaning,
        fields=tuple(
            Field(
                **each.model_dump(exclude={"standardiser"}),
                name=name,
                standardiser=each.standardiser or each.type.value,
            )
            for name, each in content.fields_.items()
        ),
        authority=content.authority,
    )


def _derivation_problems(register: Register) -> list[tuple[str, str]]:
    return [
        (field.name, f"derived_from must name a field of {register.id} that is not itself derived")
        for field in register.fields
        if field.derived_from is not None and field.derived_from not in register.mappable
    ] + [
        (field.name, f"standardiser {field.standardiser!r} is not known: one of {', '.join(STANDARDISER_FIELDS)}")
        for field in register.fields
        if field.standardiser not in STANDARDISER_FIELDS
    ]
