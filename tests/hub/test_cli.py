"""The command line: messages that say what, where and what to do, and exit codes that say whose turn it is."""

import json
from pathlib import Path

import pytest

from hub.cli import with_global_options_first
from hub.sharing.audit import LOG_NAME
from stores.home import create_home
from tests.hub.shelf import home_with_snapshot
from tests.hub.typed import Hub


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


def test_help_names_the_verbs_in_the_order_of_the_flow(hub: Hub) -> None:
    told = hub("--help").out
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
        "demo",
        "serve",
    ]
    places = [told.index(f"│ {verb} ") for verb in verbs]
    assert places == sorted(places)
    assert "Exit codes" in told


def test_no_home_says_how_to_make_one(hub: Hub, tmp_path: Path) -> None:
    done = hub("status", "--home", str(tmp_path / "nowhere"))
    assert done.code == 4
    assert "hub init" in done.err


def test_a_home_is_made_once_and_keeps_its_kind(hub: Hub, tmp_path: Path) -> None:
    place = str(tmp_path / "home")
    assert hub("init", "--home", place, "--kind", "synthetic").code == 0
    assert hub("init", "--home", place, "--kind", "synthetic").code == 0
    done = hub("init", "--home", place, "--kind", "real")
    assert (done.code, "is a synthetic home" in done.err) == (4, True)


def test_nothing_published_says_what_to_run(hub: Hub, home: Path) -> None:
    done = hub("ask", "old_people_alone", "--purpose", "training", "--home", str(home))
    assert done.code == 4
    assert "hub run" in done.err


def test_an_unknown_question_names_what_looks_like_it(hub: Hub, home: Path) -> None:
    done = hub("ask", "old_people_alon", "--purpose", "training", "--home", str(home))
    assert done.code == 2
    assert "old_people_alone" in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ask", "old_people_alone", "--param", "age"], "is not NAME=VALUE"),
        (["explain", "P000017", "household_register:P000017"], "feed:record_key"),
        (["neighbourhood", "wang"], "is not the id of an entity"),
        (["evaluate"], "--truth DIR"),
        (["train"], "--schemas DIR"),
        (["run"], "nothing has come in yet"),
        (["resolve"], "nothing has come in yet"),
        (["publish"], "nothing has come in yet"),
        (["evaluate", "--truth", "nowhere"], "is not a folder with truth files"),
    ],
)
def test_what_cannot_be_understood_is_told_to_who_typed_it(
    hub: Hub, home: Path, arguments: list[str], told: str
) -> None:
    done = hub(*arguments, "--home", str(home))
    assert done.code == 2
    assert told in done.err


def test_a_file_that_no_contract_knows_is_the_department_s_turn(hub: Hub, home: Path, tmp_path: Path) -> None:
    (tmp_path / "holiday.csv").write_text("a,b\n1,2\n")
    done = hub("ingest", str(tmp_path / "holiday.csv"), "--home", str(home))
    assert done.code == 1
    assert "holiday.csv" in done.out


def test_mistakes_in_declarations_are_told_with_file_and_key(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "residence.yml").write_text("evidence: 3\n")
    done = hub("schemas", "check", "--schemas", str(tmp_path))
    assert done.code == 2
    assert "residence.yml" in done.err


def test_a_wrong_setting_is_told_with_its_place(hub: Hub, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_THREADS", "many")
    done = hub("publish", "--home", str(home))
    assert done.code == 2
    assert "HUB_THREADS" in done.err


def test_the_status_tells_the_settings_in_force(hub: Hub, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_MEMORY_LIMIT", "3GB")
    told = hub("status", "--home", str(home)).out
    assert "memory_limit 3GB (HUB_MEMORY_LIMIT)" in told
    assert "keep_snapshots 3 (default)" in told


def test_the_list_of_questions_is_in_both_languages(hub: Hub, home: Path) -> None:
    told = hub("ask", "--list", "--home", str(home)).out
    assert "old_people_alone" in told
    assert "独居老人" in told or "老人" in told


READINGS = [
    ["ask", "old_people_alone"],
    ["explain", "household_register:1", "household_register:2"],
    ["neighbourhood", "P0000000000000001"],
    ["path", "P0000000000000001", "H0000000000000001"],
    ["evaluate", "--export", "export.csv"],
    ["lineage", "P0000000000000001"],
    ["review", "list"],
    ["review", "show", "household_register:1", "household_register:2"],
    ["review", "preview", "household_register:1", "household_register:2", "same"],
    ["review", "decide", "household_register:1", "household_register:2", "same", "--why", "seen", "--yes"],
    ["review", "undo", "household_register:1", "household_register:2", "--why", "seen", "--yes"],
]


REFUSALS = [
    ("synthetic", [], "purpose-named"),
    ("synthetic", ["--purpose", "curiosity"], "purpose-registered"),
    ("real", ["--purpose", "training"], "training-on-made-up-people"),
]


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: " ".join(reading[:2]))
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal[2])
def test_every_reading_is_refused_and_written_down_where_no_rule_permits_it(
    hub: Hub, tmp_path: Path, reading: list[str], refusal: tuple[str, list[str], str]
) -> None:
    kind, purpose, rule = refusal
    home = home_with_snapshot(tmp_path / "home", kind=kind)
    done = hub(*reading, *purpose, "--home", str(home.root))
    assert (done.code, done.out) == (3, "")
    assert rule in done.err
    [line] = (home.audit / LOG_NAME).read_text().splitlines()
    assert (json.loads(line)["outcome"], json.loads(line)["rule"]) == ("refused", rule)
    assert not Path("export.csv").exists()


def test_an_empty_inbox_is_told(hub: Hub, home: Path) -> None:
    done = hub("ingest", "--inbox", "--home", str(home))
    assert (done.code, done.out) == (0, "Nothing waits in the inbox.\n")
