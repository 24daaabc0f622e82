"""Exports a copy for analysts through the one door: decided, made, written to the audit log, and only then written."""

import secrets
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

import pyarrow as pa

from hub.analysis import releases
from hub.analysis.copying import Figures, make_copy, scratch
from hub.analysis.errors import ReleaseError
from hub.analysis.model import analysis_model
from hub.analysis.releases import GRAPH, Release
from hub.analysis.servers import PREFIX, analysis_server, clear_server, put_on_server
from hub.errors import AccessDenied, HubError, UsageError
from hub.graph.ladybug import VERSION, LadybugSettings, build_ladybug, open_ladybug
from hub.graph.neo4j_batches import GraphEdition, GraphTables
from hub.graph.neo4j_settings import Neo4jSettings
from hub.graph.port import GraphOrigin
from hub.graph.tables import check_graph, summarise_graph
from hub.serving import digest_of, tables_of
from hub.settings import size_in_bytes
from hub.sharing.disclose import disclose
from hub.sharing.policies import compile_rules
from hub.sharing.request import Answer, Caller, Reading, Request
from hub.site import Site
from schemas.items import ENTITY, item_sensitivities, label_items
from schemas.readers.analysis import Study
from schemas.readers.graph import GraphModel
from schemas.readers.purposes import Verb
from stores.durable import file_hash
from stores.home import Home
from stores.warehouse import Warehouse, open_warehouse

STEPS = 40


class Target(StrEnum):
    """Where a release goes."""

    EMBEDDED = "embedded"
    SERVER = "server"


@dataclass(frozen=True)
class Order:
    """Who wants a copy for which study and purpose, where, on which day, and for how many days (None: the usual)."""

    caller: Caller
    study: str
    purpose: str
    to: Target
    today: date
    days: int | None = None


def export(site: Site, order: Order) -> Release:
    """Makes a release of the current snapshot; expired ones are removed first.

    Raises AccessDenied where the door is shut and TooRevealingError where too many persons would be unique; then
    nothing is written.
    """
    study, expires = _study(site, order), order.today + timedelta(_days(site, order))
    server = analysis_server(site.home) if order.to is Target.SERVER else None
    remove_expired(site.home, order.today)
    with site.shelf.reading() as snapshot:
        manifest = snapshot.manifest
    told = {"release": f"{PREFIX}{order.today}-{secrets.token_hex(4)}", "to": order.to.value, "expires": str(expires)}
    reading = Reading(Verb.EXPORT, f"analysis {study.id}", told, frozenset(study.purposes))
    request = Request(site.home, compile_rules(site.declarations), manifest.id, reading)
    with tempfile.TemporaryDirectory(dir=site.settings.temp_directory) as folder:
        file = Path(folder) / "copy.duckdb"
        made: list[Figures] = []
        found = disclose(order.caller, order.purpose, request, lambda: _answer(site, study, file, made))
        if found.answer.table.num_rows < sum(made[0].rows.values()):
            raise AccessDenied(found.rule, "a copy leaves as a whole, and only a part of it is permitted")
        release = Release(
            id=told["release"],
            snapshot=found.snapshot,
            as_of=manifest.as_of,
            study=study.id,
            purpose=order.purpose,
            by=order.caller.name,
            audit=found.audit_sequence,
            made=order.today,
            expires=expires,
            k=site.declarations.analysis.k,
            max_unique_share=site.declarations.analysis.max_unique_share,
            engine=VERSION,
            server=server.uri if server else None,
            files={},
            figures=asdict(made[0]),
        )
        return _write(site, release, file, server)


def remove_expired(home: Home, today: date) -> list[str]:
    """Removes what nobody may read any more, on the analysts' server as well; ids of what went.

    Raises ReleaseError where the server cannot be reached: its release then stays listed, to be tried again.
    """
    gone = []
    for folder, release in releases.expired(home.root, today):
        if release.server is not None:
            try:
                clear_server(analysis_server(home), release)
            except HubError as error:
                raise ReleaseError(
                    f"release {release.id} expired on {release.expires} and cannot be removed from {release.server}: "
                    f"{error}. Nothing new leaves until it is"
                ) from error
        releases.remove(folder)
        gone.append(release.id)
    return gone


def _study(site: Site, order: Order) -> Study:
    studies = site.declarations.analysis.studies
    if order.study not in studies:
        raise UsageError(f"{order.study!r} is no study of schemas/graph/analysis.yml; there are {', '.join(studies)}")
    return studies[order.study]


def _days(site: Site, order: Order) -> int:
    rules = site.declarations.analysis
    days = rules.usual_days if order.days is None else order.days
    if not 1 <= days <= rules.most_days:
        raise UsageError(f"a release is kept for 1 to {rules.most_days} days, not {days}")
    return days


def _answer(site: Site, study: Study, file: Path, made: list[Figures]) -> Answer:
    """Makes the copy in this file; the answer has as many rows, all that the door needs to know of it."""
    tables = tables_of(site)
    with scratch(site.warehouse, file):
        made.append(make_copy(tables, site.declarations.analysis, study, _counting(site)))
    site.progress.step("analysis", "made", STEPS, STEPS)
    copied = pa.table({"copy": pa.nulls(sum(made[0].rows.values()))})
    return Answer(copied, shows={"copy": _copied_items(site, study)})


def _copied_items(site: Site, study: Study) -> frozenset[str]:
    """What a copy shows: that there are entities and ties of these kinds, and the values that it keeps of them."""
    declared, rules = site.declarations, site.declarations.analysis
    items = {f"{register}.{ENTITY}" for register in declared.registers} | set(study.types)
    for label, kept in rules.labels.items():
        for each in kept.keeps:
            shown = label_items(declared.graph.labels[label], each.of, declared.registers)
            items |= set(item_sensitivities(declared.registers, declared.graph)) if shown is None else shown
    return frozenset(items)


def _counting(site: Site) -> Callable[[str], None]:
    """Progress of work whose number of steps shows only when it is over."""
    numbers = iter(range(STEPS))

    def tell(step: str) -> None:
        site.progress.step("analysis", step, next(numbers, STEPS - 1), STEPS)

    return tell


def _write(site: Site, release: Release, file: Path, server: Neo4jSettings | None) -> Release:
    study = site.declarations.analysis.studies[release.study]
    model = analysis_model(site.declarations.graph, site.declarations.analysis, study)
    building = releases.begin(site.home.root, release.id)
    half = size_in_bytes(site.settings.memory_limit) // 2
    with open_warehouse(file, settings=replace(site.settings.warehouse, memory_limit=f"{half >> 10}KiB")) as copied:
        sums = summarise_graph(copied, model)
        if server is None:
            release = replace(release, files=_embed(site, copied, model, building))
        else:
            tables = GraphTables(copied, model, GraphEdition(release.id, release.as_of, digest_of(sums)))
            put_on_server(server, tables, folder=file.parent / "import", progress=site.progress)
    releases.finish(building, release)
    return release


def _embed(site: Site, copied: Warehouse, model: GraphModel, building: Path) -> dict[str, str]:
    settings = LadybugSettings(buffer_pool_bytes=site.settings.graph_buffer_pool_bytes)
    build_ladybug(copied, model, building / GRAPH, settings=settings)
    origin = GraphOrigin(building.name, date.min, VERSION)
    with closing(open_ladybug(building / GRAPH, model, origin, settings=settings)) as graph:
        check_graph(graph, summarise_graph(copied, model))
    return {GRAPH: file_hash(building / GRAPH)}
