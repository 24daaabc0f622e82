"""The `hub` command: verbs in the order of the flow, and the one place where errors become messages and exit codes."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from hub.commands.account import add, list_accounts, renew_own_ids, renew_signing, revoke, rotate, show_account
from hub.commands.ask import ask
from hub.commands.audit import checkpoint, list_records
from hub.commands.audit import verify as verify_audit
from hub.commands.demo import demo
from hub.commands.desk import Desk
from hub.commands.dispute import (
    corrections,
    decide_dispute,
    dispute_apart,
    dispute_fact,
    dispute_one,
    list_all,
    show_one,
    withdraw_dispute,
)
from hub.commands.evaluate import evaluate
from hub.commands.explain import explain
from hub.commands.export import export, list_releases
from hub.commands.graph import load_graph, publish_to_server, verify_graph
from hub.commands.ingest import ingest
from hub.commands.init import init
from hub.commands.lineage import lineage
from hub.commands.look_around import neighbourhood, path
from hub.commands.match import match
from hub.commands.move_operational import move_operational
from hub.commands.publish import publish
from hub.commands.pull import pull
from hub.commands.purposes import purposes
from hub.commands.resolve import resolve
from hub.commands.review import decide, list_queue, preview, show_pair, tell_agreement, undo
from hub.commands.run import run
from hub.commands.schemas import check
from hub.commands.serve import serve
from hub.commands.status import status
from hub.commands.synthesize import synthesize
from hub.commands.train import train
from hub.exits import EXIT_CODES, report
from hub.sharing.audit import cover_all
from hub.terminal import console_for_people

PREPARE, RUN, READ, SERVE = "Prepare 准备", "The run 运行", "Read 查询", "Show and serve 演示与服务"

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
    help="Actual people, houses and units of one district (实有人口、实有房屋、实有单位): link what the departments "
    "know, ask it, and say how right it is.\n\n"
    "Start with [bold]hub demo[/], or: hub init → hub run PATH… → hub status → hub ask --list.",
    epilog="Exit codes: 0 done · 1 a delivery or its department · 2 the command or a declaration · 3 refused by policy "
    "· 4 a store, the graph or a run. --home and --schemas may stand anywhere in the line.",
)
graph = typer.Typer(no_args_is_help=True, help="The graph on a Neo4j server, and copies for analysts. 图库")
review = typer.Typer(no_args_is_help=True, help="Pairs in doubt: look at them, decide, undo. 人工复核")
dispute = typer.Typer(no_args_is_help=True, help="Facts and links that somebody says are wrong. 异议与更正")
account = typer.Typer(no_args_is_help=True, help="Who may ask: accounts, their secrets and keys. 账户")
audit = typer.Typer(no_args_is_help=True, help="Who looked: the audit log and its signed checkpoints. 审计")
schemas = typer.Typer(no_args_is_help=True, help="Declarations: contracts, registers, models, questions. 声明")


@app.callback()
def choose(
    context: typer.Context,
    home: Annotated[Path, typer.Option(envvar="HUB_HOME", help="The home: folder of all stores.")] = Path("home"),
    schemas_folder: Annotated[
        Path | None,
        typer.Option("--schemas", help="A deployment's own declarations, laid over the shipped ones.", exists=True),
    ] = None,
) -> None:
    """Chooses the home and the declarations that the verb works with."""
    context.obj = Desk(home, schemas_folder)


app.command(rich_help_panel=PREPARE)(init)
app.command("move-operational", rich_help_panel=PREPARE)(move_operational)
schemas.command()(check)
app.add_typer(schemas, name="schemas", rich_help_panel=PREPARE)
account.command("add")(add)
account.command("list")(list_accounts)
account.command("show")(show_account)
account.command("rotate")(rotate)
account.command("revoke")(revoke)
account.command("renew-signing-key")(renew_signing)
account.command("renew-own-ids")(renew_own_ids)
app.add_typer(account, name="account", rich_help_panel=PREPARE)
app.command(rich_help_panel=PREPARE)(synthesize)
app.command(rich_help_panel=RUN)(ingest)
app.command(rich_help_panel=RUN)(pull)
app.command(rich_help_panel=RUN)(train)
app.command(rich_help_panel=RUN)(resolve)
app.command(rich_help_panel=RUN)(publish)
app.command(rich_help_panel=RUN)(run)
graph.command("load")(load_graph)
graph.command("publish")(publish_to_server)
graph.command("verify")(verify_graph)
graph.command("export")(export)
graph.command("releases")(list_releases)
app.add_typer(graph, name="graph", rich_help_panel=RUN)
app.command(rich_help_panel=RUN)(status)
app.command(rich_help_panel=READ)(purposes)
app.command(rich_help_panel=READ)(evaluate)
app.command(rich_help_panel=READ)(explain)
app.command(rich_help_panel=READ)(match)
app.command(rich_help_panel=READ)(lineage)
review.command("list")(list_queue)
review.command("show")(show_pair)
review.command("preview")(preview)
review.command("decide")(decide)
review.command("undo")(undo)
review.command("agreement")(tell_agreement)
app.add_typer(review, name="review", rich_help_panel=READ)
dispute.command("fact")(dispute_fact)
dispute.command("apart")(dispute_apart)
dispute.command("one")(dispute_one)
dispute.command("list")(list_all)
dispute.command("show")(show_one)
dispute.command("decide")(decide_dispute)
dispute.command("withdraw")(withdraw_dispute)
dispute.command("corrections")(corrections)
app.add_typer(dispute, name="dispute", rich_help_panel=READ)
app.command(rich_help_panel=READ)(ask)
app.command(rich_help_panel=READ)(neighbourhood)
app.command(rich_help_panel=READ)(path)
audit.command("list")(list_records)
audit.command("verify")(verify_audit)
audit.command("checkpoint")(checkpoint)
app.add_typer(audit, name="audit", rich_help_panel=READ)
app.command(rich_help_panel=SERVE)(demo)
app.command(rich_help_panel=SERVE)(serve)


def with_global_options_first(arguments: Sequence[str]) -> list[str]:
    """The arguments with --home and --schemas moved to the front, where the parser wants them."""
    first: list[str] = []
    rest: list[str] = []
    line = iter(arguments)
    for word in line:
        if word == "--":
            rest += [word, *line]
        elif word in ("--home", "--schemas"):
            first += [word, *(value for value in [next(line, None)] if value is not None)]
        elif word.startswith(("--home=", "--schemas=")):
            first.append(word)
        else:
            rest.append(word)
    return first + rest


def main() -> None:
    """Runs the command line; exits with a code of the table in hub/exits.py."""
    try:
        app(with_global_options_first(sys.argv[1:]), prog_name="hub")
    except tuple(EXIT_CODES) as error:
        sys.exit(report(error, console_for_people(stderr=True)))
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        cover_all()
