"""What every step of ingestion works with."""

from dataclasses import dataclass, field

from schemas.declarations import Declarations
from schemas.readers.contracts import FeedContract
from stores.archive import Archive
from stores.home import Home
from stores.operational import Operational
from stores.progress import Progress, SilentProgress
from stores.warehouse import Warehouse


@dataclass(frozen=True)
class IngestContext:
    """The stores of a home and the declarations in force."""

    home: Home
    warehouse: Warehouse
    operational: Operational
    declarations: Declarations
    progress: Progress = field(default_factory=SilentProgress)

    @property
    def archive(self) -> Archive:
        """Archive and spool of the home."""
        return Archive(self.home, self.operational.archive_keys)

    def contract(self, feed: str) -> FeedContract:
        """The contract of the feed; raises KeyError where none is in force."""
        return self.declarations.contracts[feed]
