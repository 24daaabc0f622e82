"""A home at work: its stores open for writing, its declarations read, its settings known."""

from dataclasses import dataclass

from hub.settings import Settings
from schemas.declarations import Declarations
from stores.changes import ChangeFeed
from stores.home import Home
from stores.operational import Operational
from stores.progress import Progress
from stores.snapshots import SnapshotShelf
from stores.warehouse import Warehouse


@dataclass(frozen=True)
class Site:
    """What the stages of a run work with."""

    home: Home
    warehouse: Warehouse
    operational: Operational
    declarations: Declarations
    settings: Settings
    progress: Progress

    @property
    def shelf(self) -> SnapshotShelf:
        """The home's snapshots."""
        return SnapshotShelf(self.home.snapshots)

    @property
    def changes(self) -> ChangeFeed:
        """The home's feed of changes."""
        return ChangeFeed(self.home.changes)
