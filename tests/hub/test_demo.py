"""The demonstration: tells the whole story, starts clean, and touches nothing that it did not make."""

import sys
from pathlib import Path

import pytest

from hub.cli import main
from stores.home import create_home
from stores.snapshots import SnapshotShelf

STORY = ["What came in", "What was linked", "Links against truth", "Residence against truth", "Unregistered dwellings"]
STORY += ["One link explained", "Verdict", "Where to go on", "evaluate --truth"]


def demo(monkeypatch: pytest.MonkeyPatch, folder: Path) -> int:
    arguments = ["--persons", "300", "--seed", "11", "--days", "1", "--dir", str(folder)]
    monkeypatch.setattr(sys, "argv", ["hub", "demo", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


def test_the_story_is_told_and_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo(monkeypatch, tmp_path / "demo") == 0
    told = capsys.readouterr().out
    places = [told.index(part) for part in STORY]
    assert places == sorted(places)
    assert max(len(line) for line in told.splitlines() if str(tmp_path) not in line) <= 100
    assert {path.name for path in (tmp_path / "demo").iterdir()} == {"home", "feeds", "truth"}
    first = SnapshotShelf(tmp_path / "demo" / "home" / "snapshots").current_name()
    assert demo(monkeypatch, tmp_path / "demo") == 0
    assert SnapshotShelf(tmp_path / "demo" / "home" / "snapshots").names() == [first]


def test_a_home_of_real_people_is_never_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    create_home(tmp_path / "demo" / "home", kind="real")
    assert demo(monkeypatch, tmp_path / "demo") == 2
    assert "real people" in capsys.readouterr().err
    assert (tmp_path / "demo" / "home" / "home.toml").exists()


def test_a_folder_with_other_files_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.doc").touch()
    assert demo(monkeypatch, tmp_path) == 2
    assert "thesis.doc" in capsys.readouterr().err
