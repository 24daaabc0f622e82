"""The shelf of snapshots: whole or absent, switched in one step, damage noticed."""

from datetime import date
from pathlib import Path

import pytest

from stores.durable import file_hash
from stores.snapshots import ENTITIES, Manifest, SnapshotError, SnapshotShelf, TableSummary


def put(shelf: SnapshotShelf, name: str, content: bytes = b"rows") -> None:
    building = shelf.begin(name)
    (building / ENTITIES).write_bytes(content)
    shelf.finish(
        Manifest(
            id=name,
            sequence=shelf.next_sequence(),
            as_of=date(2026, 6, 30),
            models={"person": "1"},
            declarations="d",
            tables={"person": TableSummary(1, "ff")},
            graph={},
            files={ENTITIES: file_hash(building / ENTITIES)},
            engines={},
        )
    )


def test_current_is_the_last_one_put_on_the_shelf(tmp_path: Path) -> None:
    shelf = SnapshotShelf(tmp_path / "snapshots")
    put(shelf, "2026-06-30-bb")
    put(shelf, "2026-06-30-aa")
    with shelf.reading() as snapshot:
        assert snapshot.id == "2026-06-30-aa"
        assert snapshot.manifest.tables["person"] == TableSummary(1, "ff")
        assert snapshot.file(ENTITIES).read_bytes() == b"rows"
    assert shelf.names() == ["2026-06-30-bb", "2026-06-30-aa"]


def test_a_build_that_stops_halfway_leaves_current_in_place(tmp_path: Path) -> None:
    shelf = SnapshotShelf(tmp_path / "snapshots")
    put(shelf, "a")
    (shelf.begin("b") / ENTITIES).write_bytes(b"half")
    assert shelf.current_name() == "a"
    assert shelf.names() == ["a"]
    put(shelf, "b")
    assert [path.name for path in shelf.folder.glob(".*.building")] == []


def test_a_reader_keeps_its_snapshot_while_another_is_published(tmp_path: Path) -> None:
    shelf = SnapshotShelf(tmp_path / "snapshots")
    put(shelf, "a", b"old")
    with shelf.reading() as snapshot:
        for name in ("b", "c", "d"):
            put(shelf, name)
        assert shelf.prune(keep=1) == ["b", "c"]
        assert snapshot.file(ENTITIES).read_bytes() == b"old"
    assert shelf.prune(keep=1) == ["a"]
    assert shelf.names() == ["d"]


def test_pruning_never_takes_the_current_one(tmp_path: Path) -> None:
    shelf = SnapshotShelf(tmp_path / "snapshots")
    for name in ("a", "b", "c"):
        put(shelf, name)
    shelf.switch("a")
    assert shelf.prune(keep=1) == ["b"]
    assert shelf.current_name() == "a"


@pytest.mark.parametrize("content", [b"rowz", b"row", b""])
def test_a_damaged_file_is_noticed_when_it_is_asked_for(tmp_path: Path, content: bytes) -> None:
    shelf = SnapshotShelf(tmp_path / "snapshots")
    put(shelf, "a")
    (shelf.folder / "a" / ENTITIES).write_bytes(content)
    with shelf.reading() as snapshot, pytest.raises(SnapshotError, match="not what was published"):
        snapshot.file(ENTITIES)
    assert not shelf.is_whole("a")


def test_a_damaged_manifest_says_what_to_do(tmp_path: Path) -> None:
    shelf = SnapshotShelf(tmp_path / "snapshots")
    put(shelf, "a")
    (shelf.folder / "a" / "manifest.json").write_text("{")
    with pytest.raises(SnapshotError, match="hub publish"), shelf.reading():
        pass


def test_a_figure_changed_in_a_manifest_is_noticed(tmp_path: Path) -> None:
    shelf = SnapshotShelf(tmp_path / "snapshots")
    put(shelf, "a")
    manifest = shelf.folder / "a" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"as_of": "2026-06-30"', '"as_of": "2026-06-29"'))
    with pytest.raises(SnapshotError, match="its seal differs"), shelf.reading():
        pass


def test_a_snapshot_with_a_damaged_manifest_goes_off_the_shelf(tmp_path: Path) -> None:
    shelf = SnapshotShelf(tmp_path / "snapshots")
    put(shelf, "a")
    put(shelf, "b")
    (shelf.folder / "a" / "manifest.json").unlink()
    assert shelf.prune(keep=3) == ["a"]
    assert [path.name for path in shelf.folder.iterdir() if path.is_dir() and not path.is_symlink()] == ["b"]


def test_an_empty_shelf_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="hub run"), SnapshotShelf(tmp_path / "snapshots").reading():
        pass
