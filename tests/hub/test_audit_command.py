"""`hub audit`: what an auditor types."""

import json
from pathlib import Path

import pytest

from hub.sharing.audit import LOG_NAME, append
from stores.home import Home, create_home
from tests.hub.sharing.audit_log import about, person
from tests.hub.typed import Hub, typing


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Hub:
    return typing(monkeypatch, capsys)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = create_home(tmp_path / "home", kind="synthetic")
    for number in range(3):
        append(made, about(number))
    return made


def test_a_command_leaves_its_records_under_a_checkpoint(hub: Hub, home: Home) -> None:
    asked = ("--home", str(home.root), "audit", "list", "--entity", person(1), "--purpose", "training")
    told = hub(*asked, "--format", "json")
    assert [row["sequence"] for row in json.loads(told.out)["rows"]] == [2]
    assert "4 records, 4 of them under a signed checkpoint" in hub("--home", str(home.root), "audit", "verify").out


def test_a_kept_checkpoint_tells_that_the_log_was_put_back(hub: Hub, home: Home, tmp_path: Path) -> None:
    before = (home.audit / LOG_NAME).read_bytes(), (home.audit / "checkpoint").read_bytes()
    kept = tmp_path / "kept"
    kept.write_text(hub("--home", str(home.root), "audit", "checkpoint").out)
    verify = ("--home", str(home.root), "audit", "verify")
    assert hub(*verify, "--checkpoint", str(kept), "--key", str(home.audit / "audit.vkey")).code == 0
    (home.audit / LOG_NAME).write_bytes(before[0].splitlines(keepends=True)[0])
    (home.audit / "checkpoint").write_bytes(before[1])
    assert hub(*verify).code == 0
    told = hub(*verify, "--checkpoint", str(kept))
    assert (told.code, told.out) == (4, "")
    assert "it has 1 records, 3 were signed" in told.err


def test_the_log_is_not_listed_without_a_purpose(hub: Hub, home: Home) -> None:
    assert hub("--home", str(home.root), "audit", "list").code == 3
