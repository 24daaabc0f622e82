"""Checks between kinds of declarations: models, rules and graph speak only of what registers and contracts declare."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schemas.errors import Problem
from schemas.files import DeclarationTree
from schemas.readers.contracts import FeedContract
from schemas.readers.golden import GoldenRules
from schemas.readers.graph import GraphModel, NodeLabel, RelationshipType
from schemas.readers.linkage import LinkageModel
from schemas.readers.registers import Register
from schemas.readers.residence import ResidenceRules

Mistakes = Iterator[tuple[str, str]]

STRING = re.compile(r"'(?:[^']|'')*'")
IDENTIFIER = re.compile(r"\b[a-z_][a-z0-9_]*\b(?!\s*\()")
SQL_WORDS = frozenset(
    re.split(
        r"\s+",
        "and or not in is null case when then else end cast as varchar integer bigint double decimal date boolean true "
        "false like between interval year month day",
    )
)
ENTITY_COLUMNS = frozenset({"entity_id", "n_records", "n_feeds", "recorded_from", "confidence", "in_register"})
EXAMINED_ENTITIES = {"resolved.person": "person", "resolved.house": "house", "resolved.unit": "unit"}


@dataclass(frozen=True)
class ReadParts:
    """What could be read; a part that could not is None, and nothing is checked against it."""

    tree: DeclarationTree
    contracts: Mapping[str, FeedContract]
    registers: Mapping[str, Register]
    linkage: Mapping[str, LinkageModel] | None
    golden: Mapping[str, GoldenRules] | None
    residence: ResidenceRules | None
    graph: GraphModel | None

    @property
    def facts(self) -> Mapping[str, frozenset[tuple[str, str, str]]]:
        """By kind of fact: department, register of the subject, register of the object."""
        facts: dict[str, frozenset[tuple[str, str, str]]] = {}
        for contract in self.contracts.values():
            registers = {record.role: record.register for record in contract.records}
            for fact in contract.facts:
                ends = (contract.department, registers.get(fact.subject, ""), registers.get(fact.object, ""))
                facts[fact.kind] = facts.get(fact.kind, frozenset()) | {ends}
        return facts


def crossing_problems(parts: ReadParts) -> list[Problem]:
    """Every name in one kind of declaration that another kind should declare and does not."""
    found: list[tuple[str, Mistakes]] = []
    for register in parts.registers.values():
        found.append((f"registers/{register.id}.yml", _authority(register, parts)))
    for model in (parts.linkage or {}).values():
        found.append((f"linkage/{model.id}.yml", _linkage(model, parts)))
    for name, rules in (parts.golden or {}).items():
        found.append(("golden.yml", _golden(name, rules, parts)))
    if parts.residence is not None:
        found.append(("residence.yml", _residence(parts.residence, parts)))
    if parts.graph is not None:
        found += [("graph/nodes.yml", _label(label, parts)) for label in parts.graph.labels.values()]
        found += [("graph/relationships.yml", _type(each, parts)) for each in parts.graph.types.values()]
    return [Problem(parts.tree.path(place), key, told) for place, mistakes in found for key, told in mistakes]


def names_in(expression: str) -> frozenset[str]:
    """The column names in a piece of SQL, without its functions, words and strings."""
    return frozenset(IDENTIFIER.findall(STRING.sub("''", expression))) - SQL_WORDS


def _authority(register: Register, parts: ReadParts) -> Mistakes:
    if register.authority is None:
        return
    contract = parts.contracts.get(register.authority)
    if contract is None:
        yield "authority", f"{register.authority} is no feed"
    elif contract.records[0].register != register.id:
        yield "authority", f"the rows of {contract.id} are of {contract.records[0].register}, not of {register.id}"


def _linkage(model: LinkageModel, parts: ReadParts) -> Mistakes:
    if model.id not in parts.registers:
        yield "id", f"{model.id} is no register"
        return
    fields = parts.registers[model.id].field_names | set(model.prepared)
    for column in model.columns:
        for name in sorted(names_in(column.value) - fields):
            yield f"columns.{column.id}", f"{name} is no field of {model.id}"
    for lookup in model.lookup:
        for name in sorted(set(lookup.on) - parts.registers[model.id].field_names):
            yield f"lookup.{lookup.id}", f"{name} is no field of {model.id}"
    yield from _contexts(model, parts)
    for feed in model.repair.one_record_per_feed:
        if feed not in parts.contracts:
            yield "repair.one_record_per_feed", f"{feed} is no feed"


def _contexts(model: LinkageModel, parts: ReadParts) -> Mistakes:
    for context in model.contexts:
        own = parts.registers[model.id].field_names
        if context.counted_by is not None and context.counted_by not in own:
            yield f"contexts.{context.id}.counted_by", f"{context.counted_by} is no field of {model.id}"
        if context.of not in parts.registers:
            yield f"contexts.{context.id}.of", f"{context.of} is no register"
        for kind in context.kinds:
            if kind not in parts.facts:
                yield f"contexts.{context.id}.kinds", f"{kind} is a fact of no feed"


def _golden(name: str, rules: GoldenRules, parts: ReadParts) -> Mistakes:
    if name not in parts.registers:
        yield name, "is no register"
        return
    fields = {field.name: field for field in parts.registers[name].fields}
    yield from ((f"{name}.trust", f"{feed} is no feed") for feed in rules.trust if feed not in parts.contracts)
    named = {(f"fields.{field}", field) for field in rules.fields}
    named |= {(f"fields.{field}.prefer", other) for field, rule in rules.fields.items() for other in rule.prefer}
    for field, substitute in rules.substitutes.items():
        named |= {(f"substitutes.{field}", each) for each in (field, substitute.field, substitute.where)}
    for field, groups in rules.neighbours.items():
        named |= {(f"neighbours.{field}", each) for group in ((field,), *groups) for each in group}
    for key, field in sorted(named):
        if field not in fields:
            yield f"{name}.{key}", f"{field} is no field of {name}"
        elif key == f"fields.{field}" and fields[field].derived_from is not None:
            yield f"{name}.{key}", f"{field} is derived and follows {fields[field].derived_from}"


def _residence(rules: ResidenceRules, parts: ReadParts) -> Mistakes:
    for kind, rule in rules.evidence.items():
        known = parts.facts.get(kind)
        if known is None:
            yield f"evidence.{kind}", "is a fact of no feed"
            continue
        if {(subject, about) for _, subject, about in known} != {("person", "house")}:
            yield f"evidence.{kind}", "does not tie a person to a house"
        departments = sorted({department for department, _, _ in known})
        if departments != [rule.department]:
            yield f"evidence.{kind}.department", f"the fact comes from {', '.join(departments)}"


def _label(label: NodeLabel, parts: ReadParts) -> Mistakes:
    register = parts.registers.get(EXAMINED_ENTITIES.get(label.source, ""))
    if register is None:
        return
    for each in label.properties:
        for name in sorted(names_in(each.expression) - register.field_names - ENTITY_COLUMNS):
            yield f"{label.label}.properties.{each.name}", f"{name} is no field of {register.id}"


def _type(each: RelationshipType, parts: ReadParts) -> Mistakes:
    ends = {(end.start.lower(), end.end.lower()) for end in each.ends}
    for kind in each.kinds:
        if kind not in parts.facts:
            yield f"{each.type}.kinds", f"{kind} is a fact of no feed"
        for _, subject, about in sorted(parts.facts.get(kind, ())):
            if (subject, about) not in ends:
                yield (
                    f"{each.type}.ends",
                    f"facts of kind {kind} lead from {subject} to {about}, which is not among its ends",
                )
    lasting = set(parts.residence.evidence) if parts.residence is not None else set(each.kinds)
    for kind in each.kinds if each.lapses else ():
        if kind not in lasting and kind not in each.in_force_days:
            yield f"{each.type}.in_force_days", f"{kind} needs the days that it is in force"
