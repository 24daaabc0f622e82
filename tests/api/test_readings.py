"""What departments read over the service: in their own ids, cut to their purpose, and nothing of others."""

import json
import re

import pytest

from hub.sharing.audit import LOG_NAME
from tests.api.calling import Served, problem_of
from tests.api.readable import Department, own_ids, rows
from tests.hub.sharing.asking import Hub

Record = tuple[str, str, str]


@pytest.fixture
def registry(district_api: Served) -> Department:
    return Department(district_api, "registry", "residence_check")


@pytest.fixture
def insurance(district_api: Served) -> Department:
    return Department(district_api, "insurance", "social_insurance_reconciliation", case="2026-0001")


def record_of(hub: Hub, feed: str, condition: str = "true") -> Record:
    """Feed, key and entity of a record."""
    [found] = rows(
        hub,
        f"""SELECT feed, record_key, entity_id FROM person_record JOIN member USING (record_id)
            WHERE member.register = 'person' AND feed = $feed AND record_key NOT LIKE '%#%' AND {condition}
            ORDER BY record_id LIMIT 1""",
        feed=feed,
    )
    return found


def last_line(hub: Hub) -> dict[str, object]:
    line: dict[str, object] = json.loads((hub.home.audit / LOG_NAME).read_text().splitlines()[-1])
    return line


def test_a_department_finds_the_entity_of_its_own_record(district_hub: Hub, registry: Department) -> None:
    feed, key, entity = record_of(district_hub, "residence_registration")
    found = registry.get(f"records/{feed}/{key}").json()
    own = own_ids(district_hub, "population_office").of([entity])[0]
    assert (found["record"]["id"], found["record"]["register"]) == (own, "person")
    line = last_line(district_hub)
    assert (line["caller"], line["purpose"], line["outcome"]) == ("registry", "residence_check", "disclosed")
    assert line["entities"] == [entity]


def test_records_of_others_are_told_as_records_that_do_not_exist(district_hub: Hub, registry: Department) -> None:
    feed, key, _ = record_of(district_hub, "social_insurance")
    own_feed, own_key, _ = record_of(district_hub, "residence_registration")
    told = [registry.get(f"records/{name}") for name in (f"{feed}/{key}", f"{own_feed}/no-such-key", "no_such_feed/1")]
    assert [problem_of(each) for each in told] == ["not-there"] * 3
    named = [{"feed": feed, "key": key}, {"feed": own_feed, "key": own_key}, {"feed": own_feed, "key": "none"}]
    found = registry.post("records/search", {"records": named}).json()["records"]
    assert [each and each["key"] for each in found] == [None, own_key, None]


def test_an_entity_is_cut_to_what_the_purpose_lists(district_hub: Hub, registry: Department) -> None:
    _, key, entity = record_of(district_hub, "residence_registration", "person_record.phone IS NOT NULL")
    own = own_ids(district_hub, "population_office").of([entity])[0]
    found = registry.get(f"entities/{own}").json()
    assert found["id"] == own
    assert {"name", "birth_date"} <= set(found["fields"])
    assert not {"occupation", "birth_place", "postcode"} & set(found["fields"])
    assert found["fields"]["name"]["source"] is None
    assert {"feed": "residence_registration", "key": key} in found["own_records"]
    assert all(each["feed"] in ("residence_registration",) for each in found["own_records"])


def test_no_answer_holds_an_entity_id(district_hub: Hub, registry: Department) -> None:
    feed, key, entity = record_of(district_hub, "residence_registration")
    own = own_ids(district_hub, "population_office").of([entity])[0]
    asked = registry.post("questions/separated_residents/answer", {})
    answers = [registry.get(f"records/{feed}/{key}"), registry.get(f"entities/{own}"), asked]
    assert [each.status_code for each in answers] == [200] * 3
    assert len(asked.json()["rows"]) > 0
    known = {entity for (entity,) in rows(district_hub, "SELECT DISTINCT entity_id FROM member")}
    told = " ".join(each.text for each in answers)
    assert not known & set(re.findall(r"\b[PHU][0-9A-Z]{16}\b", told))


def test_ids_of_another_department_forged_ones_and_unknown_ones_are_one_answer(
    district_hub: Hub, registry: Department
) -> None:
    _, _, entity = record_of(district_hub, "residence_registration")
    of_police = own_ids(district_hub, "public_security").of([entity])[0]
    never = own_ids(district_hub, "population_office").of(["P0000000000000001"])[0]
    told = [registry.get(f"entities/{each}") for each in (of_police, never, "P01" + "0" * 26)]
    assert [problem_of(each) for each in told] == ["not-there"] * 3
    bodies = [{name: value for name, value in each.json().items() if name != "request_id"} for each in told]
    assert bodies[0] == bodies[1] == bodies[2]


def test_a_match_that_wants_certainty_gives_one_or_nothing(district_hub: Hub, insurance: Department) -> None:
    [(name, number, entity)] = rows(
        district_hub,
        """SELECT name, id_number, entity_id FROM person WHERE id_valid AND name IS NOT NULL
           ORDER BY n_records DESC, entity_id LIMIT 1""",
    )
    sure = insurance.post("match/person", {"fields": {"name": name, "id_number": number}}).json()["candidates"]
    own = own_ids(district_hub, "human_resources").of([entity])[0]
    assert [(each["id"], each["grade"]) for each in sure] == [(own, "certain")]
    assert (
        insurance.post("match/person", {"fields": {"name": "不是他", "id_number": number}}).json()["candidates"] == []
    )
    alone = insurance.post("match/person", {"fields": {"id_number": number}})
    assert (alone.status_code, problem_of(alone)) == (422, "too-little-given")
    both = [{"fields": {"name": name, "id_number": number}}, {"fields": {"name": "不是他", "id_number": number}}]
    results = insurance.post("match/person/bulk", {"queries": both}).json()["results"]
    assert [[each["id"] for each in found] for found in results] == [[own], []]


def test_a_steward_sees_candidates(district_hub: Hub, district_api: Served) -> None:
    [(name,)] = rows(district_hub, "SELECT name FROM person GROUP BY name ORDER BY count(*) DESC, name LIMIT 1")
    steward = Department(district_api, "chen", "stewardship")
    found = steward.post("match/person", {"fields": {"name": name, "birth_date": "1980-01-01"}})
    assert found.status_code == 200


def test_what_no_policy_permits_is_refused_with_its_rule(district_hub: Hub, district_api: Served) -> None:
    feed, key, _ = record_of(district_hub, "residence_registration")
    for name, purpose, rule in (
        ("registry", "curiosity", "purpose-registered"),
        ("registry", "social_insurance_reconciliation", "reader-of-the-purpose"),
        ("sun", "residence_check", "duties-apart"),
        ("qian", "oversight", "duties-apart"),
    ):
        told = Department(district_api, name, purpose).get(f"records/{feed}/{key}")
        assert (told.status_code, problem_of(told), told.json()["rule"]) == (403, "refused", rule)
        assert last_line(district_hub)["outcome"] == "refused"


def test_questions_are_asked_in_three_formats(district_hub: Hub, registry: Department) -> None:
    catalogue = registry.get("questions").json()["questions"]
    assert {"separated_residents"} <= {each["id"] for each in catalogue}
    as_json = registry.post("questions/separated_residents/answer", {})
    as_csv = registry.post("questions/separated_residents/answer", {}, Accept="text/csv")
    parquet = registry.post("questions/separated_residents/answer", {}, Accept="application/vnd.apache.parquet")
    lines = as_csv.text.splitlines()
    assert lines[0].split(",") == as_json.json()["columns"]
    assert len(lines) - 1 == len(as_json.json()["rows"])
    assert parquet.content[:4] == b"PAR1"
    assert registry.post("questions/separated_residents/answer", {}, Accept="image/png").status_code == 406
    assert problem_of(registry.post("questions/no_such_question/answer", {})) == "not-there"
    before = last_line(district_hub)
    for given in ({"no_such": "1"}, {"limit": "王小明"}):
        wrong = registry.post("questions/separated_residents/answer", {"parameters": given})
        assert (wrong.status_code, problem_of(wrong)) == (422, "invalid-input")
    assert last_line(district_hub) == before, "whatever it was, it is not written down"


def test_an_auditor_is_told_who_looked(district_hub: Hub, district_api: Served, registry: Department) -> None:
    _, _, entity = record_of(district_hub, "residence_registration")
    own = own_ids(district_hub, "population_office").of([entity])[0]
    registry.get(f"entities/{own}")
    auditor = Department(district_api, "qian", "oversight")
    found = auditor.post("audit/search", {"entities": [own]})
    assert found.json()["records"][-1]["caller"] == "registry"
    assert problem_of(registry.post("audit/search", {"entities": [own]})) == "refused"


def test_an_entity_that_a_reader_has_is_not_sent_again(district_hub: Hub, registry: Department) -> None:
    _, _, entity = record_of(district_hub, "residence_registration")
    own = own_ids(district_hub, "population_office").of([entity])[0]
    tag = registry.get(f"entities/{own}").headers["etag"]
    before = last_line(district_hub)["sequence"]
    again = registry.get(f"entities/{own}", If_None_Match=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert last_line(district_hub)["sequence"] == int(str(before)) + 1
