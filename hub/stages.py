"""The stages of a run. Each is idempotent and is marked in the operational database once its result is on disk."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from hub.changes import Correction
from hub.errors import UsageError
from hub.fingerprint import inputs_hash
from hub.inbox import take_inbox_in
from hub.publish import Publication, publish_snapshot
from hub.receipts import settle_receipts
from hub.site import Site
from ingestion.context import IngestContext
from ingestion.ingest import ingest
from ingestion.report import DeliveryReport
from resolution.resolve import ResolutionContext, ResolutionReport, resolve
from stores.operational.corrections import CorrectionState
from stores.operational.runs import Run
from stores.space import assert_room

# What a stage writes, measured against the warehouse before it.
LINKING_ROOM, PUBLISHING_ROOM = 1, 2
EVENTS_AT_ONCE = 1_000


def bring_in(
    paths: Sequence[Path], site: Site, *, approve: bool = False, inbox: bool = False
) -> Sequence[DeliveryReport]:
    """The first stage: a delivery that came before changes nothing.

    With `inbox` also what was handed in over the network; `approve` counts for the paths alone.
    """
    context = IngestContext(site.home, site.warehouse, site.operational, site.declarations, site.progress)
    handed_in = take_inbox_in(context) if inbox else []
    reports = handed_in + ingest(paths, context, approve=approve)
    settle_receipts(context)
    return reports


def take_up(site: Site) -> Run:
    """The latest run where nothing has changed since it began, else a new one."""
    if site.operational.ledger.latest_date() is None:
        raise UsageError("nothing has come in yet: name the deliveries, as in `hub run PATH…`")
    inputs = inputs_hash(site)
    latest = site.operational.runs.latest()
    if latest is not None and latest.detail.get("inputs") == inputs:
        return latest
    number = len(site.operational.runs.all()) + 1
    return site.operational.runs.start(f"run-{number:06d}", {"inputs": inputs})


def is_linked(site: Site, this: Run) -> bool:
    """Whether the second stage is done and the warehouse, which may have been made anew since, still holds it."""
    now = site.operational.runs.get(this.run_id)
    # The lineage is the youngest of the tables: one that an earlier hub has resolved lacks it.
    sql = "SELECT 1 FROM duckdb_tables() WHERE schema_name = 'resolved' AND table_name IN ('run', 'lineage')"
    if now is None or "resolve" not in now.stages or len(site.warehouse.rows(sql)) < 2:
        return False
    return site.warehouse.rows("SELECT run_id FROM resolved.run") == [(this.run_id,)]


def link(site: Site, run_id: str) -> ResolutionReport:
    """The second stage; its mark is set once the warehouse has it on disk."""
    _assert_room(site, LINKING_ROOM, "linking the records")
    key = site.home.key("identity")
    report = resolve(
        ResolutionContext(
            site.warehouse, site.operational, site.declarations, run_id, identity_key=key, progress=site.progress
        )
    )
    site.warehouse.checkpoint()
    churn = {register: asdict(each.churn) for register, each in report.registers.items()}
    site.operational.runs.finish_stage(run_id, "resolve", {"churn": churn})
    return report


def put_on_shelf(site: Site, this: Run) -> Publication:
    """The last stage; raises UsageError where something came in or was decided since the records were resolved."""
    if not is_linked(site, this):
        raise UsageError("what came in is not resolved yet: run `hub resolve` first, or `hub run` for both")
    _assert_room(site, PUBLISHING_ROOM, "publishing a snapshot")
    publication = publish_snapshot(site, partial(decided_corrections, site))
    site.operational.runs.finish_stage(this.run_id, "publish", {"snapshot": publication.id})
    site.operational.runs.finish(this.run_id)
    return publication


def decided_corrections(site: Site, after: int) -> list[Correction]:
    """The corrections that were decided after this event, for the feed of changes."""
    feeds = list(site.declarations.contracts)
    found: list[Correction] = []
    while events := site.operational.corrections.since(after, feeds, EVENTS_AT_ONCE):
        after = events[-1].position
        found += [
            Correction(each.position, kept.register, kept.feed, kept.record_key, kept.field)
            for each in events
            if each.state is CorrectionState.DECIDED
            for kept in [each.correction]
        ]
    return found


def _assert_room(site: Site, share: int, what: str) -> None:
    assert_room(site.home.root, share * site.home.warehouse.stat().st_size, what)
