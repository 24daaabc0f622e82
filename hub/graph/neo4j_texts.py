"""Texts for the graph server: names and constraints, what is read back, and the edges of a walk."""

from collections.abc import Sequence

from hub.graph.shared_texts import AS_OF, columns_cypher, row_cypher, sides
from schemas.readers.graph import End, GraphModel, NodeLabel, RelationshipType

SNAPSHOT, LEASE = "Snapshot", "Publication"
SNAPSHOT_CYPHER = f"MATCH (s:`{SNAPSHOT}`) RETURN s.id, s.as_of, s.tables, s.published, s.verified, s.differs"
PUBLISHING_CYPHER = (
    "SHOW TRANSACTIONS YIELD metaData, database WHERE database = $database AND metaData.hub IS NOT NULL "
    "RETURN metaData.hub"
)
PHASE_CYPHER = "CALL tx.setMetaData({hub: $phase})"
LEASE_CYPHER = f"MERGE (p:`{LEASE}` {{key: 'hub'}}) SET p.by = $by"
CLEAR_CYPHER = f"MATCH (n) WHERE NOT n:`{LEASE}` CALL (n) {{ DETACH DELETE n }} IN TRANSACTIONS OF 10000 ROWS"
MARK_CYPHER = (
    f"MERGE (s:`{SNAPSHOT}`) "
    "SET s = {id: $id, as_of: $as_of, tables: $tables, published: $published, verified: $verified}"
)
VERIFIED_CYPHER = f"MATCH (s:`{SNAPSHOT}`) SET s.verified = $verified, s.differs = $differs"
UNMARK_CYPHER = f"MATCH (s:`{SNAPSHOT}`) DELETE s"
COMPONENTS_CYPHER = (
    "CALL dbms.components() YIELD name, versions, edition WHERE name = 'Neo4j Kernel' RETURN versions[0], edition"
)


def constraint_cypher(label: str, key: str = "id") -> str:
    """The statement that keeps the key of a label unique and finds nodes by it."""
    name = f"hub_{label.lower()}_{key}"
    return f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:`{label}`) REQUIRE n.`{key}` IS UNIQUE"


def create_nodes_cypher(label: str) -> str:
    """The statement that creates nodes of a label from $rows, maps of their properties."""
    return f"UNWIND $rows AS row CREATE (n:`{label}`) SET n = row"


def create_relationships_cypher(each: RelationshipType, end: End) -> str:
    """The statement that creates relationships from $rows, each [start id, end id, map of its properties]."""
    return (
        f"UNWIND $rows AS row MATCH (a:`{end.start}` {{id: row[0]}}) MATCH (b:`{end.end}` {{id: row[1]}}) "
        f"CREATE (a)-[r:`{each.type}`]->(b) SET r = row[2]"
    )


def change_nodes_cypher(label: str) -> str:
    """The statement that gives nodes of a label the properties of $rows, maps with their key."""
    return f"UNWIND $rows AS row MATCH (n:`{label}` {{id: row.id}}) SET n = row"


def delete_nodes_cypher(label: str) -> str:
    """The statement that removes nodes of a label by $rows, lists of their key; one that is still related stays."""
    return f"UNWIND $rows AS row MATCH (n:`{label}` {{id: row[0]}}) DELETE n"


def change_relationships_cypher(each: RelationshipType, end: End) -> str:
    """The statement that gives relationships the properties of $rows, each [start id, eid, map of its properties]."""
    return f"UNWIND $rows AS row {_found_cypher(each.type, end.start, f'(:`{end.end}`)')} SET r = row[2]"


def delete_relationships_cypher(type_: str, start: str) -> str:
    """The statement that removes relationships by $rows, each [start id, eid]."""
    return f"UNWIND $rows AS row {_found_cypher(type_, start, '()')} DELETE r"


def touched_nodes_cypher(label: NodeLabel) -> str:
    """Everything of the nodes whose keys are $rows, columns as in the graph table."""
    return f"UNWIND $rows AS row MATCH (n:`{label.label}` {{id: row}}) RETURN {columns_cypher('n', label.properties)}"


def touched_relationships_cypher(each: RelationshipType, end: End) -> str:
    """Everything of the relationships of $rows, each [start id, eid], columns as in the graph table."""
    return (
        f"UNWIND $rows AS row {_found_cypher(each.type, end.start, f'(b:`{end.end}`)')} "
        f"RETURN {row_cypher(each, end, start_id='row[0]')}"
    )


def _found_cypher(type_: str, start: str, end: str) -> str:
    return f"MATCH (:`{start}` {{id: row[0]}})-[r:`{type_}` {{eid: row[1]}}]->{end}"


def names_cypher(model: GraphModel) -> list[str]:
    """Statements that make every declared name known, so that an unknown one is a mistake, and every key unique."""
    properties = {one.name for each in model.labels.values() for one in each.properties}
    properties |= {one.name for each in model.types.values() for one in each.stored_properties}
    properties |= {"as_of", "tables", "published", "verified", "differs", "key", "by"}
    made = {
        "createLabel": [*model.labels, SNAPSHOT, LEASE],
        "createRelationshipType": list(model.types),
        "createProperty": sorted(properties),
    }
    return [
        *(f"UNWIND {names} AS name CALL db.{procedure}(name)" for procedure, names in made.items()),
        *(constraint_cypher(label) for label in model.labels),
        constraint_cypher(LEASE, "key"),
    ]


def count_cypher(model: GraphModel) -> dict[str, str]:
    """The text that counts the nodes of each label and the relationships of each type."""
    texts = {name: f"MATCH (n:`{name}`) RETURN count(n)" for name in model.labels}
    return texts | {name: f"MATCH ()-[r:`{name}`]->() RETURN count(r)" for name in model.types}


def node_rows_cypher(label: NodeLabel) -> str:
    """Everything of a label's nodes, columns as in its graph table."""
    return f"MATCH (n:`{label.label}`) RETURN {columns_cypher('n', label.properties)}"


def relationship_rows_cypher(each: RelationshipType, end: End) -> str:
    """Everything of one type between two labels, columns as in its graph table."""
    return f"MATCH (a:`{end.start}`)-[r:`{each.type}`]->(b:`{end.end}`) RETURN {row_cypher(each, end)}"


def edges_cypher(label: str, types: Sequence[RelationshipType]) -> list[str]:
    """Texts that return the edges out of and into nodes of one label ($ids) at $as_of: both ends, type, eid."""
    ends = "labels(a)[0], a.id, labels(b)[0], b.id, type(r), r.eid"
    arrows = {"out": "(a:`{0}` {{id: id}})-[r:{1}]->(b)", "into": "(b:`{0}` {{id: id}})<-[r:{1}]-(a)"}
    return [
        f"UNWIND $ids AS id MATCH {arrows[side].format(label, names)} WHERE {AS_OF} RETURN {ends}"
        for side, names in sides(label, types).items()
    ]
