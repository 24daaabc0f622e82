import os
from pathlib import Path

import pytest

from ingestion.errors import UnrecognisedFileError
from ingestion.ingest import ingest
from ingestion.recognise import find_files, recognise
from ingestion.report import DeliveryReport
from tests.hostile.counter import CSV, PARQUET, contract_of
from tests.ingestion.village import CONTRACT, FULL, Village, csv_text, open_village, row

CONTRACTS = {"people": CONTRACT}
SIDECAR = '{"feed": "people", "mode": "delta", "date": "2026-07-02", "sequence": 3}'
HERE = csv_text(row("1")).encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def told(village: Village, *paths: Path) -> dict[str, DeliveryReport]:
    return {report.file: report for report in ingest(paths, village.context)}


@pytest.mark.parametrize(
    "name",
    ["a'b.csv", 'a"b.csv', "a..csv", "a;DROP TABLE x.csv", "[red]a.csv", "%s.csv", "名 册.csv", "x" * 200 + ".csv"],
)
def test_a_file_of_an_odd_name_is_taken_by_its_sidecar(folder: Path, name: str) -> None:
    with open_village(folder.parent) as village:
        (folder / name).write_bytes(HERE)
        (folder / f"{name}.json").write_text(SIDECAR)

        assert {file: report.state for file, report in told(village, folder).items()} == {name: "applied"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a\nb.csv", r"a\nb.csv"),
        (b"a\x1b[2Jb.csv", r"a\x1b[2Jb.csv"),
        ("a\u202eb.csv".encode(), r"a\u202eb.csv"),
        (b"a\xffb.csv", r"a\udcffb.csv"),
        ("名册".encode("gb18030") + b".csv", r"\udcc3\udcfb\udcb2\udce1.csv"),
    ],
)
def test_a_name_that_cannot_be_shown_is_not_taken_and_told_in_escaped_signs(
    folder: Path, name: bytes, shown: str
) -> None:
    with open_village(folder.parent) as village:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(HERE)
        [report] = ingest([folder], village.context)

    assert (report.state, report.file) == ("unrecognised", shown)
    assert report.note.endswith(f"{shown}: the name holds signs that cannot be printed: rename it")
    assert report.note.encode()


def test_a_name_of_the_greatest_length_is_refused_and_not_a_crash(folder: Path) -> None:
    path = folder / ("x" * 251 + ".csv")
    path.write_bytes(HERE)

    with pytest.raises(UnrecognisedFileError, match="fits no contract's file pattern: rename it"):
        recognise(path, CONTRACTS)


def test_a_link_out_of_the_folder_is_followed_only_when_it_is_named_itself(folder: Path) -> None:
    (folder.parent / "elsewhere.csv").write_bytes(HERE)
    (folder / FULL).symlink_to(folder.parent / "elsewhere.csv")
    with open_village(folder.parent) as village:
        found = told(village, folder)[FULL]
        named = told(village, folder / FULL)[FULL]

    assert found.state == "unrecognised"
    assert "is a link that leads out of the folder and is not followed: name the link itself" in found.note
    assert named.state == "applied"


def test_a_link_within_the_folder_is_followed_and_a_folder_behind_a_link_is_not(folder: Path) -> None:
    (folder / "there").mkdir()
    (folder / "there" / "x.part").write_bytes(HERE)
    (folder / FULL).symlink_to(folder / "there" / "x.part")
    (folder / "again").symlink_to(folder / "there")
    (folder / "round").symlink_to(folder)
    (folder / "gone.csv").symlink_to(folder / "nowhere")
    found = find_files([folder])

    assert found.files == (folder / FULL, folder / "there" / "x.part")
    assert {path.name: problem.partition(":")[0] for path, problem in found.strays.items()} == {
        "again": "is a link to a folder and is not followed",
        "gone.csv": "is a link that leads nowhere",
        "round": "is a link to a folder and is not followed",
    }


def test_what_is_no_ordinary_file_is_told_and_never_opened(folder: Path) -> None:
    os.mkfifo(folder / FULL)
    found = find_files([folder, folder / FULL])

    assert (found.files, list(found.strays)) == ((), [folder / FULL])
    assert "is no ordinary file" in found.strays[folder / FULL]


def test_what_is_hidden_is_left_alone(folder: Path) -> None:
    (folder / ".trash").mkdir()
    (folder / ".trash" / FULL).write_bytes(HERE)
    (folder / f".{FULL}.swp").write_bytes(HERE)

    assert find_files([folder]) == find_files([])


def test_two_feeds_in_one_folder_are_told_apart_by_their_names(folder: Path) -> None:
    with open_village(folder.parent, CONTRACT, contract_of(CSV)) as village:
        (folder / FULL).write_bytes(HERE)
        (folder / "people_csv_full_20260630_0001.csv").write_bytes(HERE)
        feeds = {report.feed: report.state for report in ingest([folder], village.context)}

    assert feeds == {"people": "applied", "people_csv": "applied"}


def test_a_file_of_one_feed_under_the_name_of_another_is_refused(folder: Path) -> None:
    with open_village(folder.parent, CONTRACT, contract_of(PARQUET)) as village:
        name = "people_parquet_full_20260630_0001.parquet"
        (folder / name).write_bytes(HERE)

        assert told(village, folder)[name].state == "refused"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{" * 60_000, "is not valid JSON"),
        (b"[" * 60_000, "is not valid JSON"),
        (b" " * 70_000, "is too large to be a sidecar"),
        (b"\xff\xfe", "is not valid JSON"),
        (b'{"feed": ["people"], "mode": "full", "date": "2026-07-02", "sequence": 1}', "has no contract"),
        (b'{"feed": null, "mode": "full", "date": "2026-07-02", "sequence": 1}', "has no contract"),
        (b'{"feed": "people", "mode": "full", "date": "2026-07-02", "sequence": 1e9}', "expected a whole number"),
        (b'{"feed": "people", "mode": "full", "date": "9999-99-99", "sequence": 1}', "expected YYYY-MM-DD"),
    ],
)
def test_a_sidecar_that_nobody_can_read_is_told(folder: Path, content: bytes, problem: str) -> None:
    (folder / "a.csv").write_bytes(HERE)
    (folder / "a.csv.json").write_bytes(content)

    with pytest.raises(UnrecognisedFileError, match=problem):
        recognise(folder / "a.csv", CONTRACTS)


def test_a_sidecar_alone_is_told_as_such(folder: Path) -> None:
    (folder / f"{FULL}.json").write_text(SIDECAR)
    [found] = find_files([folder]).files

    with pytest.raises(UnrecognisedFileError, match=f"is that of a sidecar, and {FULL} is not there"):
        recognise(found, CONTRACTS)
