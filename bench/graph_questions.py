"""Every question on the server and in the embedded engine: `python -m bench.graph_questions HOME SERVER`.

Cold is the first asking after the engine was started; the operating system may still have its files in memory.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from hub.findings import rounded
from hub.graph.ladybug import LadybugSettings, open_ladybug
from hub.graph.neo4j_store import open_neo4j
from hub.graph.port import EntityRef, GraphOrigin, GraphStore, Row
from hub.questions import bind_parameters
from hub.reading.ask import ask
from hub.reading.reader import Reader
from hub.reading.surroundings import NAMES, Reach, neighbourhood
from hub.serving import servers_of
from hub.settings import read_settings
from hub.sharing.request import Caller
from schemas.declarations import Declarations, load_declarations
from stores.home import open_home
from stores.snapshots import GRAPH, Snapshot
from tools.neo4j.server import Server, start, stop

POOL = LadybugSettings(buffer_pool_bytes=4 << 30, timeout_seconds=600.0)
SAMPLE = 40  # entities of each label
HOPS, LIMIT = 4, 50
T = TypeVar("T")


@dataclass(frozen=True)
class Engine:
    """What one engine took: seconds of each question, cold and warm, its rows, and milliseconds of entity questions."""

    cold: Mapping[str, float]
    warm: Mapping[str, float]
    rows: Mapping[str, list[Row]]
    entities: Mapping[str, Mapping[str, float]]


def main(root: str, server_home: str) -> None:
    """Prints the times of both engines, of findings, and which answers are equal."""
    home, declarations, server = open_home(Path(root)), load_declarations(), Server(Path(server_home))
    reader = Reader(home, declarations, read_settings(home), Caller("bench"), "training")
    with reader.opened() as snapshot:
        entities = sample(reader, snapshot)
        origin = GraphOrigin(snapshot.id, snapshot.manifest.as_of, snapshot.manifest.engines["ladybug"])
        with closing(open_ladybug(snapshot.file(GRAPH), declarations.graph, origin, settings=POOL)) as store:
            embedded = tried(store, declarations, entities)
    stop(server)
    start(server)
    with closing(open_neo4j(servers_of(home).served, declarations.graph)) as store:
        on_server = tried(store, declarations, entities)
    findings = {name: clocked(partial(ask, reader, name, {}))[0] for name in declarations.questions}
    door = [clocked(partial(neighbourhood, reader, each.id, Reach()))[0] for each in entities]
    print(
        json.dumps(
            {
                "questions": {
                    name: {
                        "rows": len(rows),
                        "embedded": [embedded.cold[name], embedded.warm[name]],
                        "server": [on_server.cold[name], on_server.warm[name]],
                        "findings": findings[name],
                        "equal": rows == on_server.rows[name],
                    }
                    for name, rows in embedded.rows.items()
                },
                "entities": {"embedded": embedded.entities, "server": on_server.entities},
                "door": spread(door),
            }
        )
    )


def sample(reader: Reader, snapshot: Snapshot) -> list[EntityRef]:
    """Some entities of each label, the same every time."""
    with reader.entities(snapshot) as tables:
        return [
            EntityRef(label, entity)
            for label, (table, _) in NAMES.items()
            for (entity,) in tables.rows(f"SELECT entity_id FROM {table} ORDER BY hash(entity_id, 7) LIMIT {SAMPLE}")
        ]


def tried(store: GraphStore, declarations: Declarations, entities: Sequence[EntityRef]) -> Engine:
    """All questions once, then all again, then everything about the entities twice, of which the second counts."""
    asking = {
        name: partial(store.run, each, bind_parameters(each, {}, as_of=store.origin.as_of))
        for name, each in declarations.questions.items()
    }
    cold = {name: clocked(run)[0] for name, run in asking.items()}
    again = {name: clocked(run) for name, run in asking.items()}
    about_entities(store, entities)
    return Engine(
        cold,
        {name: seconds for name, (seconds, _) in again.items()},
        {name: plain(rows) for name, (_, rows) in again.items()},
        about_entities(store, entities),
    )


def about_entities(store: GraphStore, entities: Sequence[EntityRef]) -> Mapping[str, Mapping[str, float]]:
    """What lies within one and within two hops of each, and the way to the farthest found there."""
    day: date = store.origin.as_of
    seconds: dict[str, list[float]] = {"1 hop": [], "2 hops": [], "path": []}
    for each in entities:
        seconds["1 hop"].append(clocked(partial(store.neighbourhood, each, as_of=day, hops=1, limit=LIMIT))[0])
        took, around = clocked(partial(store.neighbourhood, each, as_of=day, hops=2, limit=LIMIT))
        seconds["2 hops"].append(took)
        ends = [node for node in around.nodes if node.label in NAMES and node != each]
        if ends:
            seconds["path"].append(clocked(partial(store.path, each, ends[-1], as_of=day, max_hops=HOPS))[0])
    return {name: spread(took) for name, took in seconds.items()}


def clocked(run: Callable[[], T]) -> tuple[float, T]:
    """Seconds that it took, and what it gave."""
    begin = time.monotonic()
    found = run()
    return time.monotonic() - begin, found


def plain(rows: Sequence[Row]) -> list[Row]:
    """Rows as they are compared."""
    return [tuple(rounded(value) for value in row) for row in rows]


def spread(seconds: Sequence[float]) -> dict[str, Any]:
    """Median, 95th percentile and most, in milliseconds."""
    ordered = sorted(1000 * each for each in seconds)
    return {
        "count": len(ordered),
        "median": statistics.median(ordered),
        "p95": ordered[int(0.95 * (len(ordered) - 1))],
        "most": ordered[-1],
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
