"""`hub publish`: a snapshot of what is resolved."""

from dataclasses import dataclass

from hub.commands.desk import Desk, verb
from hub.publish import Publication
from hub.stages import put_on_shelf, take_up


@dataclass(frozen=True)
class PublishOptions:
    """`hub publish` takes the global options only."""


@verb(PublishOptions)
def publish(desk: Desk, options: PublishOptions) -> None:
    """Build a snapshot with its graph beside the current one, check it, and switch to it. 发布"""
    with desk.site() as site:
        publication = put_on_shelf(site, take_up(site))
    tell_publication(desk, publication)


def tell_publication(desk: Desk, publication: Publication) -> None:
    """Says which snapshot readers get now, and what went off the shelf."""
    counts = publication.manifest.tables
    kinds = ", ".join(f"{counts[name].rows:,} {name}s" for name in ("person", "house", "unit") if name in counts)
    fresh = "Published" if publication.is_new else "Nothing new; still"
    desk.console.print(f"{fresh} snapshot [bold]{publication.id}[/]: {kinds}.", soft_wrap=True)
    if publication.removed:
        desk.console.print(f"Taken off the shelf: {', '.join(publication.removed)}.", soft_wrap=True)
