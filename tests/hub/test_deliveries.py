"""What the command line says of deliveries: what came in, what waits and how it is let through, what is missing."""

import csv
import json
import re
from pathlib import Path

import pytest

from schemas.declarations import load_declarations
from stores.home import create_home
from tests.hub.typed import Hub

CONTRACT = load_declarations().contracts["civil_affairs"]
FULL, SHORT = "civil_affairs_full_20260630_0001.csv", "civil_affairs_full_20260707_0001.csv"


@pytest.fixture
def home(tmp_path: Path) -> str:
    return str(create_home(tmp_path / "home", kind="synthetic").root)


def put(folder: Path, name: str, count: int, at: str = "2026-06-01 10:00:00") -> str:
    """A file of the feed with this many rows."""
    path = folder / "inbox" / name
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        lines = csv.DictWriter(file, [column.name for column in CONTRACT.columns], restval="")
        lines.writeheader()
        for number in range(count):
            row = {"对象编号": f"M{number}", "姓名": "王小明", "类别": "低保", "状态": "在册", "更新时间": at}
            lines.writerow(row)
    return str(path)


def test_ingest_says_of_each_delivery_what_became_of_it(hub: Hub, home: str, tmp_path: Path) -> None:
    done = hub("ingest", put(tmp_path, FULL, 3), "--home", home)

    assert done.code == 0
    assert "civil_affairs full 2026-06-30 no. 1" in done.out
    assert "3 new" in done.out
    again = hub("ingest", str(tmp_path / "inbox" / FULL), "--home", home)
    assert (again.code, "1 deliveries had come before: nothing changed for them" in again.out) == (0, True)


def test_ingest_says_why_rows_were_set_aside_or_are_doubted_and_where_the_first_one_stands(
    hub: Hub, home: str, tmp_path: Path
) -> None:
    path = Path(put(tmp_path, FULL, 4))
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    lines[2] = lines[2].replace("王小明", "")
    lines[3] = lines[3].replace("低保", "什么")
    path.write_text("\n".join(lines), encoding="utf-8")
    done = hub("ingest", str(path), "--home", home)

    assert re.search(r"set aside 隔离 +a column that must be filled is empty +no\. 1 line 3 +1", done.out)
    assert re.search(r"doubtful 存疑 +a code that the contract does not list.* +no\. 1 line 4 +1", done.out)


def test_a_short_dump_waits_and_is_let_through_by_its_number(hub: Hub, home: str, tmp_path: Path) -> None:
    hub("ingest", put(tmp_path, FULL, 10), "--home", home)
    waits = hub("ingest", put(tmp_path, SHORT, 2), "--home", home)
    assert (waits.code, "waiting" in waits.out) == (1, True)

    told = hub("status", "--home", home).out
    assert (
        f"waits no. 2, civil_affairs full of 2026-07-07 no. 1 ({SHORT}): 2 rows came, 10 are held and at least" in told
    )
    assert "`hub ingest --approve 2` lets it through" in told

    done = hub("ingest", "--approve", "2", "--home", home)
    assert done.code == 0
    assert "2 unchanged, 8 that it no longer carries ended" in done.out
    assert "waits no." not in hub("status", "--home", home).out


@pytest.mark.parametrize("named", [["--approve"], ["--approve", SHORT], ["--approve", "{folder}"]])
def test_what_waits_is_let_through_by_its_file_its_folder_or_all_together(
    hub: Hub, home: str, tmp_path: Path, named: list[str]
) -> None:
    hub("ingest", put(tmp_path, FULL, 10), "--home", home)
    hub("ingest", put(tmp_path, SHORT, 2), "--home", home)
    done = hub("ingest", *[each.format(folder=tmp_path / "inbox") for each in named], "--home", home)

    assert done.code == 0
    assert "8 that it no longer carries ended" in done.out


def test_approval_of_what_does_not_wait_approves_nothing_and_says_what_waits(
    hub: Hub, home: str, tmp_path: Path
) -> None:
    hub("ingest", put(tmp_path, FULL, 10), "--home", home)
    assert "No delivery waits for approval." in hub("ingest", "--approve", "--home", home).out
    hub("ingest", put(tmp_path, SHORT, 2), "--home", home)
    done = hub("ingest", "--approve", "2", "7", "--home", home)

    assert done.code == 2
    assert f"no delivery waits as 7: nothing was approved. Waiting: 2 ({SHORT})" in done.err
    [waiting] = json.loads(hub("status", "--format", "json", "--home", home).out)["waiting"]
    assert (waiting["delivery_id"], waiting["outcome"]["rows"], waiting["outcome"]["expected"]) == (2, 2, 9)


def test_run_lets_a_waiting_dump_through_on_its_way(hub: Hub, home: str, tmp_path: Path) -> None:
    hub("ingest", put(tmp_path, FULL, 10), "--home", home)
    assert hub("ingest", put(tmp_path, SHORT, 2), "--home", home).code == 1
    done = hub("run", "--approve", "2", "--home", home)

    assert done.code == 0
    assert "8 that it no longer carries ended" in done.out


def test_a_gap_is_told_as_the_next_delivery_comes_and_in_the_status(hub: Hub, home: str, tmp_path: Path) -> None:
    hub("ingest", put(tmp_path, FULL, 3), "--home", home)
    behind = put(tmp_path, "civil_affairs_delta_20260703_0001.csv", 1, "2026-07-03 10:00:00")
    done = hub("ingest", behind, "--home", home)

    assert done.code == 0
    assert "nothing came for 2026-07-01 to" in done.out
    assert "missing civil_affairs: nothing came for 2026-07-01 to 2026-07-02" in hub("status", "--home", home).out


def test_a_refused_delivery_says_what_to_do_and_leaves_its_mark_on_the_exit_code(
    hub: Hub, home: str, tmp_path: Path
) -> None:
    (tmp_path / FULL).write_text("姓名\n王小明\n", encoding="utf-8")
    done = hub("ingest", str(tmp_path / FULL), "--home", home)

    assert (done.code, "refused" in done.out) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["ingest"], "name the delivered files"), (["ingest", "nowhere"], "nowhere: no such file or folder")],
)
def test_paths_that_are_missing_are_told_to_who_typed_them(
    hub: Hub, home: str, arguments: list[str], told: str
) -> None:
    done = hub(*arguments, "--home", home)
    assert (done.code, told in done.err) == (2, True)
