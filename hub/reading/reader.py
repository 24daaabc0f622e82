"""Somebody reading for a purpose: opens a snapshot and takes every reading through the one door."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property

from hub.graph.errors import GraphServerError
from hub.graph.ladybug import LadybugSettings, open_ladybug
from hub.graph.neo4j_store import open_neo4j
from hub.graph.port import GraphOrigin, GraphStore
from hub.reading.places import find_places
from hub.serving import find_servers
from hub.settings import Settings
from hub.sharing.disclose import disclose
from hub.sharing.policies import Rules, compile_rules
from hub.sharing.request import Answer, Caller, Disclosure, Places, Reading, Request
from schemas.declarations import Declarations
from stores.home import Home
from stores.snapshots import ENTITIES, GRAPH, Snapshot, SnapshotShelf
from stores.warehouse import Warehouse, open_read_only

NO_SNAPSHOT = "-"


def nothing_there(what: str, missing: Sequence[str]) -> str:
    """What is told of entities that are not there for whoever asks; it says no more than what was typed."""
    return f"the snapshot knows no {what} {' or '.join(missing)} that you may read"


@dataclass(frozen=True)
class Reader:
    """Who reads, for what, where; `snapshot` None is the current one, `case` the number of the case it is for."""

    home: Home
    declarations: Declarations
    settings: Settings
    caller: Caller
    purpose: str
    snapshot: str | None = None
    case: str = ""

    @cached_property
    def rules(self) -> Rules:
        """The purposes and policies in force."""
        return compile_rules(self.declarations)

    def read(self, reading: Reading, run: Callable[[Snapshot], Answer]) -> Disclosure:
        """What `run` finds in the snapshot, as far as the door lets it through."""
        with self.opened() as snapshot:

            def places(names: Collection[str]) -> Places:
                with self.entities(snapshot) as tables:
                    return find_places(tables, snapshot, self.declarations, names)

            request = Request(self.home, self.rules, snapshot.id, reading, places, self.case)
            return disclose(self.caller, self.purpose, request, lambda: run(snapshot))

    def read_log(self, reading: Reading, run: Callable[[], Answer]) -> Disclosure:
        """What `run` finds in the audit log, as far as the door lets it through."""
        request = Request(self.home, self.rules, NO_SNAPSHOT, reading, case=self.case)
        return disclose(self.caller, self.purpose, request, run)

    @contextmanager
    def opened(self) -> Iterator[Snapshot]:
        """The snapshot that is read; it stays on the shelf meanwhile."""
        with SnapshotShelf(self.home.snapshots).reading(self.snapshot) as snapshot:
            yield snapshot

    @contextmanager
    def entities(self, snapshot: Snapshot) -> Iterator[Warehouse]:
        """The snapshot's tables; only to be used inside a reading."""
        with open_read_only(snapshot.file(ENTITIES), settings=self.settings.warehouse) as warehouse:
            yield warehouse

    @contextmanager
    def graph(self, snapshot: Snapshot) -> Iterator[GraphStore]:
        """The snapshot's graph, on the graph server where that holds it; only to be used inside a reading."""
        manifest = snapshot.manifest
        if server := self._server_with(snapshot):
            with closing(server):
                yield server
            return
        origin = GraphOrigin(manifest.id, manifest.as_of, manifest.engines["ladybug"])
        settings = LadybugSettings(buffer_pool_bytes=self.settings.graph_buffer_pool_bytes)
        with closing(open_ladybug(snapshot.file(GRAPH), self.declarations.graph, origin, settings=settings)) as store:
            yield store

    def _server_with(self, snapshot: Snapshot) -> GraphStore | None:
        """The graph server where it holds this snapshot; a server that is away keeps nobody from reading."""
        servers = find_servers(self.home)
        if servers is None:
            return None
        try:
            store = open_neo4j(servers.served, self.declarations.graph)
        except GraphServerError:
            return None
        if store.origin.snapshot_id != snapshot.id:
            store.close()
            return None
        return store
