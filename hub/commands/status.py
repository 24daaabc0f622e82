"""`hub status`: what the home holds and how fresh it is."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape

from hub.commands.desk import Desk, verb
from hub.status import FeedStatus, HomeStatus, home_status
from hub.terminal import table
from stores.operational import read_operational

CAPTION = "behind: days after the newest delivery of any feed; aside: rows in quarantine 隔离"


class StatusFormat(StrEnum):
    """How the status is written."""

    TABLE = "table"
    JSON = "json"


@dataclass(frozen=True)
class StatusOptions:
    """Options of `hub status`."""

    format: Annotated[StatusFormat, typer.Option(help="For people or for programs.")] = StatusFormat.TABLE


@verb(StatusOptions)
def status(desk: Desk, options: StatusOptions) -> None:
    """Feeds and their last deliveries against their promise, quarantine, snapshots, the last run. 状态"""
    with read_operational(desk.home) as operational:
        found = home_status(desk.home.kind, operational, desk.declarations, desk.shelf)
    if options.format is StatusFormat.JSON:
        typer.echo(json.dumps(asdict(found), default=str, ensure_ascii=False, indent=2))
        return
    _show(desk, found)


def _show(desk: Desk, found: HomeStatus) -> None:
    desk.console.print(
        f"[bold]{desk.home.root}[/]: a home of {'made-up' if found.kind == 'synthetic' else 'real'} people, "
        f"as of {found.as_of or 'nothing yet'}"
    )
    columns = ["feed", "来源", "last 最近", "#behind", "promise 承诺", "#rows", "#aside"]
    desk.console.print(table("Feeds 来源", columns, [_feed_row(each) for each in found.feeds], caption=CAPTION))
    for delivery in found.waiting:
        told = f"no. {delivery.delivery_id}, {delivery.name} ({delivery.file}): {delivery.note}"
        desk.console.print(f"  [yellow]waits[/] {escape(told)}", soft_wrap=True)
    for feed in found.feeds:
        for gap in feed.missing:
            desk.console.print(f"  [yellow]missing[/] {feed.feed}: {escape(gap)}", soft_wrap=True)
    rows = [
        (
            f"{each.id}{'  ← current' if each.id == found.current else ''}",
            *(each.tables[name].rows for name in ("person", "house", "unit")),
            ", ".join(f"{name} {version}" for name, version in sorted(each.models.items())),
        )
        for each in reversed(found.snapshots)
    ]
    desk.console.print(table("Snapshots 快照", ["snapshot", "#persons", "#houses", "#units", "models"], rows))
    if found.last_run is not None:
        done = ", ".join(found.last_run.stages) or "no stage yet"
        desk.console.print(f"Last run: {found.last_run.run_id}, {found.last_run.state} (done: {done})")
    desk.console.print(desk.settings.told(), markup=False, soft_wrap=True)


def _feed_row(each: FeedStatus) -> tuple[object, ...]:
    late = {True: ", late", False: "", None: ""}[each.is_late]
    promise = f"{each.promise_days} days{late}"
    behind = each.days_behind
    return each.feed, each.title_zh, each.last, behind, promise, each.rows, each.quarantined
