"""Which of two graph servers is read, and which one stands by to be loaded while it is."""

from dataclasses import dataclass
from pathlib import Path

from hub.graph.neo4j_settings import Neo4jSettings
from stores.durable import write_durably

POINTER = "graph-served"


@dataclass(frozen=True)
class GraphServers:
    """The server that readers use, the one that stands by, and the file that says so."""

    served: Neo4jSettings
    spare: Neo4jSettings | None
    pointer: Path

    def switch(self) -> "GraphServers":
        """Readers use the other one from now on; the pointer is whole on the disk, or as it was."""
        if self.spare is None:
            return self
        write_durably(self.pointer, f"{self.spare.uri}\n".encode())
        return GraphServers(self.spare, self.served, self.pointer)


def graph_servers(root: Path, settings: Neo4jSettings) -> GraphServers:
    """The servers of the home in this folder; the first one of the settings is read until a load has switched."""
    pointer = root / POINTER
    servers = GraphServers(settings, settings.standby, pointer)
    named = pointer.read_text(encoding="utf-8").strip() if pointer.exists() else settings.uri
    if servers.spare is not None and named == servers.spare.uri:
        return GraphServers(servers.spare, servers.served, pointer)
    return servers
