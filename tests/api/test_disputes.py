"""Disputes over the service: handed in once, marked at once, decided by a steward, told to the department."""

import shutil
from collections.abc import Iterator

import pytest

from stores.home import Home, open_home
from stores.operational.idempotency import Idempotency
from tests.api.calling import Served, problem_of, served
from tests.api.readable import Department, own_ids, readable_hub, rows
from tests.hub.sharing.asking import Hub


@pytest.fixture(scope="module")
def changing_hub(finished: Home, tmp_path_factory: pytest.TempPathFactory) -> Hub:
    folder = tmp_path_factory.mktemp("disputed") / "home"
    shutil.copytree(finished.root, folder, symlinks=True)
    return readable_hub(open_home(folder))


@pytest.fixture(scope="module")
def service(changing_hub: Hub) -> Iterator[Served]:
    with served(changing_hub, points_at_once=1_000_000) as it:
        yield it


def person_of(hub: Hub, place: int) -> tuple[str, str, str]:
    """Entity, record key and birth date of a person whom the population office has a record of."""
    [found] = rows(
        hub,
        """SELECT member.entity_id, record_key, CAST(person.birth_date AS VARCHAR)
           FROM person_record record JOIN member USING (record_id) JOIN person USING (entity_id)
           WHERE member.register = 'person' AND feed = 'residence_registration' AND record_key NOT LIKE '%#%'
             AND person.birth_date IS NOT NULL ORDER BY record_id LIMIT 1 OFFSET $place""",
        place=place,
    )
    return found


def test_a_dispute_is_marked_at_once_and_decided_by_a_steward(changing_hub: Hub, service: Served) -> None:
    entity, key, _ = person_of(changing_hub, 0)
    registry = Department(service, "registry", "record_correction", case="2026-7")
    own = own_ids(changing_hub, "population_office").of([entity])[0]
    said = {
        "kind": "fact",
        "id": own,
        "field": "birth_date",
        "why": "the card says otherwise",
        "proposed": "1961-03-04",
    }
    made = registry.post("disputes", said, Idempotency_Key="dispute-0001")
    again = registry.post("disputes", said, Idempotency_Key="dispute-0001")
    assert (made.status_code, made.json()["state"], again.json()) == (201, "open", made.json())
    assert again.headers["idempotency-replayed"] == "true"
    told = Department(service, "registry", "residence_check").get(f"entities/{own}").json()
    assert (told["disputed"], told["fields"]["birth_date"]["disputed"]) == (True, True)
    assert told["fields"]["name"]["disputed"] is False
    number = made.json()["dispute"]
    assert service.client.get(made.headers["location"], headers=registry.headers()).json() == made.json()
    ruling = {"decision": "upheld", "why": "seen the card", "right": "1961-03-04"}
    refused = registry.post(f"disputes/{number}/ruling", ruling, Idempotency_Key="ruling-00001")
    assert problem_of(refused) == "refused"
    steward = Department(service, "chen", "stewardship")
    assert number in [each["dispute"] for each in steward.get("disputes").json()["disputes"]]
    ruled = steward.post(f"disputes/{number}/ruling", ruling, Idempotency_Key="ruling-00001")
    assert (ruled.status_code, ruled.json()["state"]) == (200, "upheld")
    corrections = registry.get("corrections").json()["corrections"]
    assert {"feed": "residence_registration", "key": key} in [each["record"] for each in corrections]
    assert {each["right"] for each in corrections} == {"1961-03-04"}


def test_a_dispute_of_others_is_told_as_one_that_does_not_exist(changing_hub: Hub, service: Served) -> None:
    entity, _, _ = person_of(changing_hub, 1)
    registry = Department(service, "registry", "record_correction", case="2026-8")
    own = own_ids(changing_hub, "population_office").of([entity])[0]
    said = {"kind": "fact", "id": own, "field": "name", "why": "no"}
    number = registry.post("disputes", said, Idempotency_Key="dispute-0002").json()["dispute"]
    police = Department(service, "police", "record_correction", case="2026-9")
    told = [
        police.post(f"disputes/{each}/withdrawal", {"why": "mine"}, Idempotency_Key=f"withdraw-{each}")
        for each in (number, "D0123456789ABCDEF")
    ]
    told += [police.get(f"disputes/{each}") for each in (number, "D0123456789ABCDEF")]
    assert [problem_of(each) for each in told] == ["not-there"] * 4
    assert police.get("disputes").json()["disputes"] == []


def test_a_field_that_the_purpose_does_not_list_cannot_be_disputed(changing_hub: Hub, service: Served) -> None:
    entity, _, _ = person_of(changing_hub, 2)
    registry = Department(service, "registry", "record_correction", case="2026-8")
    own = own_ids(changing_hub, "population_office").of([entity])[0]
    said = {"kind": "fact", "id": own, "field": "occupation", "why": "no"}
    assert problem_of(registry.post("disputes", said, Idempotency_Key="dispute-0003")) == "refused"


def test_what_was_decided_before_the_answer_was_cut_off_is_told_when_it_is_sent_again(
    changing_hub: Hub, service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    entity, _, _ = person_of(changing_hub, 3)
    registry = Department(service, "registry", "record_correction", case="2026-8")
    steward = Department(service, "chen", "stewardship")
    own = own_ids(changing_hub, "population_office").of([entity])[0]
    said = {"kind": "fact", "id": own, "field": "birth_date", "why": "no"}
    number, other = (
        registry.post("disputes", said, Idempotency_Key=f"dispute-cut-{place}").json()["dispute"] for place in (1, 2)
    )
    writes = {
        f"disputes/{number}/ruling": (steward, {"decision": "upheld", "why": "seen", "right": "1961-03-04"}, "upheld"),
        f"disputes/{other}/withdrawal": (registry, {"why": "mistaken"}, "withdrawn"),
    }
    for place, (path, (who, body, state)) in enumerate(writes.items()):
        with monkeypatch.context() as cut:
            cut.setattr(Idempotency, "finish", broken)
            assert who.post(path, body, Idempotency_Key=f"ending-{place}-cut").status_code == 500
        again = who.post(path, body, Idempotency_Key=f"ending-{place}-cut")
        assert (again.status_code, again.json()["state"]) == (200, state)
        anew = who.post(path, body, Idempotency_Key=f"ending-{place}-new")
        assert anew.status_code == 409


def broken(*_: object) -> None:
    raise RuntimeError("killed")
