"""How readings come by the parts of a snapshot: opened afresh for each, or kept open by a server for all."""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Generic, Protocol, TypeVar

from hub.graph.errors import GraphServerError
from hub.graph.ladybug import LadybugSettings, open_ladybug
from hub.graph.neo4j_store import open_neo4j
from hub.graph.port import GraphOrigin, GraphStore
from hub.serving import find_servers
from hub.settings import Settings
from resolution.realtime.matching import Matcher
from schemas.declarations import Declarations
from stores.entity_file import EntityFile
from stores.home import Home
from stores.match_file import MatchFile
from stores.snapshots import ENTITIES, ENTITY_INDEX, GRAPH, MATCH, Snapshot, SnapshotError, SnapshotShelf
from stores.warehouse import Warehouse, open_read_only

Part = TypeVar("Part")
KEPT_BESIDE = 2
"""Older snapshots that stay open for those who go on reading them."""


@dataclass(frozen=True)
class Source:
    """Whose snapshots are read, under which declarations and settings."""

    home: Home
    declarations: Declarations
    settings: Settings

    def warehouse(self, snapshot: Snapshot) -> Warehouse:
        """The snapshot's tables."""
        return open_read_only(snapshot.file(ENTITIES), settings=self.settings.warehouse)

    def matcher(self, snapshot: Snapshot) -> Matcher:
        """The snapshot's match index, ready for look-ups; its file is the matcher's to close."""
        return Matcher(MatchFile(snapshot.file(MATCH)), self.declarations)

    def index(self, snapshot: Snapshot) -> EntityFile:
        """The snapshot's entity index."""
        return EntityFile(snapshot.file(ENTITY_INDEX))

    def embedded_graph(self, snapshot: Snapshot) -> GraphStore:
        """The snapshot's graph in its own file."""
        manifest = snapshot.manifest
        origin = GraphOrigin(manifest.id, manifest.as_of, manifest.engines["ladybug"])
        settings = LadybugSettings(buffer_pool_bytes=self.settings.graph_buffer_pool_bytes)
        return open_ladybug(snapshot.file(GRAPH), self.declarations.graph, origin, settings=settings)

    def server_with(self, snapshot: Snapshot) -> GraphStore | None:
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


class Opening(Protocol):
    """Gives the parts of snapshots; each is used by one thread at a time, inside a reading."""

    def snapshot(self, name: str | None) -> AbstractContextManager[Snapshot]:
        """The named or the current snapshot; it stays on the shelf meanwhile."""

    def tables(self, snapshot: Snapshot) -> AbstractContextManager[Warehouse]:
        """The snapshot's tables."""

    def graph(self, snapshot: Snapshot) -> AbstractContextManager[GraphStore]:
        """The snapshot's graph, on the graph server where that holds it."""

    def matcher(self, snapshot: Snapshot) -> AbstractContextManager[Matcher]:
        """The snapshot's match index."""

    def index(self, snapshot: Snapshot) -> AbstractContextManager[EntityFile]:
        """The snapshot's entity index."""


@dataclass(frozen=True)
class Afresh:
    """Opens what a reading wants, and closes it after."""

    source: Source

    @contextmanager
    def snapshot(self, name: str | None) -> Iterator[Snapshot]:
        """The named or the current snapshot."""
        with SnapshotShelf(self.source.home.snapshots).reading(name) as snapshot:
            yield snapshot

    @contextmanager
    def tables(self, snapshot: Snapshot) -> Iterator[Warehouse]:
        """The snapshot's tables."""
        with self.source.warehouse(snapshot) as warehouse:
            yield warehouse

    @contextmanager
    def graph(self, snapshot: Snapshot) -> Iterator[GraphStore]:
        """The snapshot's graph."""
        with closing(self.source.server_with(snapshot) or self.source.embedded_graph(snapshot)) as store:
            yield store

    @contextmanager
    def matcher(self, snapshot: Snapshot) -> Iterator[Matcher]:
        """The snapshot's match index."""
        with closing(self.source.matcher(snapshot)) as matcher:
            yield matcher

    @contextmanager
    def index(self, snapshot: Snapshot) -> Iterator[EntityFile]:
        """The snapshot's entity index."""
        with closing(self.source.index(snapshot)) as index:
            yield index


class _Closes(Protocol):
    def close(self) -> None: ...


Closing = TypeVar("Closing", bound=_Closes)


class _Pool(Generic[Closing]):
    """Parts of one kind: as many as are in use at once, kept for those who come next."""

    def __init__(self, make: Callable[[], Closing]) -> None:
        self._make = make
        self._free: SimpleQueue[Closing] = SimpleQueue()

    @contextmanager
    def lent(self) -> Iterator[Closing]:
        """One that nobody else has meanwhile."""
        try:
            part = self._free.get_nowait()
        except Empty:
            part = self._make()
        try:
            yield part
        finally:
            self._free.put(part)

    def close(self) -> None:
        """Closes those that nobody has."""
        while True:
            try:
                self._free.get_nowait().close()
            except Empty:
                return


class _Root:
    """The snapshot's tables: one database, of which each reading has a connection of its own."""

    def __init__(self, make: Callable[[], Warehouse]) -> None:
        self._make = make
        self._lock = Lock()
        self._root: Warehouse | None = None

    @contextmanager
    def lent(self) -> Iterator[Warehouse]:
        """A connection that nobody else has meanwhile."""
        with self._lock:
            if self._root is None:
                self._root = self._make()
            beside = self._root.beside()
        with beside:
            yield beside

    def close(self) -> None:
        """Closes the database."""
        if self._root is not None:
            self._root.close()


@dataclass
class _Held:
    """One snapshot that is kept open, each part from when it is first asked for."""

    snapshot: Snapshot
    shelf: ExitStack
    tables: _Root
    matchers: _Pool[Matcher]
    indices: _Pool[EntityFile]
    graphs: _Pool[GraphStore]
    graph_lock: Lock = field(default_factory=Lock)
    readers: int = 0

    def warm(self) -> None:
        """Opens and checks what most readings want; a snapshot of an earlier hub may lack some of it."""
        with suppress(SnapshotError), self.tables.lent():
            pass
        with suppress(SnapshotError), self.indices.lent():
            pass
        with suppress(SnapshotError), self.matchers.lent():
            pass

    def close(self) -> None:
        """Gives everything back, the place on the shelf last."""
        for part in (self.matchers, self.indices, self.graphs, self.tables):
            part.close()
        self.shelf.close()


class KeptOpen:
    """Keeps snapshots open for a server's threads: the current one once it is ready, and few before it.

    Reads go on in the snapshot of before until `refresh` has opened and checked the one that was published since.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._lock = Lock()
        self._held: dict[str, _Held] = {}
        self._current: str | None = None

    def refresh(self) -> bool:
        """Makes the current snapshot ready and reads it from now on; whether it is another than before."""
        name = SnapshotShelf(self.source.home.snapshots).current_name()
        if name is None or name == self._current:
            return False
        self._ready(name).warm()
        with self._lock:
            self._current = name
        self._retire()
        return True

    @contextmanager
    def snapshot(self, name: str | None) -> Iterator[Snapshot]:
        """The named snapshot, or the newest that is ready."""
        wanted = name or self._current
        if wanted is None:
            self.refresh()
            wanted = self._current
        if wanted is None:
            raise SnapshotError(f"nothing is published in {self.source.home.root} yet: run `hub run PATH…` first")
        with self._taken(wanted) as found:
            yield found

    @contextmanager
    def tables(self, snapshot: Snapshot) -> Iterator[Warehouse]:
        """A connection of its own to the snapshot's tables."""
        with self._held[snapshot.id].tables.lent() as tables:
            yield tables

    @contextmanager
    def graph(self, snapshot: Snapshot) -> Iterator[GraphStore]:
        """The snapshot's graph; the embedded one answers one question after the other."""
        server = self.source.server_with(snapshot)
        if server is not None:
            with closing(server):
                yield server
            return
        held = self._held[snapshot.id]
        with held.graph_lock, held.graphs.lent() as store:
            yield store

    @contextmanager
    def matcher(self, snapshot: Snapshot) -> Iterator[Matcher]:
        """The snapshot's match index."""
        with self._held[snapshot.id].matchers.lent() as matcher:
            yield matcher

    @contextmanager
    def index(self, snapshot: Snapshot) -> Iterator[EntityFile]:
        """The snapshot's entity index."""
        with self._held[snapshot.id].indices.lent() as index:
            yield index

    def close(self) -> None:
        """Closes all that is open."""
        with self._lock:
            held, self._held, self._current = list(self._held.values()), {}, None
        for each in held:
            each.close()

    @contextmanager
    def _taken(self, name: str) -> Iterator[Snapshot]:
        held = self._ready(name, is_read=True)
        try:
            yield held.snapshot
        finally:
            with self._lock:
                held.readers -= 1
            self._retire()

    def _ready(self, name: str, *, is_read: bool = False) -> _Held:
        """The snapshot of this name, opened and checked where it is not yet."""
        while True:
            with self._lock:
                if (held := self._held.get(name)) is not None:
                    held.readers += is_read
                    return held
            fresh = self._opened(name)
            with self._lock:
                if name not in self._held:
                    self._held[name] = fresh
                    continue
            fresh.close()

    def _opened(self, name: str) -> _Held:
        shelf = ExitStack()
        try:
            snapshot = shelf.enter_context(SnapshotShelf(self.source.home.snapshots).reading(name))
            source = self.source
            held = _Held(
                snapshot,
                shelf,
                _Root(lambda: source.warehouse(snapshot)),
                _Pool(lambda: source.matcher(snapshot)),
                _Pool(lambda: source.index(snapshot)),
                _Pool(lambda: source.embedded_graph(snapshot)),
            )
        except BaseException:
            shelf.close()
            raise
        return held

    def _retire(self) -> None:
        """Closes snapshots of before that nobody reads, all but the newest few of them."""
        with self._lock:
            idle = [name for name, each in self._held.items() if each.readers == 0 and name != self._current]
            gone = [self._held.pop(name) for name in _oldest(idle)]
        for each in gone:
            each.close()


def _oldest(names: Collection[str]) -> list[str]:
    return list(names)[: max(0, len(names) - KEPT_BESIDE)]
