"""Who asks while the service is fuzzed, and what they would really name: ids, records, cursors, disputes, receipts."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

from httpx2 import Response

from tests.api.calling import Served
from tests.api.readable import Department, own_ids, rows
from tests.hub.sharing.asking import Hub

ASKERS = (
    ("registry", "population_office", "residence_check", ""),
    ("registry", "population_office", "record_correction", "2026-1"),
    ("registry", "population_office", "feed_delivery", ""),
    ("chen", "population_office", "stewardship", ""),
    ("qian", "population_office", "oversight", ""),
    ("sun", "population_office", "training", ""),
    ("registry", "population_office", "training", ""),
    ("police", "public_security", "residence_check", ""),
    ("insurance", "human_resources", "social_insurance_reconciliation", "2026-2"),
    ("town", "town_teams", "dwelling_safety", ""),
)
FEEDS = {"population_office": "residence_registration", "public_security": "household_register"}
PURPOSES = {
    **dict.fromkeys(("dispute", "one_dispute", "list_all", "take_back", "list_own_corrections"), "record_correction"),
    **dict.fromkeys(("hand_in", "receipt", "receipts", "rows_set_aside"), "feed_delivery"),
    "rule": "stewardship",
    "search_audit": "oversight",
}
"""The purpose for which an operation is there; of the others, the first."""
_PEOPLE = """
SELECT member.entity_id, record_key, person.name, person.id_number
FROM person_record record JOIN member USING (record_id) JOIN person USING (entity_id)
WHERE member.register = 'person' AND feed = $feed AND person.name IS NOT NULL AND person.id_number IS NOT NULL
ORDER BY record_id LIMIT 12
"""


@dataclass(frozen=True)
class Person:
    """Somebody whom the department has a record of."""

    own_id: str
    key: str
    name: str
    id_number: str


@dataclass
class Told:
    """What the service has told so far that can be named again, by name of parameter; the newest last."""

    named: dict[str, list[str]] = field(default_factory=dict)

    def learn(self, operation: str, answer: Response) -> None:
        """Keeps the number of a dispute, a receipt or a cursor that was told."""
        if answer.status_code == 201 and operation == "dispute":
            known = self.named.setdefault("dispute_id", [])
            known.append(answer.json()["dispute"])
            # Each is decided or taken back, so that neither finds them all settled by the other.
            self.named.setdefault(f"{('rule', 'take_back')[len(known) % 2]}.dispute_id", []).append(known[-1])
        if answer.status_code == 202:
            self.named.setdefault("name", []).append(answer.json()["receipt"])
        if answer.status_code == 200 and operation in ("list_changes", "receipts"):
            told = json.loads(answer.text).get("next")
            self.named.setdefault(f"{operation}.cursor", []).extend([told] if told else [])


@dataclass(frozen=True)
class Knowledge:
    """What a department knows: people whom its feed has records of, ids of houses, and what it was told."""

    feed: str
    people: Sequence[Person]
    houses: Sequence[str]
    told: Told = field(default_factory=Told)


@dataclass(frozen=True)
class Asker:
    """An account with its purpose, and what its department would really name."""

    department: Department
    known: Knowledge
    questions: Sequence[str]

    def named(self, operation: str, name: str, dice: Random) -> str | None:
        """A value that the department would give this parameter, None where it is as good as any."""
        feed, people = self.known.feed, self.known.people
        own = {
            "own_id": [*(each.own_id for each in people), *self.known.houses],
            "feed": [feed],
            "key": [each.key for each in people],
            "question": self.questions,
            "register": ["person"],
            "slug": ["not-there", "refused"],
            "date": ["2026-06-30"],
            "accept": ["application/json", "text/csv", "application/vnd.apache.parquet"],
            "hand_in.name": [feed],
        }
        told = self.known.told.named
        for place in (f"{operation}.{name}", name):
            if values := own.get(place) or told.get(place):
                return dice.choice(values)
        return None

    def body(self, operation: str, dice: Random) -> Any:
        """A body with which the department would really ask; None where there is none."""
        if operation not in _BODIES or not self.known.people:
            return None
        return _BODIES[operation](self, dice.choice(self.known.people), dice)


def askers(hub: Hub, api: Served) -> list[Asker]:
    """Every account with real ids and records of its department."""
    houses = [each for (each,) in rows(hub, "SELECT entity_id FROM house ORDER BY entity_id LIMIT 3")]
    known = {department: _known(hub, department, houses) for department in {each for _, each, _, _ in ASKERS}}
    tokens: dict[str, str] = {}
    return [
        _asker(Department(api, name, purpose, case, tokens), known[department])
        for name, department, purpose, case in ASKERS
    ]


def fitting(operation: str, among: Sequence[Asker]) -> Asker:
    """Who asks this by right."""
    purpose = PURPOSES.get(operation, ASKERS[0][2])
    return next(each for each in among if each.department.purpose == purpose)


def _known(hub: Hub, department: str, houses: Sequence[str]) -> Knowledge:
    feed = FEEDS.get(department, "social_insurance")
    found = rows(hub, _PEOPLE, feed=feed)
    ids = own_ids(hub, department).of([*(entity for entity, *_ in found), *houses])
    people = [Person(own_id, *rest) for own_id, (_, *rest) in zip(ids, found, strict=False)]
    return Knowledge(feed, people, ids[len(people) :])


def _asker(asks: Department, known: Knowledge) -> Asker:
    catalogue = asks.api.client.app.state.service.declarations.questions  # type: ignore[attr-defined]
    fit = [name for name, each in catalogue.items() if asks.purpose in each.purposes]
    return Asker(asks, known, fit or list(catalogue))


def _why(dice: Random) -> str:
    return dice.choice(("the card says otherwise", "=1+1", "<b>门牌</b>", "'; DROP TABLE person; --")) + uuid4().hex[:6]


def _dispute(asker: Asker, person: Person, dice: Random) -> dict[str, Any]:
    said = {"kind": dice.choice(("fact", "apart", "one")), "id": person.own_id, "why": _why(dice)}
    more: Mapping[str, Mapping[str, Any]] = {
        "fact": {"field": "name", "proposed": "王小明"},
        "apart": {"record": {"feed": asker.known.feed, "key": person.key}},
        "one": {"other_id": dice.choice(asker.known.people).own_id},
    }
    return {**said, **more[said["kind"]]}


def _queries(asker: Asker, person: Person, dice: Random) -> dict[str, Any]:
    return {"queries": [_query(asker, person, dice), _query(asker, dice.choice(asker.known.people), dice)]}


def _query(asker: Asker, person: Person, dice: Random) -> dict[str, Any]:
    return {"fields": {"name": person.name, "id_number": person.id_number}}


def _login(asker: Asker, person: Person, dice: Random) -> dict[str, Any]:
    return {"account": "chen", "password": asker.department.api.hub.secret("chen")}


def _token(asker: Asker, person: Person, dice: Random) -> dict[str, Any]:
    secret = asker.department.api.hub.secret("registry")
    return {"grant_type": "client_credentials", "client_id": "registry", "client_secret": secret}


_BODIES: Mapping[str, Callable[[Asker, Person, Random], Any]] = {
    "dispute": _dispute,
    "rule": lambda asker, person, dice: {"decision": dice.choice(("upheld", "rejected")), "why": _why(dice)},
    "take_back": lambda asker, person, dice: {"why": _why(dice)},
    "match_one": _query,
    "match_bulk": _queries,
    "search_records": lambda asker, person, dice: {"records": [{"feed": asker.known.feed, "key": person.key}]},
    "search_audit": lambda asker, person, dice: {"entities": [person.own_id]},
    "answer_question": lambda asker, person, dice: {"parameters": {}},
    "hand_in": lambda asker, person, dice: f"姓名,证件号码\n{_why(dice)},\n".encode(),
    "session": _login,
    "token": _token,
}
