"""Parts of texts that both engines read alike: what they return of the graph, in the order of its tables."""

from collections.abc import Sequence

from schemas.readers.graph import End, Property, RelationshipType

AS_OF = "r.valid_from <= $as_of AND (r.valid_to IS NULL OR r.valid_to > $as_of)"


def columns_cypher(variable: str, properties: Sequence[Property]) -> str:
    """Properties of a node or relationship, each by its name."""
    return ", ".join(f"{variable}.`{each.name}` AS `{each.name}`" for each in properties)


def row_cypher(each: RelationshipType, end: End, *, start_id: str = "a.id") -> str:
    """A relationship `r` to a node `b`, columns as in its graph table."""
    return (
        f"'{end.start}' AS start_label, {start_id} AS start_id, '{end.end}' AS end_label, b.id AS end_id, "
        f"{columns_cypher('r', each.stored_properties)}"
    )


def sides(label: str, types: Sequence[RelationshipType]) -> dict[str, str]:
    """The types that lead `out` of nodes of a label and those that lead `into` them, each as `A|B`; none, no side."""
    out = [each.type for each in types if any(end.start == label for end in each.ends)]
    into = [each.type for each in types if any(end.end == label for end in each.ends)]
    named = {"out": out, "into": into}
    return {side: "|".join(f"`{name}`" for name in names) for side, names in named.items() if names}
