"""The command line: messages that say what, where and what to do, and exit codes that say whose turn it is."""

import subprocess
import sys
from pathlib import Path

import pytest

from hub.cli import with_global_options_first
from stores.home import create_home


def hub(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from hub.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return create_home(tmp_path / "home", kind="synthetic").root


def test_global_options_may_stand_anywhere() -> None:
    typed = ["ask", "x", "--home", "h", "--format", "csv", "--schemas=s", "--", "--home"]
    assert with_global_options_first(typed) == [
        "--home",
        "h",
        "--schemas=s",
        "ask",
        "x",
        "--format",
        "csv",
        "--",
        "--home",
    ]


def test_help_names_the_verbs_in_the_order_of_the_flow() -> None:
    told = hub("--help").stdout
    verbs = [
        "init",
        "synthesize",
        "ingest",
        "train",
        "resolve",
        "publish",
        "run",
        "status",
        "evaluate",
        "explain",
        "ask",
    ]
    places = [told.index(f"│ {verb} ") for verb in verbs]
    assert places == sorted(places)
    assert "Exit codes" in told


def test_no_home_says_how_to_make_one(tmp_path: Path) -> None:
    done = hub("status", "--home", str(tmp_path / "nowhere"))
    assert done.returncode == 4
    assert "hub init" in done.stderr


def test_a_home_is_made_once_and_keeps_its_kind(tmp_path: Path) -> None:
    place = str(tmp_path / "home")
    assert hub("init", "--home", place, "--kind", "synthetic").returncode == 0
    assert hub("init", "--home", place, "--kind", "synthetic").returncode == 0
    done = hub("init", "--home", place, "--kind", "real")
    assert (done.returncode, "is a synthetic home" in done.stderr) == (4, True)


def test_nothing_published_says_what_to_run(home: Path) -> None:
    done = hub("ask", "old_people_alone", "--purpose", "training", "--home", str(home))
    assert done.returncode == 4
    assert "hub run" in done.stderr


def test_an_unknown_question_names_what_looks_like_it(home: Path) -> None:
    done = hub("ask", "old_people_alon", "--purpose", "training", "--home", str(home))
    assert done.returncode == 2
    assert "old_people_alone" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ask", "old_people_alone", "--param", "age"], "is not NAME=VALUE"),
        (["explain", "P000017", "household_register:P000017"], "feed:record_key"),
        (["neighbourhood", "wang"], "is not the id of an entity"),
        (["evaluate"], "--truth DIR"),
        (["train"], "--schemas DIR"),
    ],
)
def test_what_cannot_be_understood_is_told_to_who_typed_it(home: Path, arguments: list[str], told: str) -> None:
    done = (
        hub(*arguments, "--purpose", "training", "--home", str(home))
        if arguments != ["train"]
        else hub("train", "--home", str(home))
    )
    assert done.returncode == 2
    assert told in done.stderr


def test_a_file_that_no_contract_knows_is_the_department_s_turn(home: Path, tmp_path: Path) -> None:
    (tmp_path / "holiday.csv").write_text("a,b\n1,2\n")
    done = hub("ingest", str(tmp_path / "holiday.csv"), "--home", str(home))
    assert done.returncode == 1
    assert "holiday.csv" in done.stdout


def test_mistakes_in_declarations_are_told_with_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "residence.yml").write_text("evidence: 3\n")
    done = hub("schemas", "check", "--schemas", str(tmp_path))
    assert done.returncode == 2
    assert "residence.yml" in done.stderr


def test_a_wrong_setting_is_told_with_its_place(home: Path) -> None:
    done = hub("publish", "--home", str(home), HUB_THREADS="many")
    assert done.returncode == 2
    assert "HUB_THREADS" in done.stderr


def test_the_list_of_questions_is_in_both_languages(home: Path) -> None:
    told = hub("ask", "--list", "--home", str(home)).stdout
    assert "old_people_alone" in told
    assert "独居老人" in told or "老人" in told
