"""As many changes as one transaction takes, there and back: `python -m bench.graph_changes HOME`."""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from hub.graph.neo4j_batches import GraphTables
from hub.graph.neo4j_publish import publish_graph
from hub.graph.neo4j_servers import GraphServers
from hub.graph.tables import build_graph_tables
from hub.serving import rooms_of, servers_of, tables_of
from hub.settings import read_settings
from hub.site import Site
from schemas.declarations import load_declarations
from stores.home import open_home
from stores.opening import open_stores
from stores.progress import SilentProgress
from stores.warehouse import Warehouse

TYPES = ("EVIDENCE_AT", "LIVES_AT", "RENTS", "WORKS_AT", "REGISTERED_AT")
CHANGES = 200_000
# Of ten changes of a type: rows that go, come, change in place; and rows with another end, which are two changes each.
GONE, NEW, CHANGED, REWIRED = 2, 2, 4, 1


def main(root: str) -> None:
    """Prints what publishing the changes took, and taking them back."""
    home = open_home(Path(root))
    settings = read_settings(home)
    with open_stores(home, "bench", settings=settings.warehouse, tell=lambda _: None) as stores:
        declarations = load_declarations()
        site = Site(home, stores.warehouse, stores.operational, declarations, settings, SilentProgress())
        servers, tables = servers_of(home), tables_of(site)
        model = tables.model
        for name in TYPES:
            change(site.warehouse, model.types[name].table, CHANGES // len(TYPES))
        altered = replace(tables, edition=replace(tables.edition, snapshot_id=f"{tables.edition.snapshot_id}-altered"))
        there = _published(servers, altered, site)
        build_graph_tables(site.warehouse, declarations)
        print(json.dumps({"there": there, "back": _published(servers, tables, site)}))


def change(warehouse: Warehouse, table: str, changes: int) -> None:
    """Makes so many changes among the rows of a relationship's table, chosen by the hash of their ids."""
    tenth = changes // 10
    bounds = [tenth * sum((GONE, CHANGED, REWIRED, NEW)[:number]) for number in range(5)]
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE picked AS SELECT rowid AS row, row_number() OVER (ORDER BY hash(eid, start_id)) "
        f"AS place, start_label, end_label FROM {table} QUALIFY place <= {bounds[4]}"
    )
    picked = "rowid IN (SELECT row FROM temp.picked WHERE place > {} AND place <= {})"
    warehouse.execute(
        f"CREATE OR REPLACE TEMP TABLE coming AS SELECT * REPLACE (eid + 1 AS eid) FROM {table} "
        f"WHERE {picked.format(bounds[3], bounds[4])}"
    )
    warehouse.execute(f"UPDATE {table} SET n_records = n_records + 1 WHERE {picked.format(bounds[1], bounds[2])}")
    warehouse.execute(
        f"UPDATE {table} AS t SET end_id = o.end_id FROM (SELECT start_id, eid, lead(end_id) OVER (PARTITION BY "
        f"start_label, end_label ORDER BY hash(eid)) AS end_id FROM {table} "
        f"WHERE {picked.format(bounds[2], bounds[3])}) AS o "
        "WHERE t.start_id = o.start_id AND t.eid = o.eid AND o.end_id IS NOT NULL"
    )
    warehouse.execute(f"INSERT INTO {table} FROM temp.coming")
    warehouse.execute(f"DELETE FROM {table} WHERE {picked.format(bounds[0], bounds[1])}")


def _published(servers: GraphServers, tables: GraphTables, site: Site) -> dict[str, Any]:
    begin = time.monotonic()
    done = publish_graph(servers, tables, rooms_of(site), site.progress)
    return {"changes": done.changes, "seconds": time.monotonic() - begin}


if __name__ == "__main__":
    main(sys.argv[1])
