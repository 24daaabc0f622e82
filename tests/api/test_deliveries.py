"""A department hands in its feed over the network, and is told what became of it, and nothing of what it holds."""

import codecs
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.approval import Named, let_through
from stores.operational import read_operational
from tests.api.calling import CANARY, problem_of
from tests.api.handing import FOUR, HEADER, TERMS, Desk, at_desk, digest_of, feed_of, handing_hub, row
from tests.hub.district import at_work

CONTENT = feed_of(*FOUR)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(handing_hub(tmp_path)) as api:
        yield Desk(api)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """For what is refused at once."""
    with at_desk(handing_hub(tmp_path_factory.mktemp("refusing")), largest_delivery=4_096) as api:
        yield Desk(api)


def inbox_of(desk: Desk) -> list[Path]:
    folder = desk.api.hub.home.inbox
    return sorted(folder.iterdir()) if folder.is_dir() else []


def audited(desk: Desk) -> list[dict[str, object]]:
    text = "".join(each.read_text() for each in sorted(desk.api.hub.home.audit.rglob("*.jsonl")))
    return [json.loads(line) for line in text.splitlines()]


def test_what_is_handed_in_is_kept_encrypted_and_taken_in_by_the_next_run(desk: Desk) -> None:
    handed = desk.hand_in(CONTENT, "key-0001", headers={"Content-Digest": digest_of(CONTENT)})
    assert handed.status_code == 202
    receipt = handed.json()["receipt"]
    assert handed.headers["Location"] == f"/v1/deliveries/{receipt}"
    [kept] = inbox_of(desk)
    assert CANARY.encode() not in kept.read_bytes()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert desk.get(f"/{receipt}").json()["state"] == "received"

    [report] = desk.take_in()
    assert report.state == "applied"
    assert inbox_of(desk) == []
    told = desk.get(f"/{receipt}").json()
    assert told["state"] == "taken_in"
    assert told["repeated"] is False
    counts = {"new": 2, "changed": 0, "unchanged": 0, "late": 0, "deleted": 0, "duplicate": 0, "quarantined": 2}
    assert (told["rows"], told["counts"]) == (4, counts)
    assert {(each["fate"], each["rule"], each["rows"], each["first_line"]) for each in told["rules"]} == {
        ("set_aside", "required_missing", 1, 3),
        ("set_aside", "version_unreadable", 1, 4),
        ("doubtful", "unknown_code", 1, 5),
    }


def test_rows_set_aside_are_told_by_line_and_column_and_never_by_value(desk: Desk) -> None:
    receipt = desk.hand_in(CONTENT, "key-0001").json()["receipt"]
    desk.take_in()
    rows = desk.get(f"/{receipt}/rows")
    assert [(each["line"], each["column"], each["rule"]) for each in rows.json()["rows"]] == [
        (3, "姓名", "required_missing"),
        (4, "更新时间", "version_unreadable"),
        (5, "类别", "unknown_code"),
    ]
    assert all(each["reason"] for each in rows.json()["rows"])
    everything = rows.text + desk.get(f"/{receipt}").text + desk.get("", feed="civil_affairs").text
    assert CANARY not in everything
    home = desk.api.hub.home
    written = [*home.audit.rglob("*"), *home.operational.parent.glob("receipts*")]
    assert not any(CANARY.encode() in each.read_bytes() for each in written if each.is_file())


def test_each_handing_in_is_in_the_audit_log_before_the_file_is_kept(desk: Desk) -> None:
    receipt = desk.hand_in(CONTENT, "key-0001").json()["receipt"]
    desk.get(f"/{receipt}")
    handed, read = audited(desk)
    assert (handed["caller"], handed["department"], handed["verb"]) == ("relief", "civil_affairs", "deliver")
    assert handed["parameters"] == {"feed": "civil_affairs", **TERMS, "receipt": receipt}
    assert (read["what"], read["parameters"]) == ("receipt", {"receipt": receipt})


def test_nothing_is_kept_where_the_audit_log_cannot_be_written(desk: Desk) -> None:
    audit = desk.api.hub.home.audit
    moved = audit.rename(audit.with_name("elsewhere"))
    audit.write_text("no folder")
    assert problem_of(desk.hand_in(CONTENT, "key-0001")) == "audit-unavailable"
    assert inbox_of(desk) == []
    audit.unlink()
    moved.rename(audit)
    assert desk.hand_in(CONTENT, "key-0001").status_code == 202


def test_the_same_file_twice_changes_nothing_and_its_receipt_says_so(desk: Desk) -> None:
    first, second = (desk.hand_in(CONTENT, key).json()["receipt"] for key in ("key-0001", "key-0002"))
    desk.take_in()
    third = desk.hand_in(CONTENT, "key-0003").json()["receipt"]
    desk.take_in()
    told = [desk.get(f"/{each}").json() for each in (first, second, third)]
    assert [each["repeated"] for each in told] == [False, True, True]
    assert [each["counts"]["new"] for each in told] == [2, 2, 2]
    listed = desk.get("", feed="civil_affairs").json()["receipts"]
    assert [each["receipt"] for each in listed] == [third, second, first]


def test_the_first_of_two_that_say_to_be_the_same_counts(desk: Desk) -> None:
    first = desk.hand_in(feed_of(row(1)), "key-0001").json()["receipt"]
    second = desk.hand_in(feed_of(row(1), row(2)), "key-0002").json()["receipt"]
    desk.take_in()
    assert desk.get(f"/{first}").json()["rows"] == 1
    told = desk.get(f"/{second}").json()
    assert (told["state"], told["refusal"]["code"]) == ("refused", "other_content")


UNREADABLE = {
    "columns_doubled": b",".join([CANARY.encode()] * 13) + b"\n",
    "columns_missing": feed_of(*FOUR, header=[each for each in HEADER if each not in ("姓名", "操作")]),
    "other_delimiter": CONTENT.replace(b",", b";"),
    "header_not_first": f"{CANARY}\n".encode() + CONTENT.removeprefix(codecs.BOM_UTF8),
    "encoding": CANARY.encode("utf-16"),
    "other_format": b"PK\x03\x04" + bytes(range(256)) * 4,
}


def test_a_refused_file_is_told_why_without_a_value_and_holds_up_no_other(desk: Desk) -> None:
    handed = {
        code: desk.hand_in(content, f"key-{number:04d}", sequence=number).json()["receipt"]
        for number, (code, content) in enumerate(UNREADABLE.items(), start=1)
    }
    good = desk.hand_in(CONTENT, "key-0009", sequence=9).json()["receipt"]
    desk.take_in()
    told = {code: desk.get(f"/{receipt}") for code, receipt in handed.items()}
    assert {each.json()["state"] for each in told.values()} == {"refused"}
    whys = {code: each.json()["refusal"] for code, each in told.items()}
    assert [each["code"] for each in whys.values()] == list(UNREADABLE)
    assert whys["columns_missing"]["columns"] == ["姓名", "操作"]
    assert whys["header_not_first"]["line"] == 2
    assert all(each["told"] and each["told_zh"] for each in whys.values())
    assert not any(CANARY in each.text for each in told.values())
    assert desk.get(f"/{good}").json()["state"] == "taken_in"


def test_a_refused_file_may_be_handed_in_again_corrected_under_its_number(desk: Desk) -> None:
    refused = desk.hand_in(UNREADABLE["encoding"], "key-0001").json()["receipt"]
    corrected = desk.hand_in(CONTENT, "key-0002").json()["receipt"]
    desk.take_in()
    assert [desk.get(f"/{each}").json()["state"] for each in (refused, corrected)] == ["refused", "taken_in"]
    assert desk.get(f"/{refused}").json()["refusal"]["code"] == "encoding"


def test_a_dump_that_is_too_short_waits_for_a_person_whose_word_the_receipt_then_tells(desk: Desk) -> None:
    desk.hand_in(feed_of(*(row(each) for each in range(20))), "key-0001")
    desk.take_in()
    short = desk.hand_in(feed_of(row(1)), "key-0002", sequence=2).json()["receipt"]
    # Approving what was named on disk lets nothing of the inbox through.
    desk.take_in(approve=True)
    told = desk.get(f"/{short}").json()
    assert (told["state"], told["rows"]) == ("waiting_for_a_person", 1)
    assert (told["waiting"]["held"], told["waiting"]["expected"]) == (20, 18)
    with at_work(desk.api.hub.home) as site:
        let_through(Named((), ()), site)
    told = desk.get(f"/{short}").json()
    assert (told["state"], told["ended"]) == ("taken_in", 19)
    assert "waiting" not in told


def test_a_copy_in_the_inbox_that_was_altered_is_refused_and_the_others_come_in(desk: Desk) -> None:
    bad = desk.hand_in(CONTENT, "key-0001").json()["receipt"]
    good = desk.hand_in(CONTENT, "key-0002", sequence=2).json()["receipt"]
    file = desk.api.hub.home.inbox / f"{bad}.sealed"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    desk.take_in()
    assert desk.get(f"/{bad}").json()["refusal"]["code"] == "lost_copy"
    assert desk.get(f"/{good}").json()["state"] == "taken_in"


def test_a_write_that_is_sent_again_is_done_once(desk: Desk) -> None:
    first = desk.hand_in(CONTENT, "key-0001")
    again = desk.hand_in(CONTENT, "key-0001")
    assert (again.json(), again.headers["Location"]) == (first.json(), first.headers["Location"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert problem_of(desk.hand_in(CONTENT + b"\n", "key-0001")) == "key-used-otherwise"
    assert problem_of(desk.hand_in(CONTENT, "key-0001", sequence=2)) == "key-used-otherwise"
    assert len(inbox_of(desk)) == 1


def test_a_write_that_was_cut_off_after_it_was_kept_is_found_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("stores.operational.idempotency.Idempotency.finish", cut_off)
        assert desk.hand_in(CONTENT, "key-0001").status_code == 503
    again = desk.hand_in(CONTENT, "key-0001")
    [listed] = desk.get("", feed="civil_affairs").json()["receipts"]
    assert (again.status_code, again.json()["receipt"]) == (202, listed["receipt"])
    assert len(inbox_of(desk)) == 1


def test_another_departments_feed_is_as_one_that_does_not_exist(shared: Desk) -> None:
    handed = [shared.hand_in(CONTENT, "key-0001", feed=each) for each in ("school_roll", "no_such_feed")]
    listed = [shared.get("", feed=each) for each in ("school_roll", "no_such_feed")]
    for answers in (handed, listed):
        assert [problem_of(each) for each in answers] == ["not-there"] * 2
        one, other = ({**each.json(), "request_id": ""} for each in answers)
        assert one == other
    assert inbox_of(shared) == []
    assert [each["outcome"] for each in audited(shared)][-4:] == ["absent"] * 4
    assert "no_such_feed" not in json.dumps(audited(shared))


def test_another_departments_receipt_is_as_one_that_does_not_exist(desk: Desk) -> None:
    receipt = desk.hand_in(CONTENT, "key-0001").json()["receipt"]
    for path in ("", "/rows"):
        others = [desk.get(f"/{each}{path}", "education") for each in (receipt, "0" * 32)]
        assert [problem_of(each) for each in others] == ["not-there"] * 2
        one, other = ({**each.json(), "request_id": ""} for each in others)
        assert one == other


def test_a_program_with_duties_in_one_town_hands_in_the_whole_feed(desk: Desk) -> None:
    receipt = desk.hand_in(CONTENT, "key-0001", name="relief_town").json()["receipt"]
    desk.take_in()
    assert desk.get(f"/{receipt}", "relief_town").json() == desk.get(f"/{receipt}").json()
    assert len(desk.get(f"/{receipt}/rows", "relief_town").json()["rows"]) == 3


def test_only_the_purpose_of_handing_in_and_only_a_departments_system_may(shared: Desk) -> None:
    for purpose in ("training", "school_enrolment"):
        refused = shared.hand_in(CONTENT, "key-0001", headers={"Hub-Purpose": purpose})
        assert (problem_of(refused), refused.json()["rule"]) == ("refused", "purpose-declared")
    analyst = shared.hand_in(CONTENT, "key-0001", name="wang", feed="housing_register")
    assert (problem_of(analyst), analyst.json()["rule"]) == ("refused", "reader-of-the-purpose")
    assert inbox_of(shared) == []


@pytest.mark.parametrize(
    ("terms", "place"),
    [
        ({"mode": "half"}, "#/query/mode"),
        ({"date": "2026-02-30"}, "#/query/date"),
        ({"date": "20260630"}, "#/query/date"),
        ({"date": "2199-01-01"}, "#/query/date"),
        ({"sequence": "0"}, "#/query/sequence"),
        ({"sequence": "9999999999"}, "#/query/sequence"),
        ({"holder": "x"}, "#/query/*"),
        ({"headers": {"Idempotency-Key": "short"}}, "#/header/Idempotency-Key"),
        ({"headers": {"Content-Digest": "sha-256"}}, "#/header/Content-Digest"),
        ({"headers": {"Content-Digest": digest_of(b"other")}}, "#/header/Content-Digest"),
        ({"headers": {"Content-Digest": "md5=:AAAA:"}}, "#/header/Content-Digest"),
        ({"headers": {"Digest": "SHA-256=AAAA"}}, "#/header/Digest"),
    ],
)
def test_what_does_not_fit_is_told_by_place_and_kept_nowhere(shared: Desk, terms: dict[str, str], place: str) -> None:
    answer = shared.hand_in(CONTENT, "key-0001", **terms)
    assert problem_of(answer) == "invalid-input"
    assert place in [each["place"] for each in answer.json()["misfits"]]
    assert inbox_of(shared) == []


def test_an_empty_file_a_too_large_one_and_one_of_another_kind_are_refused(shared: Desk) -> None:
    assert shared.hand_in(b"", "key-0001").json()["misfits"] == [{"place": "#/body", "rule": "empty"}]
    assert problem_of(shared.hand_in(b"x" * 5_000, "key-0001")) == "too-large"
    assert problem_of(shared.hand_in(iter([b"x" * 1_000] * 5), "key-0001")) == "too-large"
    for headers in ({"Content-Type": "application/json"}, {"Content-Encoding": "gzip"}):
        assert problem_of(shared.hand_in(CONTENT, "key-0001", headers=headers)) == "wrong-media-type"
    assert inbox_of(shared) == []


@pytest.mark.parametrize("feed", ["..%2F..%2Fetc", "%2e%2e", "a" * 65, "x%00y", "民政", CANARY + "%0a"])
def test_a_hostile_feed_in_the_address_reaches_no_file_and_is_not_repeated(shared: Desk, feed: str) -> None:
    answer = shared.hand_in(CONTENT, "key-0001", feed=feed)
    assert problem_of(answer) in ("invalid-input", "no-such-address", "not-there")
    assert feed not in answer.text
    assert inbox_of(shared) == []


def test_lists_and_rows_come_in_pages_whose_cursors_are_good_for_nothing_else(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.deliveries.ROWS_A_PAGE", 2)
    made = [desk.hand_in(CONTENT, f"key-000{each}", sequence=each).json()["receipt"] for each in (1, 2, 3)]
    desk.take_in()
    first = desk.get("", feed="civil_affairs", limit=2).json()
    rest = desk.get("", feed="civil_affairs", limit=2, cursor=first["next"]).json()
    assert [each["receipt"] for page in (first, rest) for each in page["receipts"]] == made[::-1]
    assert rest.get("next") is None
    lines = desk.get(f"/{made[0]}/rows").json()
    more = desk.get(f"/{made[0]}/rows", cursor=lines["next"]).json()
    assert [len(each["rows"]) for each in (lines, more)] == [2, 1]
    for path, params in ((f"/{made[1]}/rows", {}), (f"/{made[0]}/rows", {"name": "education"})):
        assert problem_of(desk.get(path, cursor=lines["next"], **params)) == "invalid-cursor"
    assert problem_of(desk.get("", feed="civil_affairs", cursor=lines["next"])) == "invalid-cursor"


def test_a_receipt_is_forgotten_when_its_purpose_keeps_it_no_longer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = desk.hand_in(CONTENT, "key-0001").json()["receipt"]
    desk.take_in()
    monkeypatch.setattr("hub.receipts.kept_days", lambda _: -1)
    desk.take_in()
    assert problem_of(desk.get(f"/{receipt}")) == "not-there"
    with read_operational(desk.api.hub.home) as operational:
        assert len(operational.ledger.all()) == 1


def test_uploads_that_broke_off_are_swept_away_in_time(desk: Desk) -> None:
    waiting = desk.hand_in(CONTENT, "key-0001").json()["receipt"]
    folder = desk.api.hub.home.inbox
    fresh, old, orphan = folder / "a.part", folder / "b.part", folder / "c.sealed"
    for each in (fresh, old, orphan):
        each.write_bytes(b"x")
    for each in (old, orphan, folder / f"{waiting}.sealed"):
        os.utime(each, (0, 0))
    with at_work(desk.api.hub.home) as site:
        let_through(Named((), ()), site)
    assert {each.name for each in inbox_of(desk)} == {fresh.name, f"{waiting}.sealed"}
