"""`hub status`: what the home holds and how fresh it is."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape

from hub.commands.desk import Desk, verb
from hub.commands.lineage import churn_table
from hub.graph_status import GraphStatus, embedded_status, server_statuses
from hub.serving import find_servers
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
        found = home_status(desk.home, operational, desk.declarations, desk.shelf)
    graphs = home_graphs(desk, found)
    if options.format is StatusFormat.JSON:
        content = {**asdict(found), "graphs": [asdict(each) for each in graphs]}
        typer.echo(json.dumps(content, default=str, ensure_ascii=False, indent=2))
        return
    _show(desk, found)
    for each in graphs:
        mark = "[yellow]graph[/]" if each.trouble else "graph"
        told = escape(each.told(found.current, datetime.now(UTC)))
        desk.console.print(f"{mark}{'  ← read' if each.is_read else ''} {told}", soft_wrap=True)
    desk.console.print(desk.settings.told(), markup=False, soft_wrap=True)


def home_graphs(desk: Desk, found: HomeStatus) -> list[GraphStatus]:
    """The graphs that readings of this home may use."""
    servers = find_servers(desk.home)
    current = next((each for each in found.snapshots if each.id == found.current), None)
    model = desk.declarations.graph
    embedded = embedded_status(current, model, is_read=servers is None)
    return [embedded] if servers is None else [*server_statuses(servers, model), embedded]


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
    if found.handed_in:
        desk.console.print(
            f"  [yellow]waits[/] for a run: {found.handed_in:,} handed in over the network", soft_wrap=True
        )
    if found.disputed:
        told = f"{found.disputed:,} disputed facts and links (`hub dispute list`)"
        desk.console.print(f"  [yellow]waits[/] for a decision: {told}", soft_wrap=True)
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
        if found.churn:
            desk.console.print(churn_table(found.churn))


def _feed_row(each: FeedStatus) -> tuple[object, ...]:
    late = {True: ", late", False: "", None: ""}[each.is_late]
    promise = f"{each.promise_days} days{late}"
    behind = each.days_behind
    return each.feed, each.title_zh, each.last, behind, promise, each.rows, each.quarantined
