"""What a home holds and serves, and how it differs from a home in which nothing went wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from hub.publish import HISTORY
from stores.archive import Archive
from stores.changes import Change, ChangeFeed, Wanted
from stores.home import Home
from stores.instalments import Position
from stores.operational import read_operational
from stores.operational.deliveries import DeliveryState
from stores.snapshots import Manifest, SnapshotError, SnapshotShelf
from stores.warehouse import open_read_only, open_warehouse

SAFE = (DeliveryState.ARCHIVED, DeliveryState.APPLIED, DeliveryState.WAITING)


@dataclass
class Counts:
    """What a trial found."""

    trial: str
    count: int = 0
    lost: int = 0
    doubled: int = 0
    half_served: int = 0
    recovered: int = 0
    where: dict[str, int] = field(default_factory=dict)

    def note(self, where: str) -> None:
        """One more, here."""
        self.count += 1
        self.where[where] = self.where.get(where, 0) + 1

    def __iadd__(self, other: "Counts") -> "Counts":
        for name in ("count", "lost", "doubled", "half_served", "recovered"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for where, number in other.where.items():
            self.where[where] = self.where.get(where, 0) + number
        return self

    @property
    def harm(self) -> tuple[int, int, int]:
        """Lost, doubled, half served."""
        return self.lost, self.doubled, self.half_served


def served(home: Home) -> str | None:
    """Id of the snapshot that a reader gets now, every file checked; None where the reader is refused."""
    try:
        with SnapshotShelf(home.snapshots).reading() as snapshot:
            for name in snapshot.manifest.files:
                snapshot.file(name)
            return snapshot.id
    except SnapshotError:
        return None


def acknowledged(home: Home) -> set[tuple[str, str]]:
    """Name and hash of each delivery that the hub has said it keeps."""
    with read_operational(home) as operational:
        return {(str(each.name), each.sha256) for each in operational.ledger.in_state(*SAFE)}


def unreadable(home: Home) -> int:
    """How many of the deliveries that were acknowledged cannot be read back from the archive."""
    lost = 0
    with read_operational(home) as operational:
        archive = Archive(home, operational.archive_keys)
        for delivery in operational.ledger.in_state(*SAFE):
            with archive.opened(delivery) as plain:
                lost += not plain.stat().st_size
    return lost


def published(home: Home) -> Manifest:
    """What is served, less what may differ: which runs and which publication it was, and the bytes of the files."""
    with SnapshotShelf(home.snapshots).reading() as snapshot:
        manifest = snapshot.manifest
        tables = {name: each for name, each in manifest.tables.items() if name not in HISTORY}
        return replace(manifest, sequence=0, files={}, tables=tables)


def tables_of(home: Home) -> Mapping[str, tuple[int, int]]:
    """Rows and a hash of them, of every table that ingestion keeps."""
    names = (
        "SELECT schema_name || '.\"' || table_name || '\"' FROM duckdb_tables() "
        "WHERE schema_name IN ('raw', 'quarantine', 'standard') ORDER BY ALL"
    )
    with open_read_only(home.warehouse) as warehouse:
        found = {}
        for (name,) in warehouse.rows(names):
            [row] = warehouse.rows(f"SELECT count(*), coalesce(sum(hash(each)::HUGEINT), 0) FROM {name} each")
            found[str(name)] = (int(row[0]), int(row[1]))
        return found


def changes_told(home: Home, begun: Home) -> list[Change]:
    """What the feed of changes tells somebody who had all of `begun`, less when it was published."""
    before, now = served(begun), served(home)
    assert before is not None
    assert now is not None
    with open_warehouse(None) as tables:
        position = ChangeFeed(begun.changes).beginning(before)
        page = ChangeFeed(home.changes).since(tables, now, position, Wanted(limit=10**6))
    assert page.is_last
    return [replace(each, position=Position(0, ""), published_at=datetime.min) for each in page.entries]


def compare(home: Home, calm: Home, counts: Counts) -> None:
    """Adds to the counts what this home lost, holds twice or publishes otherwise than the calm one."""
    found, expected = tables_of(home), tables_of(calm)
    for name in sorted({*found, *expected}):
        (rows, digest), (wanted, wanted_digest) = found.get(name, (0, 0)), expected.get(name, (0, 0))
        counts.lost += max(wanted - rows, 0)
        counts.doubled += max(rows - wanted, 0)
        counts.lost += rows == wanted and digest != wanted_digest
    counts.lost += len(acknowledged(calm) - acknowledged(home)) + unreadable(home)
    counts.doubled += len(acknowledged(home) - acknowledged(calm))
    is_same = published(home) == published(calm) and served(home) == served(calm)
    counts.half_served += not is_same
    counts.recovered += is_same
