"""Registers: the fields that a standard record of a person, a house or a unit has."""

from dataclasses import dataclass
from enum import StrEnum


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
    `name`); a contract maps only fields where it is None.
    """

    name: str
    type: FieldType
    meaning: str
    sensitivity: Sensitivity
    derived_from: str | None = None
    codes: tuple[str, ...] = ()


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
