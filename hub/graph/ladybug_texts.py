"""Texts for the embedded engine: its table definitions, what is copied into them, and what is read back."""

from collections.abc import Mapping, Sequence

from hub.graph.shared_texts import AS_OF, columns_cypher, row_cypher, sides
from schemas.readers.graph import End, NodeLabel, Property, RelationshipType
from schemas.readers.registers import FieldType

COLUMN_TYPES: Mapping[FieldType, str] = {
    FieldType.TEXT: "STRING",
    FieldType.DATE: "DATE",
    FieldType.INTEGER: "INT64",
    FieldType.DECIMAL: "DOUBLE",
    FieldType.BOOLEAN: "BOOLEAN",
}
_PART = "offset(id({0})) >= $first AND offset(id({0})) < $before"


def export_sql(each: RelationshipType, end: End) -> str:
    """The rows of one type between two labels, in the column order that COPY needs."""
    names = ", ".join(f'"{one.name}"' for one in each.stored_properties)
    return (
        f"SELECT start_id, end_id, {names} FROM {each.table} "
        f"WHERE start_label = '{end.start}' AND end_label = '{end.end}' ORDER BY start_id, end_id, eid"
    )


def node_table_cypher(label: NodeLabel) -> str:
    """The statement that makes the table of a label."""
    return f"CREATE NODE TABLE `{label.label}`({_columns_cypher(label.properties)}, PRIMARY KEY(id))"


def relationship_table_cypher(each: RelationshipType) -> str:
    """The statement that makes the table of a relationship type."""
    ends = ", ".join(f"FROM `{end.start}` TO `{end.end}`" for end in each.ends)
    return f"CREATE REL TABLE `{each.type}`({ends}, {_columns_cypher(each.stored_properties)})"


def _columns_cypher(properties: tuple[Property, ...]) -> str:
    return ", ".join(f"`{each.name}` {COLUMN_TYPES[each.type]}" for each in properties)


def quoted(text: object) -> str:
    """A string literal of the graph engine."""
    escaped = str(text).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def node_text_cypher(label: NodeLabel) -> str:
    """The text that returns everything of a label's nodes from $first up to $before, columns as in its graph table."""
    columns = columns_cypher("n", label.properties)
    return f"MATCH (n:`{label.label}`) WHERE {_PART.format('n')} RETURN {columns}"


def relationship_text_cypher(each: RelationshipType, end: End) -> str:
    """The text that returns everything of one type between two labels, for starts from $first to before $end."""
    return (
        f"MATCH (a:`{end.start}`)-[r:`{each.type}`]->(b:`{end.end}`) WHERE {_PART.format('a')} "
        f"RETURN {row_cypher(each, end)}"
    )


def edges_cypher(label: str, types: Sequence[RelationshipType]) -> dict[str, str]:
    """Texts that return the edges out of and into one node of a label ($id) at $as_of: other end, type, eid.

    By one node at a time: the engine finds a node by its key at once, and looks through all of them for a list of keys.
    """
    arrows = {"out": "-[r:{}]->", "into": "<-[r:{}]-"}
    return {
        side: f"MATCH (n:`{label}` {{id: $id}}){arrows[side].format(names)}(o) WHERE {AS_OF} "
        "RETURN label(o), o.id, label(r), r.eid"
        for side, names in sides(label, types).items()
    }
