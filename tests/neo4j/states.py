"""Two states of smalltown's graph that differ in everything that can differ, and random ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hub.graph.neo4j_batches import GraphEdition, GraphTables
from hub.graph.neo4j_publish import Published, Rooms, publish_graph
from hub.graph.neo4j_servers import GraphServers
from hub.graph.neo4j_settings import Neo4jSettings
from hub.graph.tables import build_graph_tables
from stores.progress import SilentProgress
from stores.warehouse import Warehouse
from tests.hub.graph.contract import MODEL
from tests.neo4j.town import SMALLTOWN
from tests.smalltown.town import smalltown_declarations, smalltown_warehouse

LATER = replace(SMALLTOWN, snapshot_id="later")
# A person gone with all relationships, one come, one renamed; of residences one ended, one moved, one given away.
CHANGES = (
    "DELETE FROM graph.rel_evidence_at WHERE start_id = 'P28'",
    "DELETE FROM graph.rel_lives_at WHERE start_id = 'P28'",
    "DELETE FROM graph.rel_registered_at WHERE start_id = 'P28'",
    "DELETE FROM graph.node_person WHERE id = 'P28'",
    "INSERT INTO graph.node_person (id, name, n_records) VALUES ('P77', '新来', 1)",
    "INSERT INTO graph.rel_lives_at SELECT * REPLACE ('P77' AS start_id, eid + 1 AS eid) "
    "FROM graph.rel_lives_at WHERE start_id = 'P17'",
    "UPDATE graph.node_person SET name = '改名', birth_date = NULL WHERE id = 'P06'",
    "UPDATE graph.rel_lives_at SET valid_to = DATE '2026-07-01' WHERE start_id = 'P17'",
    "UPDATE graph.rel_lives_at SET end_id = 'H01' WHERE start_id = 'P29'",
    "UPDATE graph.rel_lives_at SET start_id = 'P01' WHERE start_id = 'P30'",
)


@contextmanager
def smalltown_state(edition: GraphEdition, *changes: str) -> Iterator[GraphTables]:
    """Graph tables of smalltown after these changes."""
    with smalltown_warehouse() as warehouse:
        build_graph_tables(warehouse, smalltown_declarations())
        for statement in changes:
            warehouse.execute(statement)
        yield GraphTables(warehouse, MODEL, edition)


def at_random(warehouse: Warehouse, seed: int) -> None:
    """Takes some relationships away, changes and rewires others, and renames some people."""
    for each in MODEL.types.values():
        pick = f"(md5_number_lower('{seed} ' || eid) % 7)"
        warehouse.execute(f"DELETE FROM {each.table} WHERE {pick} = 0")
        warehouse.execute(f"UPDATE {each.table} SET n_records = n_records + {seed} WHERE {pick} = 1")
        end = f"(SELECT min(end_id) FROM {each.table} AS o WHERE o.end_label = t.end_label)"
        warehouse.execute(f"UPDATE {each.table} AS t SET end_id = {end} WHERE {pick} = 2 AND start_label <> end_label")
    warehouse.execute(
        f"UPDATE graph.node_person SET name = name || '{seed}' WHERE md5_number_lower('{seed}' || id) % 5 = 0"
    )


def publish(settings: Neo4jSettings, tables: GraphTables, folder: Path) -> Published:
    """Publishes to this server from a home in this folder."""
    servers = GraphServers(settings, settings.standby, folder / "pointer")
    return publish_graph(servers, tables, Rooms(folder / "held", folder / "files"), SilentProgress())
