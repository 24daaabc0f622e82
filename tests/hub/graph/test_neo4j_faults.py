"""Whatever is killed or fails, readers get one whole snapshot or none, and the same command again leads to the end.

Kills come at random moments: a few in `make test`, at full counts in `make trials`.
"""

import random
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from hub.graph.errors import GraphError, GraphServerAwayError, GraphServerError
from hub.graph.neo4j import connected
from hub.graph.neo4j_load import held_by
from hub.graph.neo4j_publish import Rooms, keep
from hub.graph.neo4j_verify import verify
from hub.graph.tables import summarise_graph
from tests.hub.graph.contract import MODEL
from tests.neo4j.publisher import COMMAND, numbered_state
from tests.neo4j.states import LATER, publish, smalltown_state
from tests.neo4j.town import opened, put, settings_of
from tests.trials import trials
from tools.neo4j.server import Server, make, start, stop

ROUNDS = trials(few=1, full=30)
MEMORY_OF_ONE = "db.memory.transaction.max"


class Publisher:
    """A publisher that is at work on a server in a process of its own."""

    def __init__(self, folder: Path, server: Server, verb: str, number: int) -> None:
        command = [*COMMAND, str(folder), str(server.home), verb, str(number)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "begins\n"

    def finish(self) -> tuple[int, str]:
        """Its exit code, and what it said."""
        told, _ = self.process.communicate()
        return self.process.returncode, told

    def kill_after(self, seconds: float) -> None:
        """Ends it with SIGKILL, unless it was done before."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def own_server(own_neo4j: Server, tmp_path: Path) -> Iterator[Server]:
    """A server that may be killed, with state 0 on it as the home in `tmp_path` has published it."""
    start(own_neo4j)
    with numbered_state(0) as tables:
        put(tables.warehouse, own_neo4j, tables.edition)
        keep(tables, Rooms(tmp_path / "held", tmp_path / "files"))
    yield own_neo4j
    start(own_neo4j)


def state_on(server: Server) -> int:
    """The number of the state that readers get, after it was found whole."""
    with closing(opened(server)) as store:
        number = int(store.origin.snapshot_id.removeprefix("state-"))
        with numbered_state(number) as tables:
            assert store.hashes() == summarise_graph(tables.warehouse, MODEL)
    return number


def seconds_of(folder: Path, server: Server, verb: str, number: int) -> float:
    """What the work takes undisturbed, here and now."""
    publisher = Publisher(folder, server, verb, number)
    begin = time.monotonic()
    assert publisher.finish() == (0, "done\n")
    return time.monotonic() - begin


def test_publisher_killed_in_a_delta_leaves_the_one_or_the_other_snapshot(own_server: Server, tmp_path: Path) -> None:
    longest = seconds_of(tmp_path, own_server, "publish", 1)
    reached = 1
    for number in range(2, 2 + ROUNDS):
        Publisher(tmp_path, own_server, "publish", number).kill_after(random.uniform(0, longest))
        assert state_on(own_server) in (reached, number)
        assert Publisher(tmp_path, own_server, "publish", number).finish() == (0, "done\n")
        assert state_on(own_server) == number
        reached = number


def test_server_killed_in_a_delta_comes_back_with_the_one_or_the_other_snapshot(
    own_server: Server, tmp_path: Path
) -> None:
    longest = seconds_of(tmp_path, own_server, "publish", 1)
    reached = 1
    for number in range(2, 2 + ROUNDS):
        publisher = Publisher(tmp_path, own_server, "publish", number)
        time.sleep(random.uniform(0, longest))
        stop(own_server, kill=True)
        code, told = publisher.finish()
        assert code == 0 or "does not answer" in told or "was ended" in told, told
        start(own_server)
        assert state_on(own_server) in (reached, number)
        assert Publisher(tmp_path, own_server, "publish", number).finish() == (0, "done\n")
        assert state_on(own_server) == number
        reached = number


def test_load_that_is_killed_is_read_by_nobody_and_the_next_one_starts_anew(own_server: Server, tmp_path: Path) -> None:
    longest = 2.0
    for number in range(1, 1 + ROUNDS):
        with connected(settings_of(own_server)) as server:
            server.execute("MATCH (s:Snapshot) DELETE s")
        Publisher(tmp_path, own_server, "load", number).kill_after(random.uniform(0, longest))
        held = held_by(settings_of(own_server))
        assert held is None or state_on(own_server) == number
        if held is None:
            begin = time.monotonic()
            assert Publisher(tmp_path, own_server, "load", number).finish() == (0, "done\n")
            longest = time.monotonic() - begin
        assert state_on(own_server) == number


def test_two_publishers_at_once_publish_once(own_server: Server, tmp_path: Path) -> None:
    both = [Publisher(tmp_path, own_server, "publish", 1) for _ in range(2)]
    ended = [each.finish() for each in both]
    assert (0, "done\n") in ended
    for code, told in ended:
        assert code == 0 or "another publication is at work" in told or "does not hold snapshot" in told, told
    assert state_on(own_server) == 1
    with connected(settings_of(own_server)) as server, numbered_state(1) as tables:
        assert verify(server, tables) == []


def test_reader_goes_on_after_the_server_was_restarted(own_server: Server) -> None:
    with closing(opened(own_server, connect_seconds=1.0)) as store:
        before = store.counts()
        stop(own_server)
        with pytest.raises(GraphServerAwayError, match="does not answer"):
            store.counts()
        start(own_server)
        assert store.counts() == before


def test_delta_that_takes_too_long_changes_nothing(own_server: Server, tmp_path: Path) -> None:
    with numbered_state(1) as tables:
        with pytest.raises(GraphError, match="not done in time: raise question_seconds"):
            publish(settings_of(own_server, write_seconds=0.001), tables, tmp_path)
        assert state_on(own_server) == 0
        assert (publish(settings_of(own_server), tables, tmp_path).changes or 0) > 0
    assert state_on(own_server) == 1


def test_server_whose_disk_takes_nothing_more_comes_back_with_the_snapshot_it_had(
    own_server: Server, tmp_path: Path
) -> None:
    assert own_server.pid is not None
    resource.prlimit(own_server.pid, resource.RLIMIT_FSIZE, (4096, 4096))
    with numbered_state(1) as tables, pytest.raises(GraphError):
        publish(settings_of(own_server, connect_seconds=1.0), tables, tmp_path)
    stop(own_server, kill=True)
    start(own_server)
    assert state_on(own_server) == 0
    with numbered_state(1) as tables:
        assert (publish(settings_of(own_server), tables, tmp_path).changes or 0) > 0
    assert state_on(own_server) == 1


def test_delta_beyond_the_memory_of_one_transaction_changes_nothing_and_says_what_to_raise(
    own_server: Server, tmp_path: Path
) -> None:
    newcomers = (
        "INSERT INTO graph.node_person (id, name, n_records) SELECT 'N' || range, '新来' || range, 1 FROM range(20000)"
    )
    make(own_server.home, settings={MEMORY_OF_ONE: "2m"})
    stop(own_server)
    start(own_server)
    with smalltown_state(LATER, newcomers) as tables:
        with pytest.raises(GraphServerError, match="has no memory left for this transaction: raise"):
            publish(settings_of(own_server), tables, tmp_path)
        assert state_on(own_server) == 0
        make(own_server.home, settings={MEMORY_OF_ONE: "0"})
        stop(own_server)
        start(own_server)
        assert publish(settings_of(own_server), tables, tmp_path).changes == 20_000
    with closing(opened(own_server)) as store:
        assert store.counts()["Person"] > 20_000
