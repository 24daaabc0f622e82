"""Builds a snapshot beside the current one, checks it against the warehouse, and switches to it in one step."""

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa

from hub.changes import Corrections, Step, none_decided, note_changes
from hub.entity_index import write_entity_index
from hub.errors import PublishError
from hub.findings import find_all
from hub.fingerprint import declarations_hash
from hub.graph.ladybug import LadybugSettings, build_ladybug, open_ladybug
from hub.graph.port import GraphOrigin
from hub.graph.tables import build_graph_tables, check_graph
from hub.match_index import write_match_index
from hub.settings import Settings, size_in_bytes
from hub.site import Site
from resolution.identity import ended_sql
from stores.durable import file_hash
from stores.snapshots import (
    ENTITIES,
    ENTITY_INDEX,
    GRAPH,
    MATCH,
    Manifest,
    Snapshot,
    SnapshotError,
    TableSummary,
    read_manifest,
)
from stores.summaries import copy_tables, renew_tables, summarise
from stores.warehouse import Warehouse, open_read_only

LAYOUT = "2"
"""Of a snapshot's files: with another one the same content is published anew."""
FILES = (ENTITIES, GRAPH, MATCH, ENTITY_INDEX)
ENGINES = ("duckdb", "ladybug", "splink")
# Table of entities.duckdb -> warehouse table, and the columns that it is ordered by where that lets look-ups read less.
TABLES: Mapping[str, tuple[str, str]] = {
    "person_record": ("standard.person_record", ""),
    "house_record": ("standard.house_record", ""),
    "unit_record": ("standard.unit_record", ""),
    "fact": ("standard.fact", ""),
    "member": ("resolved.member", "register, record_id"),
    "link": ("resolved.link", "register, record_l, record_r, origin"),
    "person": ("resolved.person", "entity_id"),
    "house": ("resolved.house", "entity_id"),
    "unit": ("resolved.unit", "entity_id"),
    "relation": ("resolved.relation", ""),
    "residence": ("resolved.residence", "person_id, valid_from, house_id"),
    "lineage": ("resolved.lineage", "event_id"),
    "run": ("resolved.run", "run_id"),
}
# Which runs led there does not make it another content: only the ids that were published and are no more do.
HISTORY = frozenset({"run", "lineage"})


@dataclass(frozen=True)
class Publication:
    """What a publication led to; with `is_new` False the same content was on the shelf already."""

    id: str
    is_new: bool
    manifest: Manifest
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What the snapshot will hold, known from the warehouse before a file is written."""

    id: str
    as_of: date
    models: Mapping[str, str]
    declarations: str
    engines: Mapping[str, str]
    entities: Mapping[str, TableSummary]
    graph: Mapping[str, TableSummary]


STEPS = 7
# Of the graph's file: the largest question takes twice its size (measured at 1.5 million persons), reading it once.
POOL_PER_BYTE = 3
# Nobody waits at a terminal for the findings of a whole district.
QUESTION_SECONDS = 3600.0


def publish_snapshot(site: Site, corrections: Corrections = none_decided) -> Publication:
    """Puts the resolved warehouse on the shelf, lets `current` point at it, and says in the feed what has changed.

    Equal content gives the same id and is not built twice. Raises PublishError where the built files do not equal
    the warehouse; the current snapshot then stays in place.
    """
    shelf = site.shelf
    site.progress.step("publish", "graph tables", 0, STEPS)
    plan = _plan(site)
    with _readers_have(site) as before:
        built = None if shelf.is_whole(plan.id) else _build(site, plan, before)
        site.progress.step("publish", "changes", 6, STEPS)
        note_changes(site, Step(before, plan.id, plan.as_of), corrections)
    if built is not None:
        shelf.finish(built)
    elif shelf.current_name() != plan.id:
        shelf.switch(plan.id)
    removed = shelf.prune(site.settings.keep_snapshots)
    site.changes.forget(site.settings.keep_changes_days)
    site.progress.step("publish", plan.id, STEPS, STEPS)
    return Publication(plan.id, built is not None, read_manifest(shelf.folder / plan.id), tuple(removed))


@contextmanager
def _readers_have(site: Site) -> Iterator[Snapshot | None]:
    """The current snapshot, which may be damaged; None before the first and where it cannot be opened."""
    with ExitStack() as held:
        try:
            before = held.enter_context(site.shelf.reading())
        except SnapshotError:
            before = None
        yield before


def _plan(site: Site) -> Plan:
    graph = build_graph_tables(site.warehouse, site.declarations)
    as_of, models = _resolved_run(site)
    entities = {name: summarise(site.warehouse, source) for name, (source, _) in snapshot_tables(site).items()}
    declared = declarations_hash(site.declarations.tree)
    engines = {name: version(name) for name in ENGINES}
    used = {**models, **engines}
    parts = [as_of.isoformat(), f"layout {LAYOUT}", declared, *(f"{name} {used[name]}" for name in sorted(used))]
    for kind, summaries in (("table", entities), ("graph", graph)):
        parts += [f"{kind} {name} {each.hash}" for name, each in sorted(summaries.items()) if name not in HISTORY]
    site.warehouse.execute(f"CREATE OR REPLACE TEMP VIEW ended AS {ended_sql()}")
    parts.append(f"ended {summarise(site.warehouse, 'ended').hash}")
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]
    return Plan(f"{as_of.isoformat()}-{digest}", as_of, models, declared, engines, entities, graph)


def snapshot_tables(site: Site) -> Mapping[str, tuple[str, str]]:
    """Tables of entities.duckdb: the same in every home, and what the linkage models have prepared."""
    prepared = [f"prepared_{model.id}" for model in site.declarations.linkage.values() if model.prepared]
    return {**TABLES, **{name: (f"resolved.{name}", "") for name in prepared}}


def _resolved_run(site: Site) -> tuple[date, Mapping[str, str]]:
    table = site.warehouse.arrow("SELECT * FROM resolved.run")
    if table.num_rows != 1:
        raise PublishError("nothing is resolved yet: run `hub resolve` (or `hub run PATH…`) first")
    [row] = table.to_pylist()
    models = {name: str(value) for name, value in row.items() if name not in ("run_id", "as_of")}
    return row["as_of"], models


def _build(site: Site, plan: Plan, before: Snapshot | None) -> Manifest:
    """The graph, and what it answers, take shape beside the tables and the match index: neither waits for the other."""
    folder = site.shelf.begin(plan.id)
    site.progress.step("publish", "graph", 1, STEPS)
    with _sharing_memory(site), site.warehouse.beside() as beside, ThreadPoolExecutor(max_workers=1) as apart:
        answering = apart.submit(_answer_from_graph, site, beside, folder / GRAPH, plan)
        site.progress.step("publish", "entities", 2, STEPS)
        _write_entities(site, folder / ENTITIES, plan, before)
        site.progress.step("publish", "match index", 3, STEPS)
        write_match_index(site, folder / MATCH)
        site.progress.step("publish", "entity index", 4, STEPS)
        write_entity_index(site, folder / ENTITY_INDEX, plan.as_of)
        site.progress.step("publish", "findings", 5, STEPS)
        tables = {**plan.entities, "finding": _write_findings(site, folder / ENTITIES, answering.result())}
    return Manifest(
        id=plan.id,
        sequence=site.shelf.next_sequence(),
        as_of=plan.as_of,
        models=plan.models,
        declarations=plan.declarations,
        tables=tables,
        graph=plan.graph,
        files={name: file_hash(folder / name) for name in FILES},
        engines=plan.engines,
    )


@contextmanager
def _sharing_memory(site: Site) -> Iterator[None]:
    """While the graph is built beside it, the warehouse makes do with half of its memory."""
    limit = size_in_bytes(site.settings.memory_limit)
    site.warehouse.limit_memory(limit // 2)
    try:
        yield
    finally:
        site.warehouse.limit_memory(limit)


def _pool_bytes(settings: Settings) -> int:
    """Building the graph and asking all of it takes more than looking into it, unless a deployment says how much."""
    if settings.origins["graph_buffer_pool"] == "default":
        return size_in_bytes(settings.memory_limit) * 3 // 4
    return settings.graph_buffer_pool_bytes


def _answer_from_graph(site: Site, warehouse: Warehouse, file: Path, plan: Plan) -> pa.Table:
    """Builds the graph and asks it every question, while it is read whole and compared with its tables.

    Where memory is too scarce for both, it is asked when it has been compared.
    """
    settings = LadybugSettings(buffer_pool_bytes=_pool_bytes(site.settings), timeout_seconds=QUESTION_SECONDS)
    build_ladybug(warehouse, site.declarations.graph, file, settings=settings)
    origin = GraphOrigin(plan.id, plan.as_of, plan.engines["ladybug"])
    with (
        closing(open_ladybug(file, site.declarations.graph, origin, settings=settings)) as graph,
        ThreadPoolExecutor(max_workers=1) as apart,
    ):
        checking = apart.submit(check_graph, graph, plan.graph)
        if settings.buffer_pool_bytes < POOL_PER_BYTE * file.stat().st_size:
            checking.result()
        answers = find_all(graph, site.declarations)
        checking.result()
    return answers


def _write_entities(site: Site, file: Path, plan: Plan, before: Snapshot | None) -> None:
    """The tables of the current snapshot with what has changed since, or all of them anew where that led astray."""
    tables = snapshot_tables(site)
    if before is not None and _copy(before, file, plan):
        renew_tables(site.warehouse, file, tables)
        if not _different(site, file, plan.entities):
            return
        file.unlink()
    copy_tables(site.warehouse, file, tables)
    _compare(site, file, plan.entities)


def _copy(snapshot: Snapshot, file: Path, plan: Plan) -> bool:
    if snapshot.manifest.engines.get("duckdb") != plan.engines["duckdb"]:
        return False
    try:
        shutil.copyfile(snapshot.file(ENTITIES), file)
    except SnapshotError:
        return False
    return True


def _write_findings(site: Site, file: Path, findings: pa.Table) -> TableSummary:
    site.warehouse.register_arrow("found", findings)
    try:
        copy_tables(site.warehouse, file, {"finding": ("found", "question, parameters, position")})
        expected = summarise(site.warehouse, "found")
    finally:
        site.warehouse.unregister("found")
    _compare(site, file, {"finding": expected})
    return expected


def _compare(site: Site, file: Path, expected: Mapping[str, TableSummary]) -> None:
    if wrong := _different(site, file, expected):
        raise PublishError(
            f"{file.name} does not equal the warehouse in {', '.join(wrong)}: nothing was published. "
            "Check the disk for room and faults, then run `hub publish` again"
        )


def _different(site: Site, file: Path, expected: Mapping[str, TableSummary]) -> list[str]:
    with open_read_only(file, settings=site.settings.warehouse) as written:
        return sorted(name for name, summary in expected.items() if summarise(written, name) != summary)
