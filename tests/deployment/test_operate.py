"""docs/operate.md: every command that it types exists, every service and field that it names is there."""

import re
import shlex
from dataclasses import fields
from pathlib import Path

import click
import pytest
import typer.main
import yaml

from hub.cli import app, with_global_options_first
from hub.graph_status import GraphStatus
from hub.status import FeedStatus, HomeStatus
from stores.operational.deliveries import Delivery

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
QUOTED = re.findall(r"`((?:hub|docker compose) [^`]+)`", PAGE)
TYPED = [each for each in [*LINES, *QUOTED] if "…" not in each]
WORK = re.compile(r"docker compose run --rm (?:-e \w+=\S+ )?work (.+)")
VERBS = sorted(
    {line.removeprefix("hub ") for line in TYPED if line.startswith("hub ")}
    | {found[1] for line in TYPED if (found := WORK.fullmatch(line))}
)


@pytest.mark.parametrize("line", VERBS)
def test_a_command_exists_and_takes_these_arguments(line: str) -> None:
    command: click.Command = typer.main.get_command(app)
    arguments = with_global_options_first(shlex.split(line))
    context = None
    while isinstance(command, click.Group):
        context = command.make_context(command.name, arguments, parent=context)
        _, found, arguments = command.resolve_command(context, [*context._protected_args, *context.args])
        assert found is not None
        command = found
    command.make_context(command.name, arguments, parent=context)


def test_the_page_types_the_verbs_of_a_whole_year() -> None:
    verbs = {line.split()[0] for line in VERBS}
    assert {"init", "run", "pull", "status", "graph", "ingest", "serve", "move-operational"} <= verbs


@pytest.mark.parametrize("line", [line for line in TYPED if line.startswith("docker compose ")])
def test_compose_is_asked_for_services_that_are_there(line: str) -> None:
    words = shlex.split(line)[2:]
    assert words[0] in ("build", "up", "down", "run", "stop", "start", "rm", "exec")
    named = [word for word in words[1:] if word in COMPOSE["services"]]
    assert named or words in (["build"], ["down"])


def test_volumes_and_the_memory_of_services_are_those_of_the_file() -> None:
    for volume in re.findall(r"district-hub_([\w-]+)", PAGE):
        assert volume in COMPOSE["volumes"]
    units = {"m": "MiB", "g": "GiB"}
    for name, service in COMPOSE["services"].items():
        limit = service["mem_limit"]
        assert re.search(rf"\| `{name}` \| .* \| {limit[:-1]} {units[limit[-1]]} \|", PAGE)


def test_fields_of_the_status_are_those_that_it_has() -> None:
    parts = {"feeds": FeedStatus, "waiting": Delivery, "graphs": GraphStatus}
    top = {each.name for each in fields(HomeStatus)}
    named = re.findall(r"`(\w+)\[\]\.(\w+)`", PAGE)
    assert len(named) > 8
    for part, name in named:
        assert name in {each.name for each in fields(parts[part])}
    assert {"as_of", "current", "last_run", "feeds", "waiting"} <= top


def test_files_that_it_names_are_there() -> None:
    for name in re.findall(r"(?:deployment|tests|tools|bench)/[\w./-]+\w", PAGE):
        assert (ROOT / name).exists(), name
