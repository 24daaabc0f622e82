"""Disputes from end to end: marked at once, decided by another person, and corrected for as long as they must be."""

import csv
import io
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub import pipeline
from hub.disputes import decide, hand_in, withdraw
from hub.errors import AccessDenied, NothingThereError, UsageError
from hub.reading.claims import Claim
from hub.reading.disputed import DisputeMarks
from hub.reading.disputes import list_corrections, list_disputes, show_dispute
from hub.reading.reader import Reader
from hub.reading.rulings import Verdict
from hub.settings import read_settings
from hub.sharing.audit import LOG_NAME, verify
from hub.sharing.request import Caller
from hub.stages import bring_in
from schemas.declarations import load_declarations
from stores.errors import HomeBusyError
from stores.home import Home, open_home
from stores.lock import held
from stores.operational import read_operational
from stores.operational.disputes import DisputeError, DisputeKind, DisputeState
from stores.operational.live import LiveDisputes
from tests.hub.district import at_work
from tests.hub.typed import Hub

FEED, DEPARTMENT = "residence_registration", "population_office"
RIGHT = "1961-03-04"
Row = dict[str, object]


def reading(home: Home, who: str, purpose: str = "training") -> Reader:
    return Reader(home, load_declarations(), read_settings(home, {}), Caller(who), purpose)


def rows(home: Home, sql: str) -> list[tuple[object, ...]]:
    """What the current snapshot holds."""
    reader = reading(home, "test")
    with reader.opened() as snapshot, reader.entities(snapshot) as tables:
        return tables.rows(sql)


def one(home: Home, sql: str) -> tuple[str, ...]:
    return tuple(str(each) for each in rows(home, f"{sql} LIMIT 1")[0])


def marked(home: Home, *entities: str) -> Mapping[str, set[tuple[str, str | None, bool]]]:
    """Kind, field and whether it was upheld of the marks of these entities."""
    reader, live = reading(home, "test"), LiveDisputes(home)
    with reader.opened() as snapshot:
        found = DisputeMarks(live).disputed(snapshot.id, lambda: reader.entities(snapshot), entities)
    return {name: {(each.kind.value, each.field, each.is_upheld) for each in marks} for name, marks in found.items()}


def birth_dates(home: Home, entity: str) -> tuple[object, ...]:
    """That of the person's golden record, those of its records that were corrected, and how many were."""
    [golden] = rows(home, f"SELECT birth_date::VARCHAR FROM person WHERE entity_id = '{entity}'")
    corrected = rows(
        home,
        f"""SELECT DISTINCT birth_date::VARCHAR FROM person_record JOIN member USING (record_id)
            WHERE entity_id = '{entity}' AND corrected LIKE 'birth_date %'""",
    )
    return (*golden, corrected)


def entity_of(home: Home, record: str) -> str:
    feed, key = record.split(":")
    found = f"""SELECT entity_id FROM member JOIN person_record USING (record_id)
                WHERE register = 'person' AND feed = '{feed}' AND record_key = '{key}'"""
    return one(home, found)[0]


def delivered(district: Path, folder: Path, key: str, day: int, **changed: str) -> Path:
    """A delta with the row of this key as it came in the full dump, in a new version."""
    [full] = (district / "feeds" / FEED).glob("*_full_*.csv")
    told = list(csv.DictReader(io.StringIO(full.read_text(encoding="utf-8-sig"))))
    [row] = [each for each in told if each["登记编号"] == key]
    row |= {"更新时间": f"2026-07-{day:02d} 08:00:00", "操作": "变更", **changed}
    text = io.StringIO()
    writer = csv.DictWriter(text, row, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerow(row)
    path = folder / f"{FEED}_delta_202607{day:02d}_0001.csv"
    path.write_text(text.getvalue(), encoding="utf-8-sig")
    return path


@dataclass(frozen=True)
class Story:
    """A home in which three things are disputed, upheld, and in force after one run and a second delivery."""

    home: Home
    person: str
    wrong: str
    key: str
    left: str
    left_from: str
    two: tuple[str, str]
    marks: list[Mapping[str, set[tuple[str, str | None, bool]]]]
    seen: list[tuple[object, ...]]


@pytest.fixture(scope="module")
def story(finished: Home, district: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("disputes")
    shutil.copytree(finished.root, folder / "home", symlinks=True)
    home = open_home(folder / "home")
    person, wrong, key = one(
        home,
        f"""SELECT entity_id, p.birth_date::VARCHAR, any_value(record_key) FILTER (feed = '{FEED}')
            FROM person p JOIN member USING (entity_id) JOIN person_record r USING (record_id)
            WHERE r.birth_date = p.birth_date GROUP BY ALL
            HAVING count(*) > 1 AND count(*) FILTER (feed = '{FEED}' AND ended_on IS NULL) = 1 ORDER BY entity_id""",
    )
    left_from, left = one(
        home,
        f"""SELECT entity_id, min(feed || ':' || record_key)
            FROM member JOIN person_record USING (record_id) WHERE register = 'person' AND entity_id <> '{person}'
            GROUP BY entity_id HAVING count(*) > 3 ORDER BY entity_id""",
    )
    two = tuple(
        str(each)
        for (each,) in rows(
            home,
            f"""SELECT entity_id FROM person WHERE entity_id NOT IN ('{person}', '{left_from}') AND name IS NOT NULL
                AND n_records > 1 QUALIFY row_number() OVER (PARTITION BY name) = 1 ORDER BY entity_id DESC LIMIT 2""",
        )
    )
    wang, li = reading(home, "wang"), reading(home, "li")
    fact = hand_in(wang, Claim(DisputeKind.FACT, person, "my card", proposed=RIGHT, field="birth_date"))
    apart = hand_in(wang, Claim(DisputeKind.APART, left_from, "not me", record=left))
    together = hand_in(wang, Claim(DisputeKind.ONE, two[0], "all me", other=two[1]))
    entities = (person, left_from, *two)
    marks = [marked(home, *entities)]
    decide(li, Verdict(fact.dispute_id, True, "seen the card", right=RIGHT))
    decide(li, Verdict(apart.dispute_id, True, "seen both"))
    decide(li, Verdict(together.dispute_id, True, "seen both"))
    marks.append(marked(home, *entities))
    with at_work(home) as site:
        pipeline.run([], site)
    marks.append(marked(home, *entities))
    seen = [birth_dates(home, person)]
    with at_work(home) as site:
        pipeline.run([delivered(district, folder, key, 2, 联系电话="13817202020")], site)
    seen.append(birth_dates(home, person))
    return Story(home, person, wrong, key, left, left_from, (two[0], two[1]), marks, seen)


def test_what_is_disputed_is_marked_at_once_and_until_a_run_has_settled_it(story: Story) -> None:
    for is_upheld, marks in enumerate(story.marks[:2]):
        assert marks == {
            story.person: {("fact", "birth_date", bool(is_upheld))},
            story.left_from: {("apart", None, bool(is_upheld))},
            **{each: {("one", None, bool(is_upheld))} for each in story.two},
        }
    assert story.marks[2] == {}


def test_a_corrected_value_stays_when_the_same_wrong_record_comes_again(story: Story) -> None:
    assert story.wrong != RIGHT
    assert story.seen == [(RIGHT, [(RIGHT,)])] * 2
    with at_work(story.home) as site:
        raw = f"SELECT DISTINCT \"出生日期\" FROM raw.{FEED} WHERE row_key = '{story.key}'"
        assert [str(each).replace("/", "-") for (each,) in site.warehouse.rows(raw)] == [story.wrong]


def test_a_record_that_left_its_entity_stays_out_and_two_that_are_one_stay_one(story: Story) -> None:
    assert entity_of(story.home, story.left) != story.left_from
    assert rows(story.home, f"SELECT 1 FROM person WHERE entity_id = '{story.left_from}'") == [(1,)]
    living = rows(story.home, f"SELECT entity_id FROM person WHERE entity_id IN {story.two}")
    assert len(living) == 1


def test_a_correction_rests_when_the_department_says_something_else_and_comes_back(
    story: Story, district: Path, tmp_path: Path
) -> None:
    shutil.copytree(story.home.root, tmp_path / "home", symlinks=True)
    home = open_home(tmp_path / "home")
    for day, said, state in ((3, RIGHT, "superseded"), (4, story.wrong, "applied")):
        with at_work(home) as site:
            bring_in([delivered(district, tmp_path, story.key, day, 出生日期=said)], site)
            stands = f"SELECT birth_date::VARCHAR FROM standard.person_record WHERE record_key = '{story.key}'"
            assert site.warehouse.rows(stands) == [(RIGHT,)]
        told = list_corrections(reading(home, "li"), DEPARTMENT).answer.table.to_pylist()
        own = [each for each in told if each["record_key"] == story.key]
        assert (own[-1]["state"], own[-1]["right"], own[-1]["field"]) == (state, RIGHT, "birth_date")
    assert [each["state"] for each in own] == ["decided", "applied", "superseded", "applied"]
    later = list_corrections(reading(home, "li"), DEPARTMENT, after=int(own[1]["position"])).answer.table
    assert [each["state"] for each in later.to_pylist()] == ["superseded", "applied"]


def test_a_later_dispute_can_give_the_value_as_delivered_back(story: Story, tmp_path: Path) -> None:
    shutil.copytree(story.home.root, tmp_path / "home", symlinks=True)
    home = open_home(tmp_path / "home")
    again = hand_in(reading(home, "zhao"), Claim(DisputeKind.FACT, story.person, "was right", field="birth_date"))
    decide(reading(home, "li"), Verdict(again.dispute_id, True, "card was false", right=story.wrong))
    with at_work(home) as site:
        pipeline.run([], site)
    assert birth_dates(home, story.person) == (story.wrong, [])
    with read_operational(home) as operational:
        assert operational.corrections.in_force() == []


def test_what_the_snapshot_shows_may_have_been_ended_since(story: Story, tmp_path: Path) -> None:
    shutil.copytree(story.home.root, tmp_path / "home", symlinks=True)
    home = open_home(tmp_path / "home")
    with read_operational(home) as operational:
        before = {each.record_id: each.wrong_value for each in operational.corrections.in_force()}
    for right in (story.wrong, "1970-01-01", "1970-01-02"):
        claim = Claim(DisputeKind.FACT, story.person, "once more", field="birth_date")
        decide(reading(home, "li"), Verdict(hand_in(reading(home, "zhao"), claim).dispute_id, True, "so", right=right))
    with read_operational(home) as operational:
        after = operational.corrections.in_force()
    assert {each.record_id: each.wrong_value for each in after} == before
    assert {each.right for each in after} == {"1970-01-02"}


@pytest.fixture
def home(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A copy of the home that may be changed."""
    shutil.copytree(story.home.root, tmp_path / "home", symlinks=True)
    monkeypatch.setenv("HUB_PURPOSE", "training")
    monkeypatch.setenv("LOGNAME", "wang")
    return open_home(tmp_path / "home")


def test_nobody_decides_their_own_and_only_who_disputed_withdraws(story: Story, home: Home) -> None:
    made = hand_in(reading(home, "wang"), Claim(DisputeKind.FACT, story.person, "no", field="name"))
    with pytest.raises(DisputeError, match="your own"):
        decide(reading(home, "wang"), Verdict(made.dispute_id, True, "so"))
    with pytest.raises(NothingThereError, match="no such dispute"):
        withdraw(reading(home, "li"), made.dispute_id, "so")
    assert withdraw(reading(home, "wang"), made.dispute_id, "mistaken").state is DisputeState.WITHDRAWN
    assert marked(home, story.person) == {}


def test_a_rejected_dispute_changes_nothing(story: Story, home: Home) -> None:
    made = hand_in(reading(home, "wang"), Claim(DisputeKind.FACT, story.person, "no", field="name"))
    assert decide(reading(home, "li"), Verdict(made.dispute_id, False, "it is so")).state is DisputeState.REJECTED
    with at_work(home) as site:
        assert pipeline.run([], site).publication is None


def test_marks_follow_an_id_that_was_merged_into_another(story: Story, home: Home) -> None:
    living = {str(each) for (each,) in rows(home, f"SELECT entity_id FROM person WHERE entity_id IN {story.two}")}
    [ended] = set(story.two) - living
    hand_in(reading(home, "wang"), Claim(DisputeKind.FACT, ended, "no", field="name"))
    assert marked(home, *living) == {next(iter(living)): {("fact", "name", False)}}


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ({"field": "shoe_size"}, "has no field shoe_size"),
        ({"field": "surname"}, "read out of name"),
        ({"field": "occupation"}, "no value to dispute"),
        ({"field": "name", "record": "household_register:none"}, "not there"),
        ({}, "names field"),
        ({"field": "name", "other": "P0000000000000000"}, "nothing more or less"),
        ({"field": "name", "entity": "P0000000000000000"}, "not there"),
        ({"kind": DisputeKind.ONE, "other": "H0000000000000000"}, "cannot be one"),
    ],
)
def test_what_is_not_there_cannot_be_disputed(story: Story, claim: dict[str, str], told: str) -> None:
    whole = {"kind": DisputeKind.FACT, "entity": story.person, "why": "no", **claim}
    with pytest.raises(UsageError, match=told):
        hand_in(reading(story.home, "wang"), Claim(**whole))  # type: ignore[arg-type]


def test_a_right_value_that_cannot_be_read_or_changes_nothing_is_refused_without_repeating_it(
    story: Story, home: Home
) -> None:
    made = hand_in(reading(home, "wang"), Claim(DisputeKind.FACT, story.person, "no", field="birth_date"))
    for right, told in (("the 40th of May", "cannot be read as birth_date"), (RIGHT, "says already")):
        with pytest.raises(UsageError, match=told) as refused:
            decide(reading(home, "li"), Verdict(made.dispute_id, True, "so", right=right))
        assert right not in str(refused.value)
    with read_operational(home) as operational:
        assert operational.disputes.get(made.dispute_id).state is DisputeState.OPEN


def test_without_a_purpose_nothing_is_read_or_kept(story: Story, home: Home) -> None:
    with read_operational(home) as operational:
        existing = operational.disputes.all()[0].dispute_id
    with pytest.raises(AccessDenied):
        hand_in(reading(home, "wang", ""), Claim(DisputeKind.FACT, story.person, "no", field="name"))
    with pytest.raises(AccessDenied):
        decide(reading(home, "li", "curiosity"), Verdict(existing, True, "so"))
    for read in (lambda reader: list_disputes(reader, []), lambda reader: show_dispute(reader, existing)):
        with pytest.raises(AccessDenied):
            read(reading(home, "li", ""))
    with read_operational(home) as operational:
        assert len(operational.disputes.all()) == 3


def test_the_audit_log_holds_ids_and_no_values(story: Story) -> None:
    verify(story.home.audit)
    text = (story.home.audit / LOG_NAME).read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    steps = [each["what"] for each in lines if each["verb"] in ("dispute", "review")]
    assert steps[:6] == ["fact", "apart", "one", *["decide:upheld"] * 3]
    for said in (RIGHT, "my card", "seen the card", story.left):
        assert said not in text


def test_while_a_run_writes_a_dispute_is_marked_and_nobody_decides_it(
    story: Story, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.disputes.PATIENCE", 0.2)
    with held(home, "run"):
        made = hand_in(reading(home, "wang"), Claim(DisputeKind.FACT, story.person, "no", field="name"))
        assert marked(home, story.person) == {story.person: {("fact", "name", False)}}
        assert made.dispute_id in list_disputes(reading(home, "li"), []).answer.table["dispute"].to_pylist()
        with pytest.raises(HomeBusyError, match="hub run"):
            decide(reading(home, "li"), Verdict(made.dispute_id, False, "so"))
    assert decide(reading(home, "li"), Verdict(made.dispute_id, False, "so")).state is DisputeState.REJECTED
    assert marked(home, story.person) == {}


def test_the_commands_do_all_of_it(hub: Hub, story: Story, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(*words: str) -> str:
        done = hub("--home", str(home.root), "dispute", *words)
        assert done.code == 0, done.err
        return done.out

    fact = ("fact", story.person, "name", "--why", "我的姓名有误", "--proposed", "李莉", "--key", "k1")
    told = typed(*fact)
    number = told.split()[1]
    assert told == typed(*fact) == f"Dispute {number} is open.\n"
    shown = {each["part"]: each["what"] for each in json.loads(typed("show", number, "--format", "json"))["rows"]}
    assert (shown["why"], shown["proposed"], shown["state"], "name now" in shown) == (
        "我的姓名有误",
        "李莉",
        "open",
        True,
    )
    refused = hub("--home", str(home.root), "dispute", "decide", number, "upheld", "--why", "so")
    assert (refused.code, "somebody else decides it" in refused.err) == (2, True)
    monkeypatch.setenv("LOGNAME", "li")
    assert "takes effect in the next run" in typed("decide", number, "成立", "--why", "so", "--right", "李莉")
    listed = json.loads(typed("list", "--state", "upheld", "--format", "json"))["rows"]
    assert (len(listed), listed[-1]["dispute"]) == (4, number)
    rows = json.loads(typed("corrections", "--department", DEPARTMENT, "--format", "json"))["rows"]
    assert ("name", "李莉", "decided") in {(each["field"], each["right"], each["state"]) for each in rows}
