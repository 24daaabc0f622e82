"""A connection to a Neo4j server: what it is, what it answers, and how its errors are told.

The only module that imports neo4j.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import neo4j
from neo4j import exceptions

from hub.graph.errors import GraphQueryError, GraphServerAwayError, GraphServerError
from hub.graph.neo4j_settings import Neo4jSettings
from hub.graph.neo4j_texts import COMPONENTS_CYPHER, PHASE_CYPHER, PUBLISHING_CYPHER

LEAST_VERSION = (5, 26)
COMMITTING = "committing"
FETCH_ROWS = 5000
T = TypeVar("T")


@dataclass(frozen=True)
class ServerKind:
    """Which server answers."""

    version: str
    edition: str


class Neo4jTransaction:
    """One transaction; what it asks is answered whole, and a name that the server does not know is an error."""

    def __init__(self, transaction: Any, database: str) -> None:
        self._transaction = transaction
        self._database = database

    def rows(
        self, text: str, parameters: Mapping[str, object] | None = None, *, fresh: bool = False
    ) -> list[list[Any]]:
        """All rows of the answer; a `fresh` database may not know the names yet."""
        return list(self.stream(text, parameters, fresh=fresh))

    def stream(
        self, text: str, parameters: Mapping[str, object] | None = None, *, fresh: bool = False
    ) -> Iterator[list[Any]]:
        """The rows of the answer as they come."""
        result = self._transaction.run(text, dict(parameters or {}))
        for record in result:
            yield record.values()
        unknown = [
            each.status_description
            for each in result.consume().gql_status_objects
            if each.raw_classification == "UNRECOGNIZED"
        ]
        if unknown and not fresh:
            raise GraphQueryError(f"the graph does not know these names\nin: {text[:1000]}\n" + "\n".join(unknown))

    def publishing(self) -> list[str]:
        """What publications are doing on this database right now, this one left out."""
        return [phase for [phase] in self.rows(PUBLISHING_CYPHER, {"database": self._database})]

    def say(self, phase: str) -> None:
        """Lets readers see what this transaction is doing."""
        self.rows(PHASE_CYPHER, {"phase": phase})

    def commit(self) -> None:
        """Makes everything take effect together; from here on readers wait until it has."""
        self.say(COMMITTING)
        self._transaction.commit()


class Neo4jServer:
    """An open connection; may be used from several threads at once."""

    def __init__(self, driver: neo4j.Driver, settings: Neo4jSettings) -> None:
        self._driver = driver
        self.settings = settings
        self.kind = ServerKind("", "")

    def read(self, work: Callable[[Neo4jTransaction], T], *, seconds: float | None = None) -> T:
        """What `work` finds in one transaction; it is tried again where the connection was cut."""
        within = neo4j.unit_of_work(timeout=seconds or self.settings.question_seconds)
        database = self.settings.database

        def run(transaction: Any) -> T:
            return work(Neo4jTransaction(transaction, database))

        with self._told(), self._driver.session(database=database, fetch_size=FETCH_ROWS) as session:
            return session.execute_read(within(run))

    @contextmanager
    def write(self, phase: str) -> Iterator[Neo4jTransaction]:
        """A transaction that is taken back unless it was committed; `phase` is what others see it do."""
        database = self.settings.database
        with self._told(), self._driver.session(database=database) as session:
            transaction = session.begin_transaction(timeout=self.settings.write_seconds, metadata={"hub": phase})
            try:
                yield Neo4jTransaction(transaction, database)
            finally:
                with suppress(exceptions.Neo4jError, exceptions.DriverError):
                    transaction.close()

    def execute(self, *texts: str) -> None:
        """Runs statements each in a transaction of its own, as those about names and constraints must be."""
        with self._told(), self._driver.session(database=self.settings.database) as session:
            for text in texts:
                session.run(text).consume()

    def close(self) -> None:
        """Lets go of every connection."""
        self._driver.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (exceptions.Neo4jError, exceptions.DriverError) as error:
            raise told(error, self.settings) from error


@contextmanager
def connected(settings: Neo4jSettings) -> Iterator[Neo4jServer]:
    """A connection for the time of a `with`; see `connect`."""
    server = connect(settings)
    try:
        yield server
    finally:
        server.close()


def connect_within(settings: Neo4jSettings, seconds: float) -> Neo4jServer:
    """A connection to a server that has just been started, as soon as its database answers."""
    until = time.monotonic() + seconds
    while True:
        try:
            return connect(settings)
        except GraphServerAwayError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def connect(settings: Neo4jSettings) -> Neo4jServer:
    """A connection to a server that answers, lets the hub in and is new enough.

    Raises GraphServerError, which says what to do, where it is none of these.
    """
    trusted = settings.trusted_certificate
    secure: dict[str, Any] = (
        {} if trusted is None else {"trusted_certificates": neo4j.TrustCustomCAs(str(trusted)), "encrypted": True}
    )
    try:
        driver = neo4j.GraphDatabase.driver(
            settings.uri if trusted is None else settings.uri.replace("+s://", "://"),
            auth=(settings.user, settings.password()),
            max_connection_pool_size=settings.pool_size,
            connection_timeout=settings.connect_seconds,
            connection_acquisition_timeout=settings.connect_seconds,
            max_transaction_retry_time=settings.connect_seconds,
            warn_notification_severity="OFF",
            notifications_disabled_classifications=["HINT", "DEPRECATION", "PERFORMANCE", "GENERIC"],
            telemetry_disabled=True,
            user_agent="district-hub",
            **secure,
        )
    except (exceptions.DriverError, ValueError, OSError) as error:
        raise GraphServerError(f"{settings.uri}: {error}: see docs/neo4j.md, Settings") from error
    server = Neo4jServer(driver, settings)
    try:
        [[version, edition]] = server.read(lambda transaction: transaction.rows(COMPONENTS_CYPHER))
        server.kind = ServerKind(version, edition)
        if mistake := version_mistake(server.kind):
            raise GraphServerError(f"{settings.uri}: {mistake}")
    except BaseException:
        server.close()
        raise
    return server


def version_mistake(kind: ServerKind) -> str | None:
    """What is wrong with a server of this version, None where nothing is."""
    numbers = tuple(int(part) for part in kind.version.split("-")[0].split(".")[:2])
    if numbers >= LEAST_VERSION:
        return None
    least = ".".join(map(str, LEAST_VERSION))
    return f"the server is neo4j {kind.version}; the hub needs {least} or newer: upgrade it, then load the graph afresh"


def told(error: Exception, settings: Neo4jSettings) -> GraphQueryError | GraphServerError:
    """An error of the driver in the hub's words, with what to do; the server's own words quote no data."""
    code = str(getattr(error, "code", "") or "")
    if "TransactionTimedOut" in code:
        return GraphQueryError(
            f"{settings.uri} was not done in time: raise question_seconds ({settings.question_seconds:g}) or "
            f"write_seconds ({settings.write_seconds:g})"
        )
    if "DatabaseUnavailable" in code:
        return GraphServerAwayError(
            f"{settings.uri}: database {settings.database} is not available: see logs/debug.log"
        )
    for part, message in _BY_CODE.items():
        if part in code:
            return GraphServerError(f"{settings.uri}: {message.format(settings=settings)}")
    match error:
        case exceptions.TransactionError():
            return GraphQueryError(f"the transaction at {settings.uri} was ended: {error}")
        case exceptions.DriverError():
            return GraphServerAwayError(
                f"{settings.uri} does not answer ({type(error).__name__}): is the server started, and is the address "
                "right? Its log (logs/neo4j.log, logs/debug.log) says more"
            )
        case _:
            return GraphQueryError(f"the graph server refused ({code}): {getattr(error, 'message', error)}")


# Parts of the server's codes, the first that fits counts.
_BY_CODE: Mapping[str, str] = {
    "Security.Unauthorized": "the server refuses user {settings.user} with the password in {settings.password_file}: "
    "put the right one there",
    "Security.AuthenticationRateLimit": "too many wrong passwords: put the right one into {settings.password_file} and "
    "wait a few seconds",
    "Security.CredentialsExpired": "the password of {settings.user} must be changed first: "
    "ALTER CURRENT USER SET PASSWORD, then put the new one into {settings.password_file}",
    "Security.Forbidden": "user {settings.user} lacks a privilege: the hub reads, writes, creates names and "
    "constraints and shows transactions (role admin, or publisher with SHOW TRANSACTION)",
    "Database.DatabaseNotFound": "the server has no database {settings.database}: community edition has `neo4j` alone",
    "ReadOnly": "database {settings.database} is read-only: unset server.databases.default_to_read_only and "
    "server.databases.read_only, and see that its disk is not full",
    "MemoryPoolOutOfMemory": "the server has no memory left for this transaction: raise server.memory.heap.max_size "
    "and dbms.memory.transaction.total.max, or lower atomic_changes ({settings.atomic_changes})",
    "General.OutOfMemory": "the server ran out of memory: raise server.memory.heap.max_size and restart it",
    "Transaction.LockAcquisitionTimeout": "somebody else is writing to the graph: wait until they are done",
    "TransactionCommitFailed": "the server could not commit: see that its disk has room and its log",
    "TransactionLogError": "the server cannot write its log: see that its disk has room, then restart it",
}
