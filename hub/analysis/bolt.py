"""Ad-hoc reading of the analysts' server over Bolt. The only module that imports py2neo.

Its `http://` addresses and its look-ups of the schema do not work with a server of today.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import py2neo

from hub.errors import UsageError
from hub.graph.neo4j_settings import Neo4jSettings

SCHEMES = ("bolt://", "bolt+s://", "neo4j://", "neo4j+s://")


class BoltGraph:
    """The analysts' server; `graph` is py2neo's own, for whatever it can do."""

    def __init__(self, uri: str, password_file: Path, *, user: str = "neo4j") -> None:
        if not uri.startswith(SCHEMES):
            raise UsageError(f"{uri!r} is no address of a server of today: it begins with {', '.join(SCHEMES)}")
        password = Neo4jSettings(uri, password_file, user).password()
        self.graph = py2neo.Graph(uri, auth=(user, password))

    def rows(self, text: str, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """The rows of any Cypher text, by column."""
        return [dict(row) for row in self.graph.run(text, dict(parameters or {})).data()]

    def close(self) -> None:
        """Closes the connections, which py2neo leaves open."""
        self.graph.service.connector.close()
