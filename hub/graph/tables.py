"""Builds the graph tables in the warehouse: graph.node_<label> and graph.rel_<type>, by the declared graph model.

Every engine is a projection of these tables.
"""

from collections.abc import Mapping
from typing import Protocol

import pyarrow as pa

from hub.graph.errors import GraphBuildError
from hub.graph.port import GraphStore
from schemas.readers.gazetteer import Gazetteer
from schemas.readers.graph import GraphModel, NodeLabel, Property, RelationshipSource, RelationshipType
from schemas.readers.registers import FieldType
from schemas.readers.residence import ResidenceRules
from stores.quoting import number_sql
from stores.snapshots import TableSummary
from stores.summaries import summarise
from stores.warehouse import Warehouse

COLUMN_TYPES: Mapping[FieldType, str] = {
    FieldType.TEXT: "VARCHAR",
    FieldType.DATE: "DATE",
    FieldType.INTEGER: "BIGINT",
    FieldType.DECIMAL: "DOUBLE",
    FieldType.BOOLEAN: "BOOLEAN",
}
ALWAYS = "DATE '1900-01-01'"


class GraphDeclarations(Protocol):
    """The part of the declarations that graph tables are built by."""

    @property
    def graph(self) -> GraphModel:
        """Labels and relationship types."""

    @property
    def residence(self) -> ResidenceRules:
        """Evidence kinds and how long they stay in force."""

    @property
    def gazetteer(self) -> Gazetteer:
        """Towns and committees."""


def build_graph_tables(warehouse: Warehouse, declarations: GraphDeclarations) -> Mapping[str, TableSummary]:
    """Builds every graph table anew from resolved.* in one transaction; rows and hash of each by label or type."""
    model = declarations.graph
    places = place_tables(declarations.gazetteer)
    for name, table in places.items():
        warehouse.register_arrow(name, table)
    try:
        with warehouse.transaction():
            for label in model.labels.values():
                warehouse.execute(node_table_sql(label))
            for each in model.types.values():
                warehouse.execute(relationship_table_sql(each, declarations))
    finally:
        for name in places:
            warehouse.unregister(name)
    return summarise_graph(warehouse, model)


def summarise_graph(warehouse: Warehouse, model: GraphModel) -> Mapping[str, TableSummary]:
    """Rows and order-free hash of each graph table, by label or type (hash: `stores.summaries`)."""
    tables = {label.label: label.table for label in model.labels.values()}
    tables |= {each.type: each.table for each in model.types.values()}
    return {name: summarise(warehouse, table) for name, table in tables.items()}


def check_graph(graph: GraphStore, expected: Mapping[str, TableSummary]) -> None:
    """Reads the whole graph and raises GraphBuildError where it does not equal the tables of these summaries."""
    found = graph.hashes()
    different = [
        f"{name} has {found[name].rows} rows (hash {found[name].hash}), its table {expected[name].rows} "
        f"({expected[name].hash})"
        for name in found
        if found[name] != expected[name]
    ]
    if different:
        raise GraphBuildError("the graph differs from the tables it was built from: " + "; ".join(different))


def place_tables(gazetteer: Gazetteer) -> Mapping[str, pa.Table]:
    """The gazetteer as tables: gazetteer_town (id, name) and gazetteer_community (id, name, kind, town_id)."""
    committees, towns = gazetteer.committees, gazetteer.towns
    return {
        "gazetteer_town": pa.table({"id": [each.code for each in towns], "name": [each.name for each in towns]}),
        "gazetteer_community": pa.table(
            {
                "id": [each.code for each in committees],
                "name": [each.name for each in committees],
                "kind": [each.kind for each in committees],
                "town_id": [each.town_code for each in committees],
            }
        ),
    }


def node_table_sql(label: NodeLabel) -> str:
    """Makes graph.node_<label>: one row per entity, its declared properties as columns."""
    return f"CREATE OR REPLACE TABLE {label.table} AS SELECT {_columns_sql(label.properties)} FROM {label.source}"


def relationship_table_sql(each: RelationshipType, declarations: GraphDeclarations) -> str:
    """Makes graph.rel_<type>: its two ends (label and id each), then its properties.

    Rows whose end is no node, and rows that join a thing with itself, are left out.
    """
    starts, ends = ({getattr(end, side) for end in each.ends} for side in ("start", "end"))
    return (
        f"CREATE OR REPLACE TABLE {each.table} AS "
        f"WITH found AS ({_source_sql(each, declarations)}) SELECT found.* FROM found "
        f"{_known_sql('start', [declarations.graph.labels[name] for name in sorted(starts)])} "
        f"{_known_sql('end', [declarations.graph.labels[name] for name in sorted(ends)])} "
        "WHERE (start_label, start_id) <> (end_label, end_id)"
    )


def _known_sql(side: str, labels: list[NodeLabel]) -> str:
    """Keeps the rows of `found` whose end on this side is a node; where it has one label only, by id alone."""
    if len(labels) == 1:
        return f"SEMI JOIN {labels[0].table} AS one_{side} ON one_{side}.id = found.{side}_id"
    known = " UNION ALL ".join(f"SELECT '{each.label}' AS label, id FROM {each.table}" for each in labels)
    same = f"one_{side}.label = found.{side}_label AND one_{side}.id = found.{side}_id"
    return f"SEMI JOIN ({known}) AS one_{side} ON {same}"


def _columns_sql(properties: tuple[Property, ...]) -> str:
    return ", ".join(f'CAST({each.expression} AS {COLUMN_TYPES[each.type]}) AS "{each.name}"' for each in properties)


def _source_sql(each: RelationshipType, declarations: GraphDeclarations) -> str:
    match each.source:
        case RelationshipSource.RELATION:
            return _relation_sql(each, declarations.residence)
        case RelationshipSource.RESIDENCE:
            return _residence_sql(each, declarations.residence)
        case RelationshipSource.REVIEW:
            return _review_sql(each)
        case RelationshipSource.HOUSE:
            return _geography_sql(each, table="resolved.house", start="entity_id", end="community_code")
        case RelationshipSource.GAZETTEER:
            return _geography_sql(each, table="gazetteer_community", start="id", end="town_id")


def _relation_sql(each: RelationshipType, rules: ResidenceRules) -> str:
    kinds = ", ".join(f"'{kind}'" for kind in each.kinds)
    ends = " OR ".join(
        f"(r.subject_register = '{end.start.lower()}' AND r.object_register = '{end.end.lower()}')" for end in each.ends
    )
    lapse = "coalesce(r.observed_on, r.valid_from) + k.in_force_days" if each.lapses else "NULL"
    return f"""
        WITH k AS ({evidence_kinds_sql(each, rules)})
        SELECT {_label_sql("r.subject_register")} AS start_label, r.subject_id AS start_id,
            {_label_sql("r.object_register")} AS end_label, r.object_id AS end_id,
            r.relation_id AS eid,
            r.valid_from, CAST(coalesce(r.valid_to, {lapse}) AS DATE) AS valid_to, r.feed AS source,
            CAST(r.confidence AS DOUBLE) AS confidence, CAST(r.n_records AS BIGINT) AS n_records{_extra_sql(each)}
        FROM resolved.relation AS r LEFT JOIN k ON k.kind = r.kind
        WHERE r.kind IN ({kinds}) AND ({ends})"""


def evidence_kinds_sql(each: RelationshipType, rules: ResidenceRules) -> str:
    """Kind, the department it goes back to (null: the one that says so) and the days it stays in force, as rows."""
    rows = []
    for kind in each.kinds:
        rule = rules.evidence.get(kind)
        days = each.in_force_days.get(kind, rule.in_force_days if rule else None)
        origin = f"'{rules.group(kind)}'" if rule else "NULL"
        rows.append(f"('{kind}', {origin}, {days if days is not None else 'NULL'})")
    return f"SELECT * FROM (VALUES {', '.join(rows)}) AS v(kind, origin, in_force_days)"


def _residence_sql(each: RelationshipType, rules: ResidenceRules) -> str:
    [end] = each.ends
    kinds = ", ".join(f"'{kind}'" for kind in rules.evidence)
    return f"""
        WITH supported AS (
            SELECT subject_id, object_id, sum(n_records) AS n_records FROM resolved.relation
            WHERE kind IN ({kinds}) AND subject_register = 'person' GROUP BY ALL)
        SELECT '{end.start}' AS start_label, r.person_id AS start_id, '{end.end}' AS end_label, r.house_id AS end_id,
            {_eid_sql("r.person_id", "r.house_id", "r.valid_from")} AS eid,
            r.valid_from, r.valid_to, 'residence' AS source,
            CAST(r.confidence AS DOUBLE) AS confidence, CAST(coalesce(s.n_records, 0) AS BIGINT) AS n_records
        FROM resolved.residence AS r
        LEFT JOIN supported AS s ON s.subject_id = r.person_id AND s.object_id = r.house_id"""


def _review_sql(each: RelationshipType) -> str:
    registers = ", ".join(f"'{end.start.lower()}'" for end in each.ends)
    return f"""
        WITH r AS (
            SELECT link.register, least(l.entity_id, r.entity_id) AS start_id,
                greatest(l.entity_id, r.entity_id) AS end_id,
                max(link.match_probability) AS probability, count(*) AS n_records
            FROM resolved.link AS link
            JOIN resolved.member AS l ON l.register = link.register AND l.record_id = link.record_l
            JOIN resolved.member AS r ON r.register = link.register AND r.record_id = link.record_r
            WHERE link.status = 'review' AND link.register IN ({registers}) GROUP BY ALL)
        SELECT {_label_sql("r.register")} AS start_label, start_id, {_label_sql("r.register")} AS end_label, end_id,
            {_eid_sql("start_id", "end_id")} AS eid,
            {ALWAYS} AS valid_from, CAST(NULL AS DATE) AS valid_to, 'linkage' AS source,
            CAST(probability AS DOUBLE) AS confidence, CAST(n_records AS BIGINT) AS n_records{_extra_sql(each)}
        FROM r"""


def _geography_sql(each: RelationshipType, *, table: str, start: str, end: str) -> str:
    [ends] = each.ends
    return f"""
        SELECT '{ends.start}' AS start_label, {start} AS start_id, '{ends.end}' AS end_label, {end} AS end_id,
            {_eid_sql(start, end)} AS eid,
            {ALWAYS} AS valid_from, CAST(NULL AS DATE) AS valid_to, 'gazetteer' AS source,
            CAST(1 AS DOUBLE) AS confidence, CAST(1 AS BIGINT) AS n_records
        FROM {table} WHERE {end} IS NOT NULL"""


def _eid_sql(*parts: str) -> str:
    return number_sql(f"concat_ws(chr(31), {', '.join(parts)})")


def _label_sql(register: str) -> str:
    return f"upper({register}[1]) || {register}[2:]"


def _extra_sql(each: RelationshipType) -> str:
    return f", {_columns_sql(each.properties)}" if each.properties else ""
