"""`hub resolve`: link the records that are in the warehouse."""

from dataclasses import dataclass

from hub.commands.desk import Desk, verb
from hub.commands.lineage import tell_churn
from hub.stages import bring_in, link, take_up


@dataclass(frozen=True)
class ResolveOptions:
    """`hub resolve` takes the global options only."""


@verb(ResolveOptions)
def resolve(desk: Desk, options: ResolveOptions) -> None:
    """Link records of houses, then units, then persons; then golden records and residence. 归并"""
    with desk.site() as site:
        # What a kill or a damage took from the warehouse comes back first.
        bring_in((), site)
        link(site, take_up(site).run_id)
        tell_churn(site.operational, desk.console)
    desk.console.print("Resolved. Next: hub publish")
