"""Puts a whole graph on a server: by the server's own import, by files for its operator, or over the connection.

Readers never see it grow: its snapshot node is written last; what is read is loaded beside, then switched to.
"""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hub.errors import UsageError
from hub.graph.errors import GraphBuildError, GraphServerAwayError, GraphServerError
from hub.graph.neo4j import Neo4jServer, connect_within, connected
from hub.graph.neo4j_batches import GraphTables, lease, mark, write_in_batches
from hub.graph.neo4j_files import import_command, operators_script, write_import_files
from hub.graph.neo4j_servers import GraphServers
from hub.graph.neo4j_settings import Neo4jSettings
from hub.graph.neo4j_store import Served, served
from hub.graph.neo4j_texts import names_cypher
from hub.graph.neo4j_verify import compare
from stores.progress import Progress

SCRIPT = "import.sh"
START_SECONDS = 120.0
STEPS = 4


class How(StrEnum):
    """The way a graph gets onto a server; `imported` is what comes after `files`."""

    IMPORT = "import"
    FILES = "files"
    IMPORTED = "imported"
    BATCHES = "batches"


@dataclass(frozen=True)
class Loaded:
    """Where a graph went; `script` is what the operator has to run, None where readers have the graph already."""

    uri: str
    script: Path | None


def load(servers: GraphServers, tables: GraphTables, how: How, *, folder: Path, progress: Progress) -> Loaded:
    """Puts the graph on the server that nobody reads, checks it, and lets readers use it; `folder` is for files.

    Raises GraphServerError where the only server is being read, GraphBuildError where graph and tables differ.
    """
    target = _target(servers)
    progress.step("graph", f"{how} to {target.uri}", 0, STEPS)
    if how in (How.IMPORT, How.FILES):
        shutil.rmtree(folder, ignore_errors=True)
        files = write_import_files(tables.warehouse, tables.model, folder)
        if how is How.FILES:
            script = folder / SCRIPT
            script.write_text(operators_script(target, files), encoding="utf-8")
            return Loaded(target.uri, script)
        progress.step("graph", "import", 1, STEPS)
        _import(target, import_command(target, files))
        shutil.rmtree(folder)
    with connected(target) as server:
        if how is How.BATCHES:
            write_in_batches(server, tables.warehouse, tables.model)
        progress.step("graph", "keys and names", 2, STEPS)
        server.execute(*names_cypher(tables.model))
        progress.step("graph", "check", 3, STEPS)
        if wrong := compare(server, tables):
            raise GraphBuildError(f"{target.uri} differs from the graph tables: {'; '.join(wrong)}: load it again")
        with lease(server, "marking") as transaction:
            mark(transaction, tables.edition, verified=True)
            transaction.commit()
    if target is servers.spare:
        servers.switch()
    progress.step("graph", tables.edition.snapshot_id, STEPS, STEPS)
    return Loaded(target.uri, None)


def way_to(settings: Neo4jSettings, wanted: How | None) -> How:
    """The way that was asked for, or the fastest that the settings allow; raises UsageError where it is closed."""
    if wanted is How.IMPORT and not settings.can_import:
        raise UsageError("import needs `admin`, `stop` and `start` in [neo4j]: see docs/neo4j.md, First load")
    return wanted or (How.IMPORT if settings.can_import else How.FILES)


def readable(server: Neo4jServer) -> Served | None:
    """The snapshot that readers of this server get; None where there is none, or none that may be read."""
    found = server.read(served)
    return None if found is None or found.mistake() else found


def held_by(settings: Neo4jSettings) -> Served | None:
    """The same of a server that may be away: where the hub can start it for an import, nobody reads it now."""
    try:
        with connected(settings) as server:
            return readable(server)
    except GraphServerAwayError:
        if not settings.can_import:
            raise
        return None


def _target(servers: GraphServers) -> Neo4jSettings:
    held = held_by(servers.served)
    if held is None:
        return servers.served
    if servers.spare is None:
        raise GraphServerError(
            f"{servers.served.uri} serves snapshot {held.snapshot_id}, and a load would take it from its readers: name "
            "a second server as [neo4j.standby], which is then loaded and switched to; or empty this one first"
        )
    return servers.spare


def _import(settings: Neo4jSettings, command: Sequence[str]) -> None:
    _run(settings.stop)
    _run(command)
    _run(settings.start)
    connect_within(settings, START_SECONDS).close()


def _run(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except OSError as error:
        raise GraphServerError(f"{command[0]} cannot be run ({error.strerror}): see [neo4j] of home.toml") from error
    if done.returncode != 0:
        told = "\n".join(line for line in (done.stdout + done.stderr).splitlines()[-12:] if line.strip())
        raise GraphServerError(f"{' '.join(command[:5])} … failed (exit {done.returncode}):\n{told}")
