"""The whole run: nothing new is nothing new, and a kill at any point changes nothing of the result."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hub import pipeline
from hub.errors import HubError
from hub.stages import link, put_on_shelf, take_up
from stores.home import Home, create_home, open_home
from stores.snapshots import ENTITIES, Manifest, SnapshotError, SnapshotShelf, read_manifest
from tests.hub.district import at_work, first_day, kill_at

STAGES = [("ingest:", 5), ("standardise:", 4), ("resolve: 2/6", 1), ("resolve: 5/6", 1), ("publish: 1/7", 1)]
POINTS = [("ingest:", 1), ("ingest:", 9), ("standardise:", 9), ("resolve: 0/6", 1), ("resolve: 3/6", 1)]
POINTS += [(f"publish: {step}/7", 1) for step in (0, 2, 3, 4, 5, 6)]


def current(home: Home) -> Manifest:
    with SnapshotShelf(home.snapshots).reading() as snapshot:
        return snapshot.manifest


def content(manifest: Manifest) -> Manifest:
    """What must be equal: not how often something was published, nor the bytes of the files."""
    return replace(manifest, sequence=0, files={})


@pytest.fixture
def copy(finished: Home, tmp_path: Path) -> Home:
    shutil.copytree(finished.root, tmp_path / "home", symlinks=True)
    return open_home(tmp_path / "home")


def test_a_snapshot_holds_every_table_and_the_graph(finished: Home) -> None:
    manifest = current(finished)
    assert manifest.as_of.isoformat() == "2026-07-01"
    assert {"person", "house", "unit", "person_record", "fact", "link", "finding", "run"} <= set(manifest.tables)
    assert manifest.graph["Person"].rows == manifest.tables["person"].rows > 200
    assert manifest.id.startswith("2026-07-01-")


def test_a_run_with_nothing_new_publishes_nothing(copy: Home, district: Path) -> None:
    before = current(copy)
    with at_work(copy) as site:
        report = pipeline.run([district / "feeds"], site)
    assert report.publication is None
    assert {each.state for each in report.deliveries} == {"repeated"}
    assert current(copy) == before


def test_resolving_and_publishing_again_gives_the_same_snapshot(copy: Home) -> None:
    before = current(copy)
    with at_work(copy) as site:
        link(site, take_up(site).run_id)
        publication = put_on_shelf(site, take_up(site))
    assert not publication.is_new
    assert current(copy) == before


@pytest.mark.parametrize(("line", "seen"), STAGES)
def test_a_kill_in_any_stage_and_a_rerun_give_the_snapshot_of_an_undisturbed_run(
    finished: Home, district: Path, tmp_path: Path, line: str, seen: int
) -> None:
    home = create_home(tmp_path / "home", kind="synthetic")
    kill_at(home, district / "feeds", line, seen=seen)
    assert SnapshotShelf(home.snapshots).names() == []
    with at_work(home) as site:
        pipeline.run([district / "feeds"], site)
    assert content(current(home)) == content(current(finished))


def test_a_run_killed_again_and_again_gives_the_same_snapshot(finished: Home, district: Path, tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", kind="synthetic")
    for line, seen in POINTS:
        kill_at(home, district / "feeds", line, seen=seen)
    with at_work(home) as site:
        pipeline.run([], site)
    assert content(current(home)) == content(current(finished))
    assert [path.name for path in home.snapshots.glob(".*")] == []


def test_a_build_that_fails_leaves_the_current_snapshot(district: Path, tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", kind="synthetic")
    with at_work(home) as site:
        first = pipeline.run(first_day(district / "feeds"), site).publication
    with at_work(home, HUB_GRAPH_BUFFER_POOL="1KB") as site, pytest.raises(HubError):
        pipeline.run([district / "feeds"], site)
    assert first is not None
    assert current(home).id == first.id
    with at_work(home) as site:
        second = pipeline.run([], site).publication
    assert second is not None
    assert SnapshotShelf(home.snapshots).names() == [first.id, second.id]


def test_a_damaged_snapshot_is_noticed_and_built_anew(copy: Home, finished: Home) -> None:
    file = copy.snapshots / "current" / ENTITIES
    spoiled = bytearray(file.read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    file.write_bytes(spoiled)
    with SnapshotShelf(copy.snapshots).reading() as snapshot, pytest.raises(SnapshotError, match="hub publish"):
        snapshot.file(ENTITIES)
    with at_work(copy) as site:
        publication = pipeline.run([], site).publication
    assert publication is not None
    assert publication.is_new
    assert content(read_manifest(copy.snapshots / "current")) == content(current(finished))
