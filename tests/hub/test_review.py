"""Clerical review from end to end: the queue, the records, what a decision would change, who decides and why."""

import csv
import io
import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from hub.clerical import is_reviewed_twice
from hub.reading.reader import Reader
from hub.reading.review_queue import QueueFilter, queue
from hub.settings import read_settings
from hub.sharing.audit import LOG_NAME, verify
from hub.sharing.request import Caller
from schemas.declarations import load_declarations
from stores.home import Home, open_home
from stores.operational import read_operational
from stores.operational.decisions import Decision, DecisionKind
from tests.hub.typed import Done, Hub

Row = dict[str, object]


@pytest.fixture
def home(finished: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with a published snapshot, in which every judgement is in force at once."""
    shutil.copytree(finished.root, tmp_path / "home", symlinks=True)
    monkeypatch.setenv("HUB_PURPOSE", "training")
    monkeypatch.setenv("HUB_DOUBLE_REVIEW_SHARE", "0")
    monkeypatch.setenv("LOGNAME", "wang")
    return open_home(tmp_path / "home")


def asked(home: Home, who: str = "wang", **wanted: object) -> list[Row]:
    """The queue as this steward sees it."""
    reader = Reader(home, load_declarations(), read_settings(home, {}), Caller(who), "training")
    rows: list[Row] = queue(reader, QueueFilter(**wanted)).answer.table.to_pylist()  # type: ignore[arg-type]
    return rows


def pair_of(row: Row) -> tuple[str, str]:
    return str(row["left"]), str(row["right"])


def decisions(home: Home, register: str = "person") -> list[tuple[str, str, str]]:
    with read_operational(home) as operational:
        rows = operational.decisions(register).to_pylist()
    return [(row["kind"], row["who"], row["why"]) for row in rows]


def typed(hub: Hub, home: Home, *words: str) -> Done:
    return hub("--home", str(home.root), "review", *words)


def test_the_queue_is_ordered_by_what_a_review_is_worth(home: Home) -> None:
    rows = asked(home)
    values = [float(str(row["value"])) for row in rows]
    assert len(rows) > 3
    assert values == sorted(values, reverse=True)
    for row in rows:
        chance = row["probability"] if row["reason"] == "score" else 0.5
        smaller = min(int(str(row["left_records"])), int(str(row["right_records"])))
        assert row["value"] == pytest.approx(float(str(chance)) * smaller)
    assert len({frozenset((row["left_id"], row["right_id"])) for row in rows}) == len(rows)


def test_the_queue_can_be_narrowed(home: Home) -> None:
    rows = asked(home)
    reason = str(rows[0]["reason"])
    assert asked(home, reason=reason) == [row for row in rows if row["reason"] == reason]
    register = str(rows[0]["register"])
    assert asked(home, register=register) == [row for row in rows if row["register"] == register]
    assert asked(home, limit=2) == rows[:2]
    towns = {town.code: asked(home, town=town.code) for town in load_declarations().gazetteer.towns}
    assert all(row in rows for part in towns.values() for row in part)
    assert any(part and len(part) < len(rows) for part in towns.values())


def test_a_decision_shows_what_it_changes_and_then_changes_it(hub: Hub, home: Home) -> None:
    row = asked(home, register="person")[0]
    left, right = pair_of(row)
    asked_first = typed(hub, home, "decide", left, right, "same", "--why", "同一电话")
    assert (asked_first.code, "nothing was kept" in asked_first.err, decisions(home)) == (2, True, [])
    before = json.loads(typed(hub, home, "preview", left, right, "same", "--format", "json").out)
    changes = {each["change"] for each in before["rows"]}
    assert "records go over" in changes
    assert typed(hub, home, "decide", left, right, "same", "--why", "同一电话", "--yes").code == 0
    assert decisions(home) == [("must_link", "wang", "同一电话")]
    assert pair_of(row) not in map(pair_of, asked(home))
    ran = hub("--home", str(home.root), "run")
    assert (ran.code, "ids changed" in ran.out) == (0, True)
    moved = next(each for each in before["rows"] if each["change"] == "records go over")
    [ended] = [each["entity_id"] for each in before["rows"] if each["change"] == "id ends"] or [None]
    if ended is not None:
        told = hub("--home", str(home.root), "lineage", ended)
        assert f"was merged into {moved['other_id']}" in " ".join(told.out.split())


def test_an_undone_decision_is_asked_again(hub: Hub, home: Home) -> None:
    row = asked(home)[0]
    register = str(row["register"])
    typed(hub, home, "decide", *pair_of(row), "different", "--why", "two people", "--yes")
    assert len(decisions(home, register)) == 1
    assert typed(hub, home, "undo", *pair_of(row), "--yes").code == 2
    assert typed(hub, home, "undo", *pair_of(row), "--why", "wrong line", "--yes").code == 0
    assert decisions(home, register) == []
    assert asked(home)[0] == row


def test_a_pair_judged_twice_is_blind_to_the_second_and_open_to_the_third(
    hub: Hub, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_DOUBLE_REVIEW_SHARE", "1")
    row = asked(home)[0]
    first = typed(hub, home, "decide", *pair_of(row), "same", "--why", "one", "--yes")
    assert "awaits a second steward" in first.out
    assert pair_of(row) not in map(pair_of, asked(home, "wang"))
    assert asked(home, "li")[0] == row
    monkeypatch.setenv("LOGNAME", "li")
    assert "wang" not in typed(hub, home, "show", *pair_of(row)).out
    second = typed(hub, home, "decide", *pair_of(row), "different", "--why", "two", "--yes")
    assert "two stewards disagree" in second.out
    assert decisions(home, str(row["register"])) == []
    assert pair_of(row) not in map(pair_of, asked(home, "li"))
    [open_again] = [each for each in asked(home, "zhao") if pair_of(each) == pair_of(row)]
    assert "disagree" in str(open_again["standing"])
    monkeypatch.setenv("LOGNAME", "zhao")
    assert "wang: same" in typed(hub, home, "show", *pair_of(row)).out
    assert "in force" in typed(hub, home, "decide", *pair_of(row), "same", "--why", "file", "--yes").out
    found = json.loads(typed(hub, home, "agreement", "--format", "json").out)[-1]
    assert (found["pairs"], found["agreed"], found["adjudicated"], found["kappa"]) == (1, 0, 1, 0.0)
    assert "kappa" in typed(hub, home, "agreement").out


def test_a_steward_s_question_about_a_settled_link_reaches_the_second(
    hub: Hub, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_DOUBLE_REVIEW_SHARE", "1")
    reader = Reader(home, load_declarations(), read_settings(home, {}), Caller("wang"), "training")
    with reader.opened() as snapshot, reader.entities(snapshot) as tables:
        [pair] = tables.rows(
            """SELECT l.feed || ':' || l.record_key, r.feed || ':' || r.record_key FROM link
               JOIN person_record l ON l.record_id = record_l JOIN person_record r ON r.record_id = record_r
               WHERE register = 'person' AND status = 'accepted' AND origin = 'model'
               ORDER BY match_weight LIMIT 1"""
        )
    assert typed(hub, home, "decide", *pair, "different", "--why", "seen", "--yes").code == 0
    assert set(pair) in [{row["left"], row["right"]} for row in asked(home, "li", reason="steward")]


def test_the_share_judged_twice_is_about_the_declared_one_and_the_same_for_whoever_asks(home: Home) -> None:
    kinds = DecisionKind.MUST_LINK, DecisionKind.CANNOT_LINK
    pairs = [Decision("person", n, n + 1, kinds[n % 2], "w", datetime(2026, 7, 1), "y") for n in range(2000)]
    twice = [is_reviewed_twice(home, each, 0.1) for each in pairs]
    assert 140 < sum(twice) < 260
    swapped = [Decision("person", n + 1, n, kinds[0], "li", datetime(2026, 7, 2), "z") for n in range(2000)]
    assert [is_reviewed_twice(home, each, 0.1) for each in swapped] == twice
    assert not any(is_reviewed_twice(home, each, 0) for each in pairs)
    assert all(is_reviewed_twice(home, each, 1) for each in pairs)


def test_a_worksheet_goes_out_and_comes_back(hub: Hub, home: Home, tmp_path: Path) -> None:
    listed = typed(hub, home, "list", "--format", "csv", "--register", "person").out
    rows = list(csv.DictReader(io.StringIO(listed)))
    rows[0] |= {"decision": "不同", "why": "两个人"}
    rows[1] |= {"decision": "different", "why": "two people"}
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    (tmp_path / "sheet.csv").write_bytes(sheet.getvalue().encode("gb18030"))
    assert typed(hub, home, "decide", "--file", str(tmp_path / "sheet.csv"), "--yes").code == 0
    assert sorted(decisions(home)) == [("cannot_link", "wang", "two people"), ("cannot_link", "wang", "两个人")]


def test_all_mistakes_of_a_worksheet_are_told_with_their_lines_and_nothing_is_kept(
    hub: Hub, home: Home, tmp_path: Path
) -> None:
    (left, right), (other, _) = map(pair_of, asked(home, register="person")[:2])
    lines = [
        "left,right,decision,why",
        f"{left},{right},same,seen",
        f"{left},{right},perhaps,seen",
        f"{right},{left},different,seen",
        f"{left},{other},same,",
        f"{left},nobody:1,same,seen",
        f"{left},{left},same,seen",
        f"{left},,same,seen",
        f"{left},{right},,",
    ]
    (tmp_path / "sheet.csv").write_text("\n".join(lines), encoding="utf-8")
    done = typed(hub, home, "decide", "--file", str(tmp_path / "sheet.csv"), "--yes")
    assert (done.code, decisions(home)) == (2, [])
    told = {line: part for line in range(2, 10) for part in done.err.splitlines() if f"line {line}: " in part}
    assert sorted(told) == [3, 4, 5, 6, 7, 8]
    for line, what in {3: "is no decision", 4: "decided twice", 5: "no reason", 6: "holds no record nobody:1"}.items():
        assert what in told[line]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"left,right\n", "lacks the columns decision, why"),
        (b"left,right,decision,why\na:1,b:2,,\n", "decides nothing"),
        (b"\xff\xfe\x00", "neither UTF-8 nor GB18030"),
    ],
)
def test_a_file_that_is_no_worksheet_is_told(hub: Hub, home: Home, tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "sheet.csv").write_bytes(content)
    done = typed(hub, home, "decide", "--file", str(tmp_path / "sheet.csv"), "--yes")
    assert (done.code, told in done.err) == (2, True)


def test_the_records_stand_side_by_side_with_the_waterfall(hub: Hub, home: Home) -> None:
    left, right = pair_of(asked(home, register="person")[0])
    shown = json.loads(typed(hub, home, "show", left, right, "--format", "json").out)
    assert {"entity_id", "feed", "name"} <= {row["field"] for row in shown["rows"]}
    assert shown["waterfall"][-1]["comparison"] == "(sum)"


def test_every_step_of_a_review_leaves_its_audit_line_before_anything_is_kept(hub: Hub, home: Home) -> None:
    left, right = pair_of(asked(home)[0])
    typed(hub, home, "decide", left, right, "same", "--why", "seen", "--yes")
    verify(home.audit)
    lines = [json.loads(line) for line in (home.audit / LOG_NAME).read_text().splitlines()]
    steps = [(line["verb"], line["what"]) for line in lines if line["verb"] == "review"]
    assert steps == [("review", what) for what in ("queue", "check", "preview", "decide")]
    assert left not in (home.audit / LOG_NAME).read_text()
