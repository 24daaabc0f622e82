"""Checks purposes against registers, graph, departments and places, and who reads against the purposes there are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schemas.errors import Problem
from schemas.files import DeclarationTree
from schemas.items import RECORDS
from schemas.lineage import lineage_mistakes
from schemas.readers.analysis import FILE as ANALYSIS
from schemas.readers.analysis import AnalysisRules
from schemas.readers.gazetteer import Gazetteer
from schemas.readers.graph import GraphModel
from schemas.readers.purposes import DISTRICT, Purpose, Reach
from schemas.readers.questions import Question
from schemas.readers.registers import Register

Mistakes = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class PurposeParts:
    """What purposes speak of."""

    registers: Mapping[str, Register]
    graph: GraphModel
    departments: frozenset[str]
    gazetteer: Gazetteer
    analysis: AnalysisRules


def purpose_problems(
    purposes: Mapping[str, Purpose], questions: Mapping[str, Question], parts: PurposeParts, tree: DeclarationTree
) -> list[Problem]:
    """Every name in a purpose that nothing declares, and every purpose that questions and studies name in vain."""
    found = [(f"purposes/{each.code}.yml", _purpose(each, parts)) for each in purposes.values()]
    found += [
        (f"questions/{each.topic}/{each.id}.cypher", _question(each, purposes, parts)) for each in questions.values()
    ]
    found += [(ANALYSIS, _studies(purposes, parts))]
    return [Problem(tree.path(place), key, told) for place, mistakes in found for key, told in mistakes]


def _purpose(purpose: Purpose, parts: PurposeParts) -> Mistakes:
    if purpose.owner not in parts.departments:
        yield "owner", f"{purpose.owner} is no department; there are {', '.join(sorted(parts.departments))}"
    if purpose.reach is not None:
        yield from _reach(purpose.reach, parts)


def _reach(reach: Reach, parts: PurposeParts) -> Mistakes:
    for department in sorted({department for department, _ in reach.readers} - parts.departments):
        yield f"readers.{department}", "is no department"
    for register, names in reach.fields.items():
        if register not in parts.registers:
            yield f"registers.{register}", f"is no register; there are {', '.join(parts.registers)}"
            continue
        for name in sorted(names - parts.registers[register].field_names - {RECORDS}):
            yield f"registers.{register}", f"{name} is no field of {register}"
    for name in sorted(reach.counts - set(parts.registers)):
        yield "counts", f"{name} is no register"
    personal = {each.type for each in parts.graph.types.values() if not each.is_geography}
    for name in sorted(reach.relationships - personal):
        yield "relationships", f"{name} is no type of relationship that needs a permit"
    for area in sorted(reach.areas - parts.gazetteer.area_codes - {DISTRICT}):
        yield "areas", f"{area} is neither {DISTRICT} nor the code of a town or committee"


def _question(question: Question, purposes: Mapping[str, Purpose], parts: PurposeParts) -> Mistakes:
    yield from lineage_mistakes(question, parts.registers, parts.graph)
    register = question.subject.lower()
    for code in question.purposes:
        if code not in purposes:
            yield "purposes", f"{code} is no purpose; there are {', '.join(purposes)}"
            continue
        reach = purposes[code].reach
        if reach is not None and register in parts.registers and register not in reach.fields:
            yield "purposes", f"{code} shows no {register}, which the rows are about"


def _studies(purposes: Mapping[str, Purpose], parts: PurposeParts) -> Mistakes:
    for study in parts.analysis.studies.values():
        for code in study.purposes:
            if code not in purposes:
                yield f"studies.{study.id}.purposes", f"{code} is no purpose; there are {', '.join(purposes)}"
