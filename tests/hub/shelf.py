"""A home with a small snapshot on its shelf: one table, no graph."""

from datetime import date
from pathlib import Path

from stores.durable import file_hash
from stores.home import Home, create_home
from stores.snapshots import ENTITIES, Manifest, SnapshotShelf
from stores.summaries import copy_tables, summarise
from stores.warehouse import open_warehouse


def home_with_snapshot(root: Path, *, kind: str = "synthetic") -> Home:
    """A home whose current snapshot holds one person."""
    home = create_home(root, kind=kind)
    shelf = SnapshotShelf(home.snapshots)
    building = shelf.begin("2026-06-30-aaaa")
    with open_warehouse(None) as warehouse:
        warehouse.execute("CREATE TABLE resolved.person AS SELECT 'P1' AS entity_id, '王小明' AS name")
        copy_tables(warehouse, building / ENTITIES, {"person": ("resolved.person", "entity_id")})
        summary = summarise(warehouse, "resolved.person")
    manifest = Manifest(
        id="2026-06-30-aaaa",
        sequence=1,
        as_of=date(2026, 6, 30),
        models={},
        declarations="",
        tables={"person": summary},
        graph={},
        files={ENTITIES: file_hash(building / ENTITIES)},
        engines={},
    )
    shelf.finish(manifest)
    return home
