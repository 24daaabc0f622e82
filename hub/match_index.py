"""Fills the match index of a snapshot: the nodes that the linking compared, and the keys that it found them by."""

from pathlib import Path

from hub.errors import PublishError
from hub.site import Site
from resolution.blocking import KEY, rule_keys_sql
from resolution.columns import Sources, busy_sql, cut_model, filled_columns, ties_sql
from resolution.kept import Kept
from resolution.weights import Weights, default_weights, weights_json
from schemas.readers.linkage import KeyRule, LinkageModel, LookupRule
from stores.match_file import NODES, IndexedRegister, MatchFileWriter
from stores.warehouse import Warehouse

AT_ONCE = 49152 * NODES
"""Nodes whose text is in memory at once; all nodes are read anew for each such part."""


def write_match_index(site: Site, file: Path) -> None:
    """Writes the index of all registers.

    Raises PublishError where the weights are no longer those that the records were linked with.
    """
    weights = default_weights(site.declarations.tree)
    [pinned] = site.warehouse.arrow("FROM resolved.run").to_pylist()
    with MatchFileWriter(file) as index:
        for register, model in sorted(site.declarations.linkage.items()):
            if weights[register].version != pinned[register]:
                raise PublishError(
                    f"the records of {register} were linked with weights {pinned[register]}, "
                    f"those declared now are {weights[register].version}: run `hub resolve` first"
                )
            write_register(site.warehouse, index, model, weights[register])


def write_register(warehouse: Warehouse, index: MatchFileWriter, model: LinkageModel, weights: Weights) -> None:
    """Adds one register's nodes, keys and lookups, as its last linking has left them."""
    kept = Kept(model.id)
    warehouse.execute(places_sql(kept))
    described = _indexed(warehouse, model, weights)
    index.add_register(described)
    columns = tuple(name for name, _ in described.columns)
    for place, rule in enumerate(cut_model(model, frozenset(columns)).model.blocking):
        index.add_rule(model.id, rule.id, warehouse.arrow(key_places_sql(kept, place)))
    for lookup in model.lookup:
        index.add_rule(model.id, lookup.id, warehouse.arrow(lookup_places_sql(kept, lookup)))
    for start in range(0, described.nodes, AT_ONCE):
        index.add_nodes(model.id, warehouse.arrow(node_pages_sql(kept, columns, start)))
    warehouse.execute("DROP TABLE temp.node_place")


def _indexed(warehouse: Warehouse, model: LinkageModel, weights: Weights) -> IndexedRegister:
    sources = Sources(f"standard.{model.id}_record")
    ties = {each: f"({ties_sql(model.id, each, sources)})" for each in model.contexts}
    busy = {
        each.id: frozenset(entity for (entity,) in warehouse.rows(busy_sql(each, sources, tied)))
        for each, tied in ties.items()
    }
    ((nodes,),) = warehouse.rows("SELECT count(*) FROM node_place")
    return IndexedRegister(model.id, nodes, weights_json(weights), _columns(warehouse, model), busy)


def _columns(warehouse: Warehouse, model: LinkageModel) -> tuple[tuple[str, str], ...]:
    """The columns that some node fills, in the order of the model."""
    nodes = Kept(model.id).nodes
    filled = filled_columns(warehouse, model, nodes)
    kinds = {row[0]: row[1] for row in warehouse.rows(f"DESCRIBE {nodes}")}
    names = [each.id for each in model.columns] + [each.id for each in model.contexts]
    return tuple((name, kinds[name]) for name in names if name in filled)


def places_sql(kept: Kept) -> str:
    """Temporary table `node_place` (record_id, entity_id, place): the nodes of an entity side by side."""
    return f"""
        CREATE OR REPLACE TEMP TABLE node_place AS
        SELECT record_id, entity_id, row_number() OVER (ORDER BY number, record_id) - 1 AS place
        FROM (SELECT record_id FROM {kept.nodes}) JOIN resolved.member USING (record_id)
        WHERE register = '{kept.register}'
    """


def key_places_sql(kept: Kept, rule: int) -> str:
    """Rows key, place of the rule at this position, sorted."""
    return f"""
        SELECT CAST(key AS BIGINT) AS key, CAST(place AS UINTEGER) AS place
        FROM {kept.keys} JOIN node_place USING (record_id) WHERE rule = {rule} ORDER BY key, place
    """


def lookup_places_sql(kept: Kept, lookup: LookupRule) -> str:
    """Rows key, place of a lookup, each once, sorted: keys of the standard records, places of their nodes."""
    records = f"standard.{kept.register}_record"
    keys = rule_keys_sql(KeyRule(lookup.id, lookup.on, lookup.why), frozenset(), table=records, key=KEY)
    return f"""
        SELECT DISTINCT CAST(key AS BIGINT) AS key, CAST(node_place.place AS UINTEGER) AS place
        FROM ({keys}) JOIN {kept.collapsed} AS collapsed USING (record_id)
        JOIN node_place ON node_place.record_id = collapsed.node_id ORDER BY ALL
    """


def node_pages_sql(kept: Kept, columns: tuple[str, ...], start: int) -> str:
    """Rows page, content: the nodes from this place on, as many as are read at once."""
    values = ", ".join(["entity_id", "record_id", *(f'"{name}"' for name in columns)])
    return f"""
        SELECT place // {NODES} AS page, string_agg(line, chr(10) ORDER BY place) AS content
        FROM (
            SELECT place, CAST(json_array({values}) AS VARCHAR) AS line
            FROM {kept.nodes} JOIN node_place USING (record_id)
            WHERE place >= {start} AND place < {start + AT_ONCE}
        ) GROUP BY page ORDER BY page
    """
