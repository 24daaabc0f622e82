"""The page of the graph."""

from schemas.declarations import Declarations
from schemas.readers.graph import STANDARD_PROPERTIES, NodeLabel, Property, RelationshipType
from tools.markdown import code, codes, page, table

INTRODUCTION = (
    "Labels and relationship types that questions may use. No ID number, phone, sex or protected attribute is in the "
    "graph. Declared in `schemas/graph/`. 图模型。"
)


def graph_page(declarations: Declarations) -> str:
    """Labels, relationship types, and the properties of both."""
    model = declarations.graph
    types = [(code(each.type), each.meaning, _ends(each), _origin(each)) for each in model.types.values()]
    own = [
        (code(f"{each.type}.{listed.name}"), listed.type, listed.meaning)
        for each in model.types.values()
        for listed in each.properties
    ]
    return page(
        "Graph 图",
        INTRODUCTION,
        [
            *(_label(each) for each in model.labels.values()),
            "## Relationships",
            table(["type", "meaning", "from → to", "comes from"], types),
            "Every relationship has these properties; dates are half open, `valid_to` null means open.",
            _properties(STANDARD_PROPERTIES),
            "Some have more.",
            table(["property", "type", "meaning"], own),
        ],
    )


def _label(label: NodeLabel) -> str:
    return f"## {label.label}\n\n{label.meaning}. From {code(label.source)}.\n\n{_properties(label.properties)}"


def _properties(properties: tuple[Property, ...]) -> str:
    return table(["property", "type", "meaning"], [(code(each.name), each.type, each.meaning) for each in properties])


def _ends(each: RelationshipType) -> str:
    return ", ".join(f"{end.start} → {end.end}" for end in each.ends)


def _origin(each: RelationshipType) -> str:
    return f"facts {codes(each.kinds)}" if each.kinds else each.source.value
