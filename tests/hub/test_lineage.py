"""An id that was ever published leads to the entities of now, or to its end; never to a silent nothing."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from hub.errors import UsageError
from hub.formats import Format, as_json, hand_out
from hub.publish import publish_snapshot
from hub.reading.ask import ask
from hub.reading.lineage import lineage
from hub.reading.reader import Reader
from hub.reading.standing import Lineage, Standing, lead
from hub.reading.surroundings import Reach, neighbourhood, path
from hub.settings import read_settings
from hub.sharing.request import Caller
from hub.terminal import console_for_people
from resolution.identity import write_lineage
from schemas.declarations import load_declarations
from schemas.readers.questions import Parameter, ValueType
from stores.home import Home, create_home, open_home
from stores.operational.database import open_operational
from stores.operational.identity import EventKind, GenerationNote, LineageEvent
from stores.snapshots import SnapshotShelf
from stores.warehouse import open_warehouse
from tests.hub.district import at_work
from tests.resolution.test_identity import Register
from tests.trials import trials


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    home = create_home(tmp_path / "home", kind="synthetic")
    with open_warehouse(None) as warehouse, open_operational(home) as operational:
        yield Register(warehouse, operational)


def standing(register: Register, entity: str) -> Standing:
    """Where the id leads after the last run."""
    write_lineage(register.warehouse, register.operational)
    register.warehouse.execute("CREATE OR REPLACE VIEW main.lineage AS FROM resolved.lineage")
    living = "SELECT DISTINCT entity_id FROM resolved.member"
    register.warehouse.execute(f"CREATE OR REPLACE VIEW main.person AS {living}")
    found = Lineage(register.warehouse).standing(entity)
    assert found is not None
    return found


def test_a_chain_of_mergers_leads_to_its_last_survivor(register: Register) -> None:
    register.run({1}, {2, 3}, {4, 5, 6, 7})
    first, last = register.entity(1), register.entity(4)
    register.run({1, 2, 3}, {4, 5, 6, 7})
    register.run({1, 2, 3, 4, 5, 6, 7})
    found = standing(register, first)
    assert (found.lead, found.parts, [each.kind for each in found.ends]) == (last, (), [EventKind.MERGED] * 2)
    assert f"read on as {last}" in " ".join(found.told())


def test_a_split_entity_keeps_its_id_and_names_its_parts(register: Register) -> None:
    register.run({1, 2, 3})
    whole = register.entity(1)
    assert list(standing(register, whole).told()) == []
    register.run({1}, {2, 3})
    assert (standing(register, whole).lead, standing(register, whole).parts) == (whole, (register.entity(1),))


def test_what_was_split_off_the_survivor_since_the_merger_is_named_too(register: Register) -> None:
    register.run({1, 2}, {3, 4, 5})
    gone, survivor = register.entity(1), register.entity(3)
    register.run({1, 2, 3, 4, 5})
    register.run({1, 3, 4, 5}, {2})
    assert standing(register, gone).lead == survivor
    assert standing(register, gone).parts == (register.entity(2),)


def test_a_merged_id_whose_first_record_stands_apart_again_leads_to_itself(register: Register) -> None:
    register.run({1}, {2, 3})
    gone = register.entity(1)
    register.run({1, 2, 3})
    register.run({1}, {2, 3})
    assert (standing(register, gone).lead, list(standing(register, gone).told())) == (gone, [])


def test_an_id_whose_records_are_gone_tells_when_it_ended(register: Register) -> None:
    register.run({1}, {2})
    gone = register.entity(2)
    register.run({1})
    found = standing(register, gone)
    assert (found.lead, found.parts) == (None, ())
    assert "has ended (2026-07-01, run-000002)" in " ".join(found.told())


@pytest.mark.parametrize("seed", range(trials(few=2, full=100)))
def test_every_id_ever_published_leads_somewhere_or_tells_its_end(register: Register, seed: int) -> None:
    chance = Random(seed)
    held: dict[str, set[int]] = {}
    left: set[str] = set()
    for _ in range(10):
        records = [record for record in range(12) if chance.random() < 0.85] or [1]
        chance.shuffle(records)
        clusters: list[set[int]] = []
        while records:
            size = chance.choice([1, 1, 2, 3, 5])
            clusters.append(set(records[:size]))
            records = records[size:]
        register.run(*clusters)
        living = {register.entity(min(cluster)): cluster for cluster in clusters}
        held |= living
        left = {
            entity for entity, last in held.items() if entity in left or not last <= set().union(*clusters)
        } - living.keys()
        for entity in held:
            found = standing(register, entity)
            assert (found.lead == entity) == (entity in living)
            assert {found.lead, *found.parts} - {None} <= living.keys()
            assert found.lead == entity or list(found.told())
            # Whose records were never away since the id was last in force is found by it.
            assert entity in left or found.lead is not None or found.parts


@pytest.fixture(scope="module")
def reader(finished: Home, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A reader of a home in which one person was merged away and another has ended."""
    folder = tmp_path_factory.mktemp("lineage") / "home"
    shutil.copytree(finished.root, folder, symlinks=True)
    home = open_home(folder)
    with at_work(home) as site:
        [(survivor,)] = site.warehouse.rows("SELECT min(entity_id) FROM resolved.person")
        files = site.operational.identity.current("person")
        assert files is not None
        again = site.operational.identity.begin("person")
        for old, new in ((files.members, again.members), (files.entities, again.entities)):
            shutil.copyfile(old, new)
        events = [LineageEvent(EventKind.MERGED, MERGED, survivor), LineageEvent(EventKind.RETIRED, ENDED)]
        site.operational.identity.keep("person", GenerationNote("run-000009"), again, events)
        write_lineage(site.warehouse, site.operational)
        before = SnapshotShelf(home.snapshots).current_name()
        publish_snapshot(site)
        assert SnapshotShelf(home.snapshots).current_name() != before
    return Reader(home, load_declarations(), read_settings(home, {}), Caller("wang"), "training")


MERGED, ENDED, NEVER = "P0000000000000001", "P0000000000000002", "P0000000000000003"


def survivor_of(reader: Reader) -> str:
    with reader.opened() as snapshot, reader.entities(snapshot) as tables:
        found = lead(tables, snapshot, MERGED).entity
    assert found is not None
    return found


def test_the_neighbourhood_of_a_merged_id_is_that_of_its_survivor_and_says_so(reader: Reader) -> None:
    survivor = survivor_of(reader)
    answer = neighbourhood(reader, MERGED, Reach()).answer
    assert answer.table == neighbourhood(reader, survivor, Reach()).answer.table
    assert answer.table.num_rows > 0
    assert [survivor in each and MERGED in each for each in answer.redirects] == [True]
    assert neighbourhood(reader, survivor, Reach()).answer.redirects == ()


def test_the_neighbourhood_of_an_ended_id_is_empty_and_says_when_it_ended(reader: Reader) -> None:
    answer = neighbourhood(reader, ENDED, Reach()).answer
    assert answer.table.num_rows == 0
    assert "has ended (run-000009)" in answer.redirects[0]


def test_a_path_goes_from_the_survivor_and_two_ids_that_became_one_are_told(reader: Reader) -> None:
    survivor = survivor_of(reader)
    rows = neighbourhood(reader, survivor, Reach()).answer.table.to_pylist()
    other = next(row["to_id"] for row in rows if row["from_id"] == survivor and row["to_id"][0] == "H")
    assert path(reader, MERGED, other, Reach(hops=2)).answer.table.num_rows == 1
    one = path(reader, MERGED, survivor, Reach(hops=2)).answer
    assert (one.table.num_rows, "both are" in one.remarks[0], len(one.redirects)) == (0, True, 1)
    assert path(reader, ENDED, other, Reach(hops=2)).answer.redirects


def test_an_id_that_was_never_published_is_refused(reader: Reader) -> None:
    with pytest.raises(UsageError, match="knows no person P0000000000000003 that you may read"):
        neighbourhood(reader, NEVER, Reach())
    with pytest.raises(UsageError, match="knows no person"):
        lineage(reader, NEVER)


def test_a_question_after_an_entity_is_asked_of_its_survivor(reader: Reader) -> None:
    name = "residents_per_town"
    question = reader.declarations.questions[name]
    parameter = Parameter("person", ValueType.TEXT, "whose town", "nobody", None)
    asked = replace(question, parameters=(*question.parameters, parameter))
    about = replace(reader, declarations=replace(reader.declarations, questions={name: asked}))
    assert survivor_of(reader) in ask(about, name, {"person": MERGED}).answer.redirects[0]
    ended = ask(about, name, {"person": ENDED}).answer
    assert (ended.table.num_rows, "has ended" in ended.redirects[0]) == (0, True)


def test_redirects_are_told_in_every_format(reader: Reader, capsys: pytest.CaptureFixture[str]) -> None:
    found = neighbourhood(reader, MERGED, Reach())
    assert json.loads(as_json(found, {}))["redirects"] == list(found.answer.redirects)
    hand_out(found, console_for_people(), format_=Format.CSV, output=None, about={})
    printed = capsys.readouterr()
    assert "read on as" in printed.err
    assert "read on as" not in printed.out
    hand_out(found, console_for_people(), format_=Format.TABLE, output=None, about={})
    assert "read on as" in capsys.readouterr().out


def test_the_lineage_of_an_id_lists_what_happened_to_it(reader: Reader) -> None:
    [row] = lineage(reader, MERGED).answer.table.to_pylist()
    assert (row["kind"], row["entity_id"], row["other_id"]) == ("merged", MERGED, survivor_of(reader))
    assert lineage(reader, survivor_of(reader)).answer.table.to_pylist() == [row]
    assert "lives" in lineage(reader, survivor_of(reader)).answer.redirects[0]
