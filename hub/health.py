"""Whether the hub can serve: a real read of the current snapshot and a real write beside the audit log."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hub.sharing.audit import probe
from stores.errors import StoreError
from stores.home import open_home
from stores.snapshots import ENTITIES, SnapshotShelf
from stores.warehouse import open_read_only


@contextmanager
def _by_another_name(file: Path) -> Iterator[Path]:
    """The file under a name of its own: who keeps it open would answer from what was read of it before.

    The name lies beside the file and goes with its folder, should it be left behind.
    """
    name = file.with_name(f".probe-{os.getpid()}")
    try:
        name.unlink(missing_ok=True)
        name.hardlink_to(file)
        yield name
    except OSError as error:
        raise StoreError(f"cannot read {file}: {error.strerror or error}") from error
    finally:
        name.unlink(missing_ok=True)


def check_health(root: Path) -> Mapping[str, str]:
    """Id and date of the snapshot that was read; raises StoreError or AuditError where reading or writing fails.

    Reads counts, not hashes: a probe comes every few seconds, and a reading checks the hash of what it opens.
    """
    home = open_home(root)
    with SnapshotShelf(home.snapshots).reading() as snapshot:
        with _by_another_name(snapshot.folder / ENTITIES) as file, open_read_only(file) as tables:
            for name, planned in snapshot.manifest.tables.items():
                [(rows,)] = tables.rows(f'SELECT count(*) FROM "{name}"')
                if rows != planned.rows:
                    raise StoreError(f"{snapshot.id}: {name} has {rows} rows, published were {planned.rows}")
        probe(home.audit)
        return {"snapshot": snapshot.id, "as_of": snapshot.manifest.as_of.isoformat()}
