"""Readings of a published district: right, cut to one snapshot, and each with its line in the audit log."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hub.errors import AccessDenied, NothingThereError, UsageError
from hub.reading.ask import ask
from hub.reading.evaluation import export, figures
from hub.reading.explain import explain, telling_pair
from hub.reading.growth import explain_entity
from hub.reading.match import match
from hub.reading.reader import Reader
from hub.reading.surroundings import Reach, neighbourhood, path
from hub.settings import read_settings
from hub.sharing.audit import LOG_NAME, verify
from hub.sharing.request import Caller
from resolution.errors import QueryError
from schemas.declarations import load_declarations
from schemas.readers.purposes import Role, Verb
from stores.home import Home, open_home
from stores.record_ids import record_id
from stores.snapshots import SnapshotShelf


@pytest.fixture(scope="module")
def reader(finished: Home, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    folder = tmp_path_factory.mktemp("readings") / "home"
    shutil.copytree(finished.root, folder, symlinks=True)
    home = open_home(folder)
    return Reader(home, load_declarations(), read_settings(home, {}), Caller("wang"), "training")


def last_line(reader: Reader) -> dict[str, object]:
    verify(reader.home.audit)
    line: dict[str, object] = json.loads((reader.home.audit / LOG_NAME).read_text().splitlines()[-1])
    return line


def test_every_question_is_answered_with_its_columns(reader: Reader) -> None:
    for question in reader.declarations.questions.values():
        answer = ask(reader, question.id, {}).answer
        assert answer.table.column_names == [each.name for each in question.columns]
    assert ask(reader, "residents_per_town", {}).answer.table.num_rows > 0


def test_findings_say_what_the_graph_would_say(reader: Reader) -> None:
    found = ask(reader, "unregistered_dwellings", {})
    asked = ask(reader, "unregistered_dwellings", {"limit": "999999"})
    assert found.answer.table.num_rows > 0
    assert found.answer.table == asked.answer.table


def test_an_answer_as_of_another_date_may_differ(reader: Reader) -> None:
    with reader.opened() as snapshot:
        day = snapshot.manifest.as_of
    today = ask(reader, "separated_residents", {}).answer.table
    past = ask(reader, "separated_residents", {}, as_of=day - timedelta(days=1000)).answer.table
    assert past.num_rows < today.num_rows
    assert last_line(reader)["parameters"] == {"as_of": (day - timedelta(days=1000)).isoformat()}


def test_a_parameter_that_does_not_fit_is_refused(reader: Reader) -> None:
    with pytest.raises(UsageError, match="is no integer"):
        ask(reader, "unregistered_dwellings", {"limit": "many"})


def test_each_reading_leaves_its_line(reader: Reader) -> None:
    disclosure = ask(reader, "old_people_alone", {})
    line = last_line(reader)
    assert (line["verb"], line["what"], line["caller"]) == ("ask", "old_people_alone", "wang")
    assert (line["sequence"], line["snapshot"]) == (disclosure.audit_sequence, disclosure.snapshot)
    assert line["rows"] == disclosure.answer.table.num_rows


def test_the_neighbourhood_of_a_dwelling_names_who_is_tied_to_it(reader: Reader) -> None:
    house = ask(reader, "unregistered_dwellings", {}).answer.table["house_id"][0].as_py()
    rows = neighbourhood(reader, house, Reach()).answer.table.to_pylist()
    assert {row["relationship"] for row in rows} >= {"EVIDENCE_AT"}
    assert all(house in (row["from_id"], row["to_id"]) for row in rows)
    assert last_line(reader)["what"] == "House"


def test_a_path_leads_from_one_to_the_other(reader: Reader) -> None:
    house = ask(reader, "unregistered_dwellings", {}).answer.table["house_id"][0].as_py()
    person = next(
        row["from_id"]
        for row in neighbourhood(reader, house, Reach()).answer.table.to_pylist()
        if row["relationship"] == "EVIDENCE_AT" and row["from_id"].startswith("P")
    )
    rows = path(reader, person, house, Reach(hops=3)).answer.table.to_pylist()
    assert len(rows) == 1
    assert {rows[0]["from_id"], rows[0]["to_id"]} == {person, house}


def test_an_entity_that_the_snapshot_does_not_know_is_told(reader: Reader) -> None:
    with pytest.raises(UsageError, match="knows no person"):
        neighbourhood(reader, "P0000000000000000", Reach())
    with pytest.raises(UsageError, match="knows no house"):
        path(reader, "H0000000000000000", "H0000000000000001", Reach())


def test_a_link_is_explained_by_weights_that_add_up(reader: Reader) -> None:
    [pair] = telling_pair(reader).answer.table.to_pylist()
    answer = explain(reader, pair["left"], pair["right"]).answer
    weights = answer.table["weight"].to_pylist()
    assert sum(weights[:-1]) == pytest.approx(weights[-1], abs=1e-9)
    assert "the same entity" in answer.remarks[0]
    line = last_line(reader)
    assert line["parameters"] == {side: str(record_id(*pair[side].split(":", 1))) for side in ("left", "right")}
    exported = {
        f"{row['feed']}:{row['record_key']}": row["entity_id"] for row in export(reader).answer.table.to_pylist()
    }
    assert exported[pair["left"]] in line["entities"]  # type: ignore[operator]


def test_a_record_that_is_not_there_is_told(reader: Reader) -> None:
    with pytest.raises(NothingThereError, match="holds no record household_register:nobody"):
        explain(reader, "household_register:nobody", "household_register:nobody")


def test_the_export_holds_every_record_once(reader: Reader) -> None:
    rows = export(reader).answer.table
    with reader.opened() as snapshot:
        records = sum(snapshot.manifest.tables[f"{name}_record"].rows for name in ("person", "house", "unit"))
    assert rows.column_names == ["feed", "record_key", "entity_id"]
    assert rows.num_rows == records
    assert rows.group_by(["feed", "record_key"]).aggregate([]).num_rows == records


def test_figures_cover_registers_residence_and_questions(reader: Reader, district: Path) -> None:
    found = figures(reader, district / "truth").as_json()
    assert set(found) == {"registers", "residence", "households", "questions"}
    assert found["households"]["entities_with_two_valid_numbers"] == 0
    assert found["households"]["pairs_together"] > 100
    for register in ("person", "house", "unit"):
        assert {"precision", "recall", "recall_of_decidable", "f1"} <= set(found["registers"][register])
        assert found["registers"][register]["precision"] > 0.9
    assert found["residence"]["accuracy"] > 0.8
    assert {"unregistered_dwellings", "overcrowded_dwellings"} <= set(found["questions"])


def test_an_entity_s_growth_names_its_records_and_says_why_in_two_languages(reader: Reader) -> None:
    with SnapshotShelf(reader.home.snapshots).reading() as snapshot, reader.entities(snapshot) as tables:
        [(entity, _)] = tables.rows("""
            SELECT entity_id, count(*) FROM member JOIN link ON record_l = record_id AND link.register = member.register
            WHERE link.status = 'cut' AND member.register = 'person'
            GROUP BY entity_id ORDER BY count(*) DESC, entity_id LIMIT 1
        """)
    found = explain_entity(reader, entity).answer
    rows = found.table.to_pylist()
    [cut, *_] = [row for row in rows if row["link"] == "cut"]
    assert cut["entity"] != entity and cut["in words"].startswith("cut in cluster repair: ")
    assert cut["说明"].startswith("簇修复时拆开：")
    joined = [row["records"] for row in rows if row["step"]]
    assert found.remarks[0].startswith(f"{joined[-1]} records; ")
    assert last_line(reader)["parameters"] == {"entity": entity}
    with pytest.raises(UsageError, match="official division"):
        explain_entity(reader, "310114001001")


def test_every_record_with_a_checked_number_is_matched_to_its_own_entity(reader: Reader) -> None:
    with SnapshotShelf(reader.home.snapshots).reading() as snapshot, reader.entities(snapshot) as tables:
        rows = tables.rows("""
            SELECT record.name, id_number, entity_id FROM person_record record JOIN member USING (record_id)
            WHERE member.register = 'person' AND id_valid ORDER BY record_id LIMIT 100
        """)
    for name, number, entity in rows:
        found = match(reader, "person", {"name": name, "id_number": number}).answer.table.to_pylist()
        assert entity in [row["entity_id"] for row in found if row["grade"] in ("certain", "probable")]
    assert last_line(reader)["parameters"] == {"fields": "id_number,name"}


def test_a_match_says_why_and_gives_away_nobody_s_values(reader: Reader) -> None:
    with SnapshotShelf(reader.home.snapshots).reading() as snapshot, reader.entities(snapshot) as tables:
        [(name, born, address, number, entity)] = tables.rows("""
            SELECT person.name, birth_date, house.address, id_number, member.entity_id FROM person_record person
            JOIN member USING (record_id) JOIN fact ON subject_id = person.record_id AND kind = 'residence_registration'
            JOIN house_record house ON house.record_id = object_id
            WHERE member.register = 'person' AND id_valid AND precision = 'room' ORDER BY person.record_id LIMIT 1
        """)
    given = {"name": name, "birth_date": born.isoformat(), "house.address": address}
    [best, *_] = match(reader, "person", given).answer.table.to_pylist()
    assert (best["entity_id"], best["grade"]) == (entity, "probable")
    assert "出生日期相同" in best["说明"] and "the same dwelling and name" in best["in words"]
    assert number not in str(best) and name not in str(best)
    assert match(reader, "house", {"address": address}).answer.table["grade"].to_pylist() == ["certain"]


def test_what_cannot_be_looked_up_is_told_by_field(reader: Reader) -> None:
    with pytest.raises(QueryError, match="a person is not looked up by nam; it has name, sex"):
        match(reader, "person", {"nam": "王伟", "birth_date": "1990-01-01"})
    with pytest.raises(QueryError, match="birth_date cannot be read"):
        match(reader, "person", {"birth_date": "someday"})
    notes = match(reader, "person", {"name": "王伟", "birth_date": "someday"}).answer.notes
    assert notes[-1].endswith(": birth_date.")
    with pytest.raises(QueryError, match="house says nothing about a house"):
        match(reader, "house", {"house.address": "曹安路1号"})


def reading_as(reader: Reader, role: Role, department: str, purpose: str, *areas: str) -> Reader:
    caller = Caller("li", department, frozenset({role}), frozenset(areas or {"district"}))
    return Reader(reader.home, reader.declarations, reader.settings, caller, purpose)


def test_every_question_is_asked_for_its_own_purposes_and_no_other(reader: Reader) -> None:
    for purpose in reader.declarations.purposes.values():
        if purpose.reach is None or Verb.ASK not in purpose.reach.verbs:
            continue
        department, role = sorted(purpose.reach.readers)[0]
        asker = reading_as(reader, role, department, purpose.code)
        for question in reader.declarations.questions.values():
            if purpose.code in question.purposes:
                assert ask(asker, question.id, {}).answer.table.num_columns > 1
            else:
                with pytest.raises(AccessDenied):
                    ask(asker, question.id, {})


def test_an_inspector_of_a_town_gets_the_rows_of_that_town(reader: Reader) -> None:
    whole = ask(reader, "separated_residents", {}).answer.table
    with reader.opened() as snapshot, reader.entities(snapshot) as tables:
        codes = dict(tables.rows("SELECT entity_id, community_code FROM house"))
    placed = [(row["person_id"], codes.get(row["house_id"]) or "") for row in whole.to_pylist()]
    town = max((code[:9] for _, code in placed if code), key=[code[:9] for _, code in placed].count)
    inspector = reading_as(reader, Role.INSPECTOR, "town_teams", "residence_check", town)
    found = ask(inspector, "separated_residents", {}).answer.table
    assert sorted(found["person_id"].to_pylist()) == sorted(person for person, code in placed if code.startswith(town))
    assert 0 < found.num_rows < whole.num_rows


def test_what_lies_elsewhere_is_told_as_what_is_nowhere(reader: Reader) -> None:
    with reader.opened() as snapshot, reader.entities(snapshot) as tables:
        [(house, code)] = tables.rows("SELECT entity_id, community_code FROM house WHERE community_code <> '' LIMIT 1")
    other = next(each.code for each in reader.declarations.gazetteer.towns if not code.startswith(each.code))
    inspector = reading_as(reader, Role.INSPECTOR, "town_teams", "residence_check", other)
    told = []
    for named in (house, "H0000000000000000"):
        with pytest.raises(NothingThereError) as absent:
            neighbourhood(inspector, named, Reach())
        told.append(str(absent.value).replace(named, "ID"))
    assert told[0] == told[1]
    within = reading_as(reader, Role.INSPECTOR, "town_teams", "residence_check", code[:9])
    assert all(
        house in (row["from_id"], row["to_id"])
        for row in neighbourhood(within, house, Reach()).answer.table.to_pylist()
    )


def test_names_are_in_no_answer_about_dwellings(reader: Reader) -> None:
    with reader.opened() as snapshot, reader.entities(snapshot) as tables:
        names = {name for (name,) in tables.rows("SELECT DISTINCT name FROM person WHERE length(name) > 2")}
    asker = reading_as(reader, Role.INSPECTOR, "housing", "dwelling_safety")
    for question in reader.declarations.questions.values():
        if "dwelling_safety" in question.purposes:
            found = ask(asker, question.id, {}).answer
            assert not [name for name in names if name in str(found.table.to_pylist())]


def test_a_department_explains_its_record_under_a_case(reader: Reader) -> None:
    [pair] = telling_pair(reader).answer.table.to_pylist()
    steward = reading_as(reader, Role.STEWARD, "education", "record_correction")
    with pytest.raises(AccessDenied, match="case-number"):
        explain(steward, pair["left"], pair["right"])
    answer = explain(replace(steward, case="2027-0017"), pair["left"], pair["right"]).answer
    assert answer.table.column_names == ["comparison"]
    assert "the same entity" in answer.remarks[0]
    stewardship = reading_as(reader, Role.STEWARD, "population_office", "stewardship")
    assert explain(stewardship, pair["left"], pair["right"]).answer.table.num_columns == 6


def test_a_match_tells_a_department_who_and_only_what_its_purpose_lists(reader: Reader) -> None:
    with SnapshotShelf(reader.home.snapshots).reading() as snapshot, reader.entities(snapshot) as tables:
        [(name, number, entity)] = tables.rows("""
            SELECT person.name, id_number, entity_id FROM person_record person JOIN member USING (record_id)
            WHERE member.register = 'person' AND id_valid AND person.name IS NOT NULL ORDER BY record_id LIMIT 1
        """)
    school = replace(reading_as(reader, Role.SERVICE, "education", "school_enrolment"), case="2027-0017")
    found = match(school, "person", {"name": name, "id_number": number}).answer.table
    assert entity in found["entity_id"].to_pylist() and "in words" in found.column_names
    with_phone = match(school, "person", {"name": name, "id_number": number, "phone": "13911111111"}).answer.table
    assert with_phone.column_names == ["entity_id", "grade", "probability", "weight"]
    with pytest.raises(AccessDenied, match="item-of-the-purpose"):
        insurance = reading_as(reader, Role.SERVICE, "human_resources", "social_insurance_reconciliation")
        match(insurance, "house", {"address": "曹安路1285弄12号302室"})
