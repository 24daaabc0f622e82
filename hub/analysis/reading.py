"""Reads a release that lies in a home, in any Cypher that the embedded graph understands."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from hub.analysis.model import analysis_model
from hub.analysis.releases import readable_file
from hub.graph.ladybug import LadybugStore, open_ladybug
from hub.graph.port import GraphOrigin
from schemas.declarations import Declarations


class Cypher(Protocol):
    """Where Cypher is asked: an opened release, or the analysts' server."""

    def rows(self, text: str, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """The rows of a text, by column."""


@contextmanager
def open_release(folder: Path, declarations: Declarations, *, today: date | None = None) -> Iterator[LadybugStore]:
    """The graph of a release in its folder; raises ReleaseError where it has expired or was changed."""
    release, file = readable_file(folder, today or date.today())
    rules = declarations.analysis
    model = analysis_model(declarations.graph, rules, rules.studies[release.study])
    origin = GraphOrigin(release.id, release.as_of, release.engine)
    with closing(open_ladybug(file, model, origin)) as graph:
        yield graph
