"""Whether the hub can serve: a real read of the current snapshot and a real write beside the audit log."""

from collections.abc import Mapping
from pathlib import Path

from hub.settings import read_settings
from hub.sharing.audit import probe
from stores.errors import StoreError
from stores.home import open_home
from stores.snapshots import ENTITIES, SnapshotShelf
from stores.warehouse import open_read_only


def check_health(root: Path) -> Mapping[str, str]:
    """Id and date of the snapshot that was read; raises StoreError or AuditError where reading or writing fails.

    Reads counts, not hashes: a probe comes every few seconds, and a reading checks the hash of what it opens.
    """
    home = open_home(root)
    with SnapshotShelf(home.snapshots).reading() as snapshot:
        # With the settings of those who read in this process: one file has one configuration there.
        with open_read_only(snapshot.folder / ENTITIES, settings=read_settings(home).warehouse) as tables:
            for name, planned in snapshot.manifest.tables.items():
                [(rows,)] = tables.rows(f'SELECT count(*) FROM "{name}"')
                if rows != planned.rows:
                    raise StoreError(f"{snapshot.id}: {name} has {rows} rows, published were {planned.rows}")
        probe(home.audit)
        return {"snapshot": snapshot.id, "as_of": snapshot.manifest.as_of.isoformat()}
