"""The graph model of a copy: the labels and types of a study with the few properties that leave."""

from collections.abc import Mapping
from dataclasses import replace

from schemas.readers.analysis import AnalysisRules, Kept, KeptLabel, Study
from schemas.readers.graph import GraphModel, NodeLabel, Property
from schemas.readers.registers import FieldType

ID = Property("id", FieldType.TEXT, "id", "Pseudonym, of this release alone")
PLACES = (
    Property("committee", FieldType.TEXT, "committee", "Code of the committee; null where it would say too much"),
    Property("town", FieldType.TEXT, "town", "Code of the town; null where it would say too much"),
)
STANDARD = (
    Property("eid", FieldType.INTEGER, "eid", "Number of the relationship, of this release alone"),
    Property("valid_from", FieldType.DATE, "valid_from", "First day of the month, quarter or year in which it began"),
)


def analysis_model(graph: GraphModel, rules: AnalysisRules, study: Study) -> GraphModel:
    """Labels and types of a release of this study."""
    labels = {name: _label(graph.labels[name], each) for name, each in rules.labels.items()}
    types = {
        name: replace(graph.types[name], standard=STANDARD, properties=_kind(graph, rules, name))
        for name in study.types
    }
    known = labels | {name: graph.labels[name] for name in rules.whole}
    geography = {
        name: replace(each, standard=STANDARD[:1])
        for name, each in graph.types.items()
        if each.is_geography and all({end.start, end.end} <= set(rules.whole) for end in each.ends)
    }
    return GraphModel(labels=known, types=types | geography)


def kept_properties(kept: Kept, types: Mapping[str, FieldType]) -> tuple[Property, ...]:
    """A kept value as it stands in the copy: a band by both its ends, any other as it is."""
    if not kept.widths:
        return (Property(kept.name, types[kept.of], kept.of, f"As {kept.of} of the graph"),)
    return tuple(
        Property(f"{kept.name}_{side}", FieldType.INTEGER, kept.of, f"{which} {kept.of} of the band")
        for side, which in (("from", "Lowest"), ("to", "Highest"))
    )


def _label(label: NodeLabel, kept: KeptLabel) -> NodeLabel:
    types = {each.name: each.type for each in label.properties}
    values = (one for each in kept.keeps for one in kept_properties(each, types))
    return replace(label, properties=(ID, *values, *PLACES))


def _kind(graph: GraphModel, rules: AnalysisRules, name: str) -> tuple[Property, ...]:
    return tuple(each for each in graph.types[name].properties if each.name == "kind" and name in rules.kinds)
