"""The whole run: ingest, resolve, publish. Stopped anywhere, it is called again and goes on from there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hub.errors import HubError
from hub.graph.neo4j_publish import Published
from hub.graph.neo4j_servers import GraphServers
from hub.publish import Publication
from hub.serving import bring_up_to_date
from hub.site import Site
from hub.stages import bring_in, is_linked, link, put_on_shelf, take_up
from ingestion.report import DeliveryReport
from stores.errors import StoreError


@dataclass(frozen=True)
class RunReport:
    """What a run did; without `publication` there was nothing new and the current snapshot stays.

    `served` is what it took to bring the graph server there too, `trouble` what kept it back; the snapshot stands.
    """

    run_id: str
    deliveries: Sequence[DeliveryReport]
    publication: Publication | None
    served: Published | None = None
    trouble: HubError | StoreError | None = None


def run(paths: Sequence[Path], site: Site, *, approve: bool = False) -> RunReport:
    """Brings deliveries in, also those of the inbox, links their records, publishes a snapshot.

    Takes up a run that was stopped.
    """
    deliveries = bring_in(paths, site, approve=approve, inbox=True)
    this = take_up(site)
    current = site.shelf.current_name()
    if this.state == "finished" and current is not None and site.shelf.is_whole(current):
        return RunReport(this.run_id, deliveries, None)
    if not is_linked(site, this):
        link(site, this.run_id)
    return RunReport(this.run_id, deliveries, put_on_shelf(site, this))


def serve(report: RunReport, site: Site, servers: GraphServers) -> RunReport:
    """Brings the graph server to the snapshot of the run; the report says how, or what kept it from there."""
    fresh = report.publication.manifest if report.publication else None
    try:
        return replace(report, served=bring_up_to_date(site, servers, fresh=fresh))
    except (HubError, StoreError) as trouble:
        return replace(report, trouble=trouble)
