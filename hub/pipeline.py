"""The whole run: ingest, resolve, publish. Stopped anywhere, it is called again and goes on from there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.publish import Publication
from hub.site import Site
from hub.stages import bring_in, is_linked, link, put_on_shelf, take_up
from ingestion.report import DeliveryReport


@dataclass(frozen=True)
class RunReport:
    """What a run did; without `publication` there was nothing new and the current snapshot stays."""

    run_id: str
    deliveries: Sequence[DeliveryReport]
    publication: Publication | None


def run(paths: Sequence[Path], site: Site, *, approve: bool = False) -> RunReport:
    """Brings deliveries in, links their records, publishes a snapshot; takes up a run that was stopped."""
    deliveries = bring_in(paths, site, approve=approve)
    this = take_up(site)
    current = site.shelf.current_name()
    if this.state == "finished" and current is not None and site.shelf.is_whole(current):
        return RunReport(this.run_id, deliveries, None)
    if not is_linked(site, this):
        link(site, this.run_id)
    return RunReport(this.run_id, deliveries, put_on_shelf(site, this))
