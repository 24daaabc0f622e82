"""What those get who try: each test is one attack, and its figures are those of docs/attacks.md."""

import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey

from hub.reading.guesses import GuessLimit
from hub.sharing.audit import LOG_NAME
from ingestion.standardise.identifiers import check_character
from stores.home import open_home
from tests.api.calling import Served, own_assertion, problem_of, served
from tests.api.readable import Department, own_ids, rows
from tests.hub.sharing.asking import AUDIENCE, ISSUER, NOW, OTHER_EC, Hub, by_hand, seconds, signed
from tests.trials import write_down

NUMBERS = 1_000
Victim = tuple[str, str]
WHO = """SELECT name, id_number FROM person WHERE id_valid AND name IS NOT NULL AND length(id_number) = 18
         AND substr(id_number, 15, 3)::INTEGER BETWEEN 100 AND 900 ORDER BY entity_id LIMIT $many"""


@pytest.fixture
def attacked(district_hub: Hub, tmp_path: Path) -> Hub:
    """A copy of the district of which nobody has guessed anything yet."""
    home = tmp_path / "home"
    shutil.copytree(district_hub.home.root, home, symlinks=True)
    (home / "operational" / "guesses").unlink(missing_ok=True)
    return Hub(open_home(home), district_hub.trust, district_hub.made)


@pytest.fixture
def api_of(attacked: Hub) -> Iterator[Served]:
    with served(attacked, points_at_once=1_000_000) as it:
        yield it


def insurance_of(api: Served) -> Department:
    return Department(api, "insurance", "social_insurance_reconciliation", case="2026-0001")


def numbers_like(number: str) -> list[str]:
    """Every ID number of the same area and birth date."""
    firsts = [f"{number[:14]}{end:03d}" for end in range(NUMBERS)]
    return [first + check_character(first) for first in firsts]


def tried(attacker: Department, names: Sequence[str], numbers: Sequence[str]) -> list[list[Any] | None]:
    queries = [{"fields": {"name": name, "id_number": each}} for name, each in zip(names, numbers, strict=True)]
    told: list[list[Any] | None] = attacker.post("match/person/bulk", {"queries": queries}).json()["results"]
    return told


def who(hub: Hub, many: int) -> list[Victim]:
    return [(name, number) for name, number in rows(hub, WHO, many=many)]


def lines(hub: Hub) -> list[dict[str, Any]]:
    return [json.loads(each) for each in (hub.home.audit / LOG_NAME).read_text().splitlines()]


def test_without_the_limit_a_thousand_tries_find_an_id_number(
    attacked: Hub, api_of: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GuessLimit, "may_tell", lambda *_, **__: True)
    [(name, number)] = who(attacked, 1)
    numbers = numbers_like(number)
    told = tried(insurance_of(api_of), [name] * NUMBERS, numbers)
    assert [each for each, found in zip(numbers, told, strict=True) if found] == [number]


def test_who_knows_name_birth_date_and_area_does_not_find_out_the_id_number(attacked: Hub, api_of: Served) -> None:
    attacker, found = insurance_of(api_of), 0
    for name, number in who(attacked, 3):
        told = tried(attacker, [name] * NUMBERS, numbers_like(number))
        found += sum(bool(each) for each in told)
        assert told.count(None) >= NUMBERS - 5
        line = lines(attacked)[-1]
        assert (line["parameters"]["queries"], line["parameters"]["withheld"]) == ("1000", str(told.count(None)))
    write_down({"attack": "one victim's number", "victims": 3, "tries": 3 * NUMBERS, "found": found})
    assert found == 0


def test_changing_the_name_or_starting_the_service_anew_gives_no_more_tries(attacked: Hub, api_of: Served) -> None:
    [(name, number)] = who(attacked, 1)
    given = [f"{name[0]}{chr(0x4E00 + place)}" for place in range(NUMBERS)]
    told = tried(insurance_of(api_of), given, numbers_like(number))
    assert told.count(None) >= NUMBERS - 5
    with served(attacked) as another:
        alone = insurance_of(another).post("match/person", {"fields": {"name": name, "id_number": number}}).json()
    assert alone["candidates"] is None and "未命中过多" in alone["notes"][0]


def test_an_honest_list_of_known_people_is_answered_whole(attacked: Hub, api_of: Served) -> None:
    people = who(attacked, 200)
    told = tried(insurance_of(api_of), [name for name, _ in people], [number for _, number in people])
    assert len(people) > 100 and None not in told and sum(map(bool, told)) >= len(people) - 2


def test_own_ids_of_another_department_are_nobodys_and_extracts_share_none(attacked: Hub, api_of: Served) -> None:
    entities = [entity for (entity,) in rows(attacked, "SELECT entity_id FROM person ORDER BY entity_id LIMIT 100")]
    registry, police = (own_ids(attacked, each).of(entities) for each in ("population_office", "public_security"))
    assert not set(registry) & set(police)
    asker = Department(api_of, "registry", "residence_check")
    stolen = [asker.get(f"entities/{each}") for each in police]
    made_up = asker.get(f"entities/{registry[0][:-1]}{'0' if registry[0][-1] != '0' else '1'}")
    assert {(each.status_code, problem_of(each)) for each in (*stolen, made_up)} == {(404, "not-there")}
    bodies = [{name: told for name, told in each.json().items() if name != "request_id"} for each in stolen]
    assert all(each == bodies[0] for each in bodies)
    assert asker.get(f"entities/{registry[0]}").status_code == 200


def test_forged_and_replayed_tokens_let_nobody_in(api_of: Served) -> None:
    good = api_of.token_of("registry")
    head, claims, signature = good.split(".")
    told = {"iss": ISSUER, "sub": "registry", "aud": AUDIENCE, "iat": seconds(NOW), "exp": seconds(NOW) + 10**9}
    shared = OctKey.import_key(json.dumps(api_of.client.get("/v1/keys").json()))
    forged = {
        "unsigned": by_hand({"alg": "none"}, told),
        "by another key": signed(told, OTHER_EC),
        "by a key it brings along": signed(told, (key := ECKey.generate_key("P-256")), jwk=key.as_dict(private=False)),
        "by the public key as a secret": signed(told, shared, alg="HS256"),
        "with another's claims": ".".join((head, by_hand({}, {**told, "sub": "chen"}).split(".")[1], signature)),
        "cut": f"{head}.{claims}.",
        "its own assertion": own_assertion("as a token"),
    }
    answers = {
        way: api_of.client.get("/v1/snapshot", headers={"Authorization": f"Bearer {each}"})
        for way, each in forged.items()
    }
    assert {(each.status_code, problem_of(each)) for each in answers.values()} == {(401, "not-signed-in")}
    assert api_of.client.get("/v1/snapshot", headers={"Authorization": f"Bearer {good}"}).status_code == 200


def test_cursors_of_others_other_purposes_and_made_up_ones_lead_nowhere(api_of: Served) -> None:
    registry = Department(api_of, "registry", "residence_check")
    cursor = registry.get("changes").json()["next"]
    others = [
        Department(api_of, "police", "residence_check").get(f"changes?cursor={cursor}"),
        Department(api_of, "registry", "record_correction", case="1").get(f"changes?cursor={cursor}"),
        registry.get(f"changes?cursor={cursor[:-2]}AA"),
        registry.get("changes?cursor=AAAA"),
    ]
    assert [(each.status_code, problem_of(each)) for each in others] == [(400, "invalid-cursor")] * 4
    assert registry.get(f"changes?cursor={cursor}").status_code == 200


def test_paging_through_everything_gives_own_records_and_ends_at_the_points(attacked: Hub) -> None:
    own, others = (
        [{"feed": feed, "key": key} for feed, key in rows(attacked, _KEYS, feed=feed)]
        for feed in ("residence_registration", "social_insurance")
    )
    with served(attacked, points_at_once=200, points_per_minute=60) as api:
        registry = Department(api, "registry", "residence_check")
        found = registry.post("records/search", {"records": own}).json()["records"]
        none = registry.post("records/search", {"records": others}).json()["records"]
        assert all(found) and not any(none) and len(others) > 50
        ids = [each["id"] for each in found] * 10
        statuses = []
        for each in ids:
            statuses.append(registry.get(f"entities/{each}"))
            if statuses[-1].status_code == 429:
                break
        *before, last = statuses
        assert {each.status_code for each in before} == {200} and 175 <= len(before) <= 185
        assert int(last.headers["retry-after"]) >= 1
    read = [each for each in lines(attacked) if (each["caller"], each["outcome"]) == ("registry", "disclosed")]
    assert len(read) >= len(before) and all(each["entities"] for each in read[-len(before) :])


_KEYS = """SELECT feed, record_key FROM person_record JOIN member USING (record_id) WHERE member.register = 'person'
           AND feed = $feed AND record_key NOT LIKE '%#%' ORDER BY record_id LIMIT 900"""


def test_numbers_of_one_day_less_those_of_the_day_before_tell_of_nobody(attacked: Hub, api_of: Served) -> None:
    analyst, learner = Department(api_of, "wang", "statistics"), Department(api_of, "wang", "training")
    days = [(date(2026, 6, 1) + timedelta(days=day)).isoformat() for day in range(30)]
    told, exact = ([residents(each, day) for day in days] for each in (analyst, learner))
    assert all(number % 5 == 0 for each in told for number in each.values())
    moves = [
        (after[town] - before[town], later[town] - earlier[town])
        for (before, after), (earlier, later) in zip(pairwise(exact), pairwise(told), strict=True)
        for town in before
    ]
    moved = [seen for true, seen in moves if true]
    found = {"moves": len(moved), "seen as something": sum(map(bool, moved)), "exactly right": 0}
    found["exactly right"] = sum(true == seen for true, seen in moves if true)
    found["seen where nobody moved"] = sum(bool(seen) for true, seen in moves if not true)
    write_down({"attack": "differences of numbers", **found})
    assert (
        found["seen as something"] < found["moves"] and found["exactly right"] == found["seen where nobody moved"] == 0
    )


def residents(asker: Department, day: str) -> dict[str, int]:
    answer = asker.post("questions/residents_per_committee/answer", {"as_of": day}).json()
    town, number = (answer["columns"].index(each) for each in ("committee_id", "residents"))
    return {row[town]: row[number] for row in answer["rows"]}
