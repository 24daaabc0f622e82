"""A publisher in a process of its own, to be killed: `python -m tests.neo4j.publisher FOLDER HOME VERB STATE`.

Says `begins` when it begins to work on the server of this home, and `done` when it is through.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hub.graph.errors import GraphError
from hub.graph.neo4j_batches import GraphTables
from hub.graph.neo4j_load import How, load
from hub.graph.neo4j_servers import GraphServers
from stores.progress import SilentProgress
from tests.neo4j.states import at_random, publish, smalltown_state
from tests.neo4j.town import SMALLTOWN, settings_of
from tools.neo4j.server import Server

COMMAND = (sys.executable, "-m", "tests.neo4j.publisher")


@contextmanager
def numbered_state(number: int) -> Iterator[GraphTables]:
    """The graph tables of a state: 0 is smalltown, every other one is made from it at random."""
    with smalltown_state(replace(SMALLTOWN, snapshot_id=f"state-{number}")) as tables:
        if number:
            at_random(tables.warehouse, number)
        yield tables


def tell(line: str) -> None:
    """One line for whoever waits for it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Publishes or loads a state; 1 where the server does not let it."""
    folder, home, verb, number = sys.argv[1:]
    settings = settings_of(Server(Path(home)), batch_rows=5, connect_seconds=3.0)
    with numbered_state(int(number)) as tables:
        tell("begins")
        try:
            if verb == "publish":
                publish(settings, tables, Path(folder))
            else:
                servers = GraphServers(settings, None, Path(folder) / "pointer")
                load(servers, tables, How.BATCHES, folder=Path(folder), progress=SilentProgress())
        except GraphError as error:
            tell(f"{type(error).__name__}: {error}")
            return 1
    tell("done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
