"""Policies over the declarations: the Cedar schema and entities generated from them, and rulings on items."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from hub.sharing.cedar import PolicySet, Ruling, parse_policies
from schemas.declarations import Declarations
from schemas.errors import DeclarationError, Problem
from schemas.files import read_text
from schemas.items import AUDIT_LOG, COUNT, ENTITY, PLACE, fields_with_derived, item_sensitivities
from schemas.readers.gazetteer import Gazetteer
from schemas.readers.purposes import DISTRICT, Purpose, Role, Verb
from schemas.readers.registers import Sensitivity
from stores.home import HomeKind

NO_DEPARTMENT = "none"
LITERAL = re.compile(r'\b(Item|Purpose|Area)::"([^"]*)"')


@dataclass(frozen=True)
class Situation:
    """Everything that a ruling depends on but the item: one role of the caller, in one area.

    `roles` are all of the caller's, `areas` where their duty lies, `declared_for` the purposes that what is read was
    declared for, empty where any will do.
    """

    role: Role
    roles: frozenset[Role]
    department: str | None
    purpose: str
    verb: Verb
    area: str
    areas: frozenset[str]
    case_given: bool
    today: date
    home: HomeKind
    declared_for: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Rules:
    """The purposes, every item with its sensitivity, and the policies over them."""

    purposes: Mapping[str, Purpose]
    items: Mapping[str, Sensitivity]
    policies: PolicySet

    def rule(self, asked: Sequence[tuple[Situation, str]]) -> list[Ruling]:
        """The ruling on each item in its situation."""
        return self.policies.rule([_request(situation, item) for situation, item in asked])

    def rulings(self, situation: Situation) -> Mapping[str, Ruling]:
        """The ruling on every item there is; situations that come again are not decided again."""
        return _rulings(self.policies, tuple(self.items), situation)

    def reason(self, policy: str | None) -> str:
        """What a policy says for itself, in both languages."""
        if policy is None:
            return "no policy permits it 没有任何规则允许"
        told = self.policies.policies[policy]
        return f"{told.en} {told.zh}"


@lru_cache(maxsize=4096)
def _rulings(policies: PolicySet, items: tuple[str, ...], situation: Situation) -> Mapping[str, Ruling]:
    return dict(zip(items, policies.rule([_request(situation, item) for item in items]), strict=True))


def compile_rules(declarations: Declarations, today: date | None = None) -> Rules:
    """The rules of these declarations; equal ones are parsed once in a process.

    A purpose whose time is over (by `today`, None for the day it is) is none of them; one that ends while a server runs
    is refused by a policy. Raises DeclarationError with every mistake of every policy.
    """
    files = declarations.tree.glob("policies/*.cedar")
    texts = tuple((file, read_text(file)) for file in files)
    items = item_sensitivities(declarations.registers, declarations.graph)
    schema = policy_schema(sorted(declarations.departments))
    entities = json.dumps([*_areas(declarations.gazetteer), *_items(items), *_purposes(declarations, items)])
    unknown = _unknown_names(texts, declarations, items)
    if unknown:
        raise DeclarationError(unknown)
    day = today or date.today()
    purposes = {code: each for code, each in declarations.purposes.items() if not each.has_expired(day)}
    return Rules(purposes, items, parse_policies(texts, schema, entities))


def policy_schema(departments: Sequence[str]) -> str:
    """The Cedar schema: a policy that names another role, department, verb or sensitivity is no policy."""
    return f"""
entity Role enum {json.dumps(list(Role))};
entity Department enum {json.dumps([*departments, NO_DEPARTMENT])};
entity Sensitivity enum {json.dumps(list(Sensitivity))};
entity Home enum {json.dumps(list(HomeKind))};
entity Area in [Area] {{ whole: Bool }};
entity Item {{ sensitivity: Sensitivity }};
entity Purpose {{
  made_up: Bool, readers: Set<{{ department: Department, role: Role }}>, verbs: Set<Action>, items: Set<Item>,
  areas: Set<Area>, case_number: Bool, granted_on: Long, expires_on: Long
}};
type Situation = {{
  purpose: Purpose, roles: Set<Role>, department: Department, area: Area, areas: Set<Area>, case_given: Bool,
  today: Long, home: Home, declared_for: Set<Purpose>, declared_for_any: Bool
}};
action {", ".join(json.dumps(each) for each in Verb)}
  appliesTo {{ principal: [Role], resource: [Item], context: Situation }};
"""


def items_of(purpose: Purpose, declarations: Declarations, items: Mapping[str, Sensitivity]) -> frozenset[str]:
    """The items that a purpose lists: a field brings what is derived from it, a register what the hub says of it."""
    reach = purpose.reach
    if reach is None:
        return frozenset(items)
    log = [AUDIT_LOG] if Verb.AUDIT in reach.verbs else []
    listed = {PLACE, *log, *reach.relationships, *(f"{register}.{COUNT}" for register in reach.counts)}
    for register, names in reach.fields.items():
        derived = fields_with_derived(declarations.registers[register], names)
        listed |= {f"{register}.{name}" for name in (ENTITY, *names, *derived)}
    return frozenset(listed)


def _areas(gazetteer: Gazetteer) -> list[dict[str, Any]]:
    towns = [_entity("Area", town.code, {"whole": False}, DISTRICT) for town in gazetteer.towns]
    committees = [_entity("Area", each.code, {"whole": False}, each.town_code) for each in gazetteer.committees]
    return [_entity("Area", DISTRICT, {"whole": True}), *towns, *committees]


def _items(items: Mapping[str, Sensitivity]) -> list[dict[str, Any]]:
    return [_entity("Item", name, {"sensitivity": _reference("Sensitivity", level)}) for name, level in items.items()]


def _purposes(declarations: Declarations, items: Mapping[str, Sensitivity]) -> list[dict[str, Any]]:
    return [
        _entity("Purpose", each.code, _terms(each, items_of(each, declarations, items)))
        for each in declarations.purposes.values()
    ]


def _terms(purpose: Purpose, items: frozenset[str]) -> dict[str, Any]:
    reach = purpose.reach
    readers = sorted(reach.readers) if reach else []
    return {
        "made_up": reach is None,
        "readers": [
            {"department": _reference("Department", department), "role": _reference("Role", role)}
            for department, role in readers
        ],
        "verbs": _references("Action", reach.verbs if reach else Verb),
        "items": _references("Item", items),
        "areas": _references("Area", reach.areas if reach else [DISTRICT]),
        "case_number": reach is not None and reach.case_number,
        "granted_on": (reach.granted_on if reach else date.min).toordinal(),
        "expires_on": (reach.expires_on if reach else date.max).toordinal(),
    }


def _request(situation: Situation, item: str) -> dict[str, Any]:
    return {
        "principal": _uid("Role", situation.role),
        "action": _uid("Action", situation.verb),
        "resource": _uid("Item", item),
        "context": _context(situation),
    }


def _context(situation: Situation) -> dict[str, Any]:
    return {
        "purpose": _reference("Purpose", situation.purpose),
        "roles": _references("Role", situation.roles),
        "department": _reference("Department", situation.department or NO_DEPARTMENT),
        "area": _reference("Area", situation.area),
        "areas": _references("Area", situation.areas),
        "case_given": situation.case_given,
        "today": situation.today.toordinal(),
        "home": _reference("Home", situation.home),
        "declared_for": _references("Purpose", situation.declared_for),
        "declared_for_any": not situation.declared_for,
    }


def _unknown_names(
    texts: Iterable[tuple[Path, str]], declarations: Declarations, items: Mapping[str, Sensitivity]
) -> list[Problem]:
    """Items, purposes and areas that a policy names and nothing declares; Cedar would take them for never equal."""
    known = {
        "Item": frozenset(items),
        "Purpose": frozenset(declarations.purposes),
        "Area": declarations.gazetteer.area_codes | {DISTRICT},
    }
    return [
        Problem(file, f'{kind}::"{name}"', "is not declared")
        for file, text in texts
        for kind, name in LITERAL.findall(text)
        if name not in known[kind]
    ]


def _entity(kind: str, name: str, attributes: Mapping[str, Any], parent: str | None = None) -> dict[str, Any]:
    return {"uid": _uid(kind, name), "attrs": attributes, "parents": [_uid(kind, parent)] if parent else []}


def _uid(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "id": str(name)}


def _reference(kind: str, name: str) -> dict[str, Any]:
    return {"__entity": _uid(kind, name)}


def _references(kind: str, names: Iterable[str]) -> list[dict[str, Any]]:
    return [_reference(kind, name) for name in sorted(names)]
