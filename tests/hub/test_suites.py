"""A data set of one's own, from its files to its figures: as docs/evaluate.md tells it, and with every mistake told."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.suites.convert import SETS, convert, is_there
from schemas.errors import DeclarationError
from schemas.readers.suites import read_suite
from tests.hub.district import hub

PAGE = Path(__file__).parents[2] / "docs" / "evaluate.md"
FILE = re.compile(r"^`([\w/.]+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^```sh\n(sed .*?)^```", re.MULTILINE | re.DOTALL)
# F1 of pairs within clusters that each small public suite must reach.
GOALS = {"febrl3": 0.998, "restaurant": 0.95, "rldata500": 0.96}


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What somebody has who typed the page."""
    folder = tmp_path_factory.mktemp("typed")
    page = PAGE.read_text(encoding="utf-8")
    for name, text in FILE.findall(page):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for command in COMMANDS.findall(page):
        subprocess.run(["bash", "-c", command], cwd=folder, check=True)
    return folder


@pytest.fixture
def broken(typed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(typed, tmp_path / "broken"))


def test_the_page_is_run_as_it_is_typed(typed: Path, tmp_path: Path) -> None:
    export, scratch = tmp_path / "found.csv", tmp_path / "scratch"
    options = ["--scratch", str(scratch), "--export", str(export), "--purpose", "training", "--format", "json"]
    done = hub(["evaluate", "--suite", str(typed / "suite.yml"), *options])
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    person = told["registers"]["person"]
    assert told["threshold"]["accept"] == 0.9
    assert person["precision"] == 1.0
    assert person["recall"] >= 0.8
    assert person["stock"]["true_pairs"] == person["true_pairs"] == 6
    assert {(pair["feed_l"], pair["feed_r"]) for pair in person["feeds"]} == {("club_members", "library_readers")}
    assert [use["stage"] for use in told["stages"]] == [
        *("ingest", "train", "resolve", "publish"),
        *("stock person", "evaluate"),
    ]
    assert len(export.read_text().splitlines()) == 1 + person["records"]
    assert (scratch / "schemas" / "linkage" / "weights" / "person.json").is_file()


def test_all_mistakes_of_a_suite_are_told_together(broken: Path) -> None:
    suite = broken / "suite.yml"
    text = suite.read_text().replace("members.csv", "nobody.csv").replace("feed: library_readers", "feed: nowhere")
    suite.write_text(text.replace("person: truth/person.csv", "person: truth/person.csv, unit: truth/unit.csv"))
    with pytest.raises(DeclarationError) as failed:
        read_suite(suite)
    told = {problem.key: problem.message for problem in failed.value.problems}
    assert set(told) == {"deliveries.0.file", "deliveries.1.feed", "truth.unit"}
    assert "nowhere is no feed" in told["deliveries.1.feed"]
    assert {problem.file for problem in failed.value.problems} == {suite}


def test_a_mistake_in_a_contract_is_told_with_those_of_the_suite(broken: Path) -> None:
    contract = broken / "schemas" / "feeds" / "clubs" / "club_members.odcs.yml"
    contract.write_text(contract.read_text().replace("standardiser: date", "standardiser: calendar"))
    suite = broken / "suite.yml"
    suite.write_text(suite.read_text().replace("readers.csv", "nobody.csv"))
    with pytest.raises(DeclarationError) as failed:
        read_suite(suite)
    assert {problem.file.name for problem in failed.value.problems} == {"club_members.odcs.yml", "suite.yml"}


@pytest.mark.parametrize(
    ("line", "instead", "key"),
    [
        ("title:", "tilte:", "tilte"),
        ("accept: 0.9", "accept: 1.5", "threshold.accept"),
        ("declared_on: 2026-11-23, ", "", "threshold.declared_on"),
        ("people: synthetic", "people: mixed", "people"),
    ],
)
def test_what_a_suite_does_not_know_is_refused(broken: Path, line: str, instead: str, key: str) -> None:
    suite = broken / "suite.yml"
    suite.write_text(suite.read_text().replace(line, instead))
    with pytest.raises(DeclarationError) as failed:
        read_suite(suite)
    assert key in {problem.key for problem in failed.value.problems}


def test_the_command_tells_them_and_whose_turn_it_is(broken: Path) -> None:
    (broken / "truth" / "person.csv").unlink()
    done = hub(["evaluate", "--suite", str(broken / "suite.yml")])
    assert done.returncode == 2
    assert "truth.person" in done.stderr
    assert hub(["evaluate", "--suite", str(broken / "nothing.yml")]).returncode == 2
    assert "leave --truth out" in hub(["evaluate", "--suite", "x.yml", "--truth", "."]).stderr


@pytest.mark.parametrize("name", SETS)
def test_every_public_suite_is_sound(name: str, tmp_path: Path) -> None:
    if is_there(name):
        assert read_suite(convert(name, tmp_path)).id == name


@pytest.mark.parametrize("name", GOALS)
def test_a_small_public_suite_reaches_its_goal_and_beats_plain_splink(name: str, tmp_path: Path) -> None:
    if not is_there(name):
        assert not os.environ.get("CI"), "CI has the public data"
        return
    done = hub(["evaluate", "--suite", str(convert(name, tmp_path)), "--format", "json"])
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["registers"][SETS[name].register]
    assert figures["f1"] >= GOALS[name]
    assert figures["f1"] > figures["stock"]["f1"]
