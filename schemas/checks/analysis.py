"""Checks the analysts' copy against the graph: it keeps only what is declared there, and nothing that names anyone."""

from collections.abc import Iterator

from schemas.errors import Problem
from schemas.files import DeclarationTree
from schemas.readers.analysis import FILE, VALUES, AnalysisRules, Does, Kept, KeptLabel, Study
from schemas.readers.graph import GraphModel, NodeLabel
from schemas.readers.registers import FieldType

COPIED, PUBLIC = ("Person", "House", "Unit"), ("Community", "Town")
# Names, addresses, keys and free text by any other name; places have a ladder of their own.
NEVER = frozenset({"id", "name", "address", "building", "community_code", "birth_date"})
NUMBERS = (FieldType.INTEGER, FieldType.DECIMAL)


def analysis_problems(rules: AnalysisRules, graph: GraphModel, tree: DeclarationTree) -> list[Problem]:
    """Everything that the copy would keep and may not, or that the graph does not have."""
    mistakes = [*_labels(rules, graph), *_kinds(rules, graph)]
    mistakes += [mistake for study in rules.studies.values() for mistake in _study(study, rules, graph)]
    return [Problem(tree.path(FILE), key, message) for key, message in mistakes]


def _labels(rules: AnalysisRules, graph: GraphModel) -> Iterator[tuple[str, str]]:
    if set(rules.labels) != set(COPIED):
        yield "labels", f"a copy has the labels {', '.join(COPIED)}"
    for label in sorted(set(rules.whole) - set(PUBLIC)):
        yield f"whole.{label}", f"is not public; only {', '.join(PUBLIC)} may leave as they are"
    for kept in rules.labels.values():
        if kept.label in graph.labels:
            yield from _keeps(kept, graph.labels[kept.label])


def _keeps(kept: KeptLabel, label: NodeLabel) -> Iterator[tuple[str, str]]:
    types = {each.name: each.type for each in label.properties}
    for each in kept.keeps:
        if mistake := _mistake(each, types.get(each.of)):
            yield f"labels.{kept.label}.keeps.{each.name}", mistake


def _mistake(kept: Kept, type_: FieldType | None) -> str:
    if kept.of in NEVER:
        return f"{kept.of} names or nearly names somebody and never leaves"
    if type_ is None:
        return f"{kept.of} is no property of the label"
    if (type_ in NUMBERS) != bool(kept.widths):
        return f"{kept.of} is of type {type_}: a number leaves in bands only, and nothing else has widths"
    return f"{kept.of} is a date, which never leaves" if type_ is FieldType.DATE else ""


def _kinds(rules: AnalysisRules, graph: GraphModel) -> Iterator[tuple[str, str]]:
    for name in rules.kinds:
        if name not in graph.types or all(each.name != "kind" for each in graph.types[name].properties):
            yield f"kinds.{name}", "is no type with a kind"


def _study(study: Study, rules: AnalysisRules, graph: GraphModel) -> Iterator[tuple[str, str]]:
    place = f"studies.{study.id}"
    for name in study.types:
        if name not in graph.types or not graph.types[name].is_dated:
            yield f"{place}.types.{name}", "is no type of relationship that starts and ends"
    person = rules.labels.get("Person")
    bands = {each.name for each in person.keeps if each.widths} if person else set()
    for number, rung in enumerate(study.ladder):
        types = {*study.types, VALUES} if rung.does is Does.ALONE else set(study.types)
        if rung.does in (Does.WITHOUT, Does.ALONE) and rung.what not in types:
            yield f"{place}.ladder.{number}", f"{rung.what} is no type of this study"
        if rung.does is Does.WIDER and rung.what not in bands:
            yield f"{place}.ladder.{number}", f"{rung.what} is no band of a person"
