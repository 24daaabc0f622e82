"""Purposes: what data may be read for, by whom, how much of it, where, and until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field

from schemas.checks.protected import protected_attribute
from schemas.errors import DeclarationError, Problem
from schemas.files import DeclarationTree, StrictModel, parse_yaml, read_text, validate

DISTRICT = "district"
LONGEST = timedelta(days=366)
LEAST_BASE = 3


class Role(StrEnum):
    """What somebody does here; a trainee is whoever has no other role yet."""

    ANALYST = "analyst"
    INSPECTOR = "inspector"
    STEWARD = "steward"
    SERVICE = "service"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    TRAINEE = "trainee"


READING_ROLES = (Role.ANALYST, Role.INSPECTOR, Role.STEWARD, Role.SERVICE)
"""Who may be let in by a purpose: who administers or audits reads no persons."""


class Verb(StrEnum):
    """Ways of reading."""

    ASK = "ask"
    EXPLAIN = "explain"
    MATCH = "match"
    NEIGHBOURHOOD = "neighbourhood"
    PATH = "path"
    EXPORT = "export"
    READ = "read"
    LINEAGE = "lineage"
    CHANGES = "changes"
    REVIEW = "review"
    DISPUTE = "dispute"
    DELIVER = "deliver"
    AUDIT = "audit"


OF_NO_ENTITY = frozenset({Verb.DELIVER, Verb.AUDIT})
"""Ways that show nothing of persons, houses and units: a purpose of these alone names no register."""


@dataclass(frozen=True)
class Reach:
    """What a purpose covers. `readers` are pairs of department and role; `areas` codes of towns or committees,
    or the whole district; a register lets its entities be seen, and of them the `fields` by register. Without
    `candidates` a match tells of the one entity that it is for certain, or of none. Numbers of entities are told as
    multiples of `rounded_to`.
    """

    readers: frozenset[tuple[str, Role]]
    verbs: frozenset[Verb]
    fields: Mapping[str, frozenset[str]]
    relationships: frozenset[str]
    counts: frozenset[str]
    areas: frozenset[str]
    case_number: bool
    granted_on: date
    expires_on: date
    candidates: bool = False
    rounded_to: int | None = None


@dataclass(frozen=True)
class Purpose:
    """One purpose of the register; `reach` None is everything, for everybody, where all people are made up."""

    code: str
    title_zh: str
    title_en: str
    legal_basis: str
    owner: str
    retention_days: int
    reach: Reach | None

    def has_expired(self, today: date) -> bool:
        """Whether nobody may read for it any more."""
        return self.reach is not None and self.reach.expires_on < today


Text = Annotated[str, Field(min_length=1)]
Codes = Annotated[tuple[Text, ...], Field(min_length=1)]


class _Title(StrictModel):
    zh: Text
    en: Text


class _PurposeModel(StrictModel):
    code: Text
    title: _Title
    legal_basis: Text
    owner: Text
    retention_days: Annotated[int, Field(gt=0)]


class _MadeUpModel(_PurposeModel):
    made_up_people: Literal[True]


class _RealModel(_PurposeModel):
    readers: Annotated[dict[Text, Annotated[tuple[Role, ...], Field(min_length=1)]], Field(min_length=1)]
    verbs: Annotated[tuple[Verb, ...], Field(min_length=1)]
    registers: dict[Text, tuple[Text, ...]]
    relationships: tuple[Text, ...] = ()
    counts: tuple[Text, ...] = ()
    areas: Codes
    case_number: bool
    granted_on: date
    expires_on: date
    candidates: bool = False
    rounded_to: Annotated[int, Field(ge=LEAST_BASE)] | None = None


def read_purposes(tree: DeclarationTree) -> Mapping[str, Purpose]:
    """All purposes by their code; raises DeclarationError with every mistake of every file.

    One whose time is over is read as well, and refused at the door on the day that it is asked for.
    """
    purposes: dict[str, Purpose] = {}
    problems: list[Problem] = []
    for file in tree.glob("purposes/*.yml"):
        try:
            model = _model(parse_yaml(read_text(file), file), file)
        except DeclarationError as error:
            problems += error.problems
            continue
        problems += [Problem(file, key, told) for key, told in _mistakes(model, file)]
        purposes[model.code] = _purpose(model)
    if problems:
        raise DeclarationError(problems)
    return MappingProxyType(purposes)


def _model(content: Any, file: Path) -> _MadeUpModel | _RealModel:
    made_up = isinstance(content, dict) and "made_up_people" in content
    return validate(content, _MadeUpModel, file) if made_up else validate(content, _RealModel, file)


def _mistakes(model: _MadeUpModel | _RealModel, file: Path) -> list[tuple[str, str]]:
    mistakes = [] if model.code == file.stem else [("code", f"{model.code} must be the file's stem")]
    for key, text in (("code", model.code), ("title.zh", model.title.zh), ("title.en", model.title.en)):
        if attribute := protected_attribute(text):
            mistakes.append((key, f"{text!r} speaks of {attribute}, which nothing is read for"))
    return mistakes + (_real_mistakes(model) if isinstance(model, _RealModel) else [])


def _reader_mistakes(model: _RealModel) -> list[tuple[str, str]]:
    mistakes = []
    audits = Verb.AUDIT in model.verbs
    if audits and (len(model.verbs) > 1 or model.registers or model.relationships or model.counts):
        mistakes.append(("verbs", f"{Verb.AUDIT} stands alone: who audits sees who looked, and nothing else"))
    may_read = (Role.AUDITOR,) if audits else READING_ROLES
    for department, roles in model.readers.items():
        for role in roles:
            if role not in may_read:
                told = "has no business with the audit log" if audits else "reads no persons"
                mistakes.append((f"readers.{department}", f"{role} {told}; {', '.join(may_read)} may"))
    return mistakes


def _real_mistakes(model: _RealModel) -> list[tuple[str, str]]:
    mistakes = _reader_mistakes(model)
    for register, fields in model.registers.items():
        for name in fields:
            if attribute := protected_attribute(name):
                mistakes.append((f"registers.{register}", f"{name} carries {attribute}, which nothing may be read of"))
    if DISTRICT in model.areas and len(model.areas) > 1:
        mistakes.append(("areas", f"{DISTRICT} is all of them and stands alone"))
    if not model.registers and not model.counts and not OF_NO_ENTITY.issuperset(model.verbs):
        mistakes.append(("registers", "names no register and no count: there is nothing to read"))
    if model.counts and not model.registers and model.rounded_to is None:
        mistakes.append(("rounded_to", "is missing: exact numbers, one subtracted from another, tell of single people"))
    if not model.granted_on < model.expires_on <= model.granted_on + LONGEST:
        mistakes.append(("expires_on", f"must lie within 12 months after {model.granted_on}"))
    return mistakes


def _purpose(model: _MadeUpModel | _RealModel) -> Purpose:
    return Purpose(
        code=model.code,
        title_zh=model.title.zh,
        title_en=model.title.en,
        legal_basis=model.legal_basis,
        owner=model.owner,
        retention_days=model.retention_days,
        reach=_reach(model) if isinstance(model, _RealModel) else None,
    )


def _reach(model: _RealModel) -> Reach:
    return Reach(
        readers=frozenset((department, role) for department, roles in model.readers.items() for role in roles),
        verbs=frozenset(model.verbs),
        fields=MappingProxyType({register: frozenset(names) for register, names in model.registers.items()}),
        relationships=frozenset(model.relationships),
        counts=frozenset(model.counts),
        areas=frozenset(model.areas),
        case_number=model.case_number,
        granted_on=model.granted_on,
        expires_on=model.expires_on,
        candidates=model.candidates,
        rounded_to=model.rounded_to,
    )
