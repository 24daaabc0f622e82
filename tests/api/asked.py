"""What each address of the service has to ask the one door, and who must be let in: told again in plain Python."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from itertools import product

from httpx2 import Response

from hub.sharing.policies import Situation
from schemas.declarations import Declarations
from schemas.items import item_sensitivities
from schemas.readers.purposes import DISTRICT, Role, Verb
from schemas.readers.registers import Sensitivity
from stores.home import HomeKind
from stores.operational import open_operational
from stores.operational.accounts import AccountKind, NewAccount
from tests.api.calling import Served
from tests.api.readable import own_ids
from tests.hub.sharing.asking import CHANGE, PROVIDER, PROVIDERS_AUDIENCE, RSA, Hub, make, signed
from tests.hub.sharing.second_opinion import LOG, lies_in, may_show

Operation = tuple[str, str]
REGISTERS = {"P": "person", "H": "house", "U": "unit"}
NOBODY, NO_DISPUTE, NO_RECEIPT = "P0000000000000001", "D0000000000000000", "0" * 32
FEEDS_OF = {"visits": "town_teams", "residence_registration": "population_office"}
REFUSED, ABSENT, LET_IN = "refused", "absent", "let in"


@dataclass(frozen=True)
class Asker:
    """Somebody of a department with roles and a duty in one area, who asks for a purpose with or without a case."""

    department: str
    roles: tuple[Role, ...]
    area: str = DISTRICT
    purpose: str = ""
    case: str = ""

    @property
    def account(self) -> NewAccount:
        """Their account, which the government's own issuer vouches for: nothing has to be hashed."""
        name = f"{self.department}.{'-'.join(self.roles)}.{self.area}"
        areas = () if self.area == DISTRICT else (self.area,)
        if self.roles == (Role.SERVICE,):
            return NewAccount(name, AccountKind.SERVICE, self.department, areas=areas, subject=name)
        return NewAccount(name, AccountKind.PERSON, self.department, self.roles, areas, holder=name, subject=name)


def let_in(hub: Hub, askers: Sequence[Asker]) -> None:
    """Makes the accounts of all that have none yet."""
    with open_operational(hub.home) as operational:
        for account in dict.fromkeys(each.account for each in askers):
            if operational.accounts.find(account.name) is None:
                make(account, operational.accounts, CHANGE)


def ask(api: Served, asker: Asker, request: "Asking", **headers: str) -> Response:
    """The answer to a request, in which `<P…>` stands for the own id that the asker's department has for an entity."""
    said = {
        "Authorization": f"Bearer {token_of(asker.account.name)}",
        "Hub-Purpose": asker.purpose,
        "Content-Type": "application/json",
    }
    path, body = (_in_own_ids(api.hub, asker.department, text) for text in (request.path, request.body))
    case = {"Hub-Case": asker.case} if asker.case else {}
    content = body.encode() if body else None
    return api.client.request(
        request.operation[0].upper(), f"/v1/{path}", content=content, headers={**said, **case, **headers}
    )


@cache
def token_of(name: str) -> str:
    """What the government's own issuer says of somebody, for as long as the longest trial lasts."""
    end = int((datetime.now(UTC) + timedelta(hours=20)).timestamp())
    return signed({"iss": PROVIDER, "sub": name, "aud": PROVIDERS_AUDIENCE, "exp": end}, RSA, alg="RS256", kid="r")


def _in_own_ids(hub: Hub, department: str, text: str) -> str:
    if "<" not in text:
        return text
    head, _, rest = text.partition("<")
    entity, _, tail = rest.partition(">")
    return head + own_ids(hub, department).of([entity])[0] + _in_own_ids(hub, department, tail)


@dataclass(frozen=True)
class Asked:
    """What the door is asked, as `hub.sharing.request.Reading` has it."""

    verb: Verb
    registers: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    about: tuple[str, ...] = ()
    purposes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Asking:
    """A request, what the door is to be asked for each asker, and the statuses of whoever is let in.

    Whoever is let in to change something finds that there is nothing to change (409, 415, 422): nothing is piled up.
    """

    operation: Operation
    path: str
    asked: Callable[[Asker], Asked]
    body: str = ""
    statuses: frozenset[int] = frozenset({200})


@dataclass(frozen=True)
class Known:
    """What the snapshot knows: ids of entities, and the committees where entities and records are.

    `beside` is a person who lives nowhere; `dispute` one of the person's name that the population office has made;
    `receipt` one of a delivery of the town teams.
    """

    person: str
    house: str
    unit: str
    beside: str
    places: Mapping[str, frozenset[str]]
    dispute: str
    receipt: str


NOTHING: Mapping[Operation, str] = {
    ("get", "/v1/health"): "health",
    ("get", "/v1/ready"): "ready",
    ("get", "/v1/problems"): "problems",
    ("get", "/v1/problems/{slug}"): "problems/refused",
    ("post", "/v1/token"): "token",
    ("get", "/v1/keys"): "keys",
    ("post", "/v1/session"): "session",
    ("get", "/v1/snapshot"): "snapshot",
    ("get", "/v1/questions"): "questions",
}
"""Operations that read nothing of anybody, with an address of each."""
QUESTIONS = (
    *("residents_per_town", "separated_residents", "dwellings_not_in_register"),
    *("units_without_licence_at_address", "doubtful_links"),
)


def askings(declarations: Declarations, known: Known, given: Mapping[str, Mapping[str, str]]) -> list[Asking]:
    """A request or more of every operation that reads; `given` are values to be matched, by register."""
    return [
        *_of_records(),
        *_of_entities(known, given),
        *_of_disputes(declarations, known),
        *_of_one_dispute(declarations, known),
        *_of_deliveries(known),
        *(question_asked(declarations, name) for name in QUESTIONS),
        Asking(("get", "/v1/changes"), "changes", lambda asker: Asked(Verb.CHANGES, _registers(declarations, asker))),
        Asking(("post", "/v1/audit/search"), "audit/search", lambda _: Asked(Verb.AUDIT), "{}"),
    ]


def _of_records() -> list[Asking]:
    one: Operation = ("get", "/v1/records/{feed}/{key}")
    person, nothing = frozenset({"person"}), frozenset[str]()
    named = {"residence_registration:JZ00000001": person, "visits:V0": person, "visits:V9": person, "none:1": nothing}
    found = [
        Asking(one, f"records/{name.replace(':', '/')}", _always(Asked(Verb.READ, registers, about=(name,))))
        for name, registers in named.items()
    ]
    body = {"records": [dict(zip(("feed", "key"), name.split(":"), strict=True)) for name in named]}

    def of_own(asker: Asker) -> Asked:
        return Asked(Verb.READ, person if asker.department in FEEDS_OF.values() else nothing)

    return [*found, Asking(("post", "/v1/records/search"), "records/search", of_own, json.dumps(body))]


def _of_entities(known: Known, given: Mapping[str, Mapping[str, str]]) -> list[Asking]:
    found = [
        Asking(
            ("get", "/v1/entities/{own_id}"),
            f"entities/<{entity}>",
            _always(Asked(Verb.READ, frozenset({REGISTERS[entity[0]]}), about=(entity,))),
        )
        for entity in (known.person, known.house, known.unit, known.beside, NOBODY)
    ]
    for register, fields in given.items():
        matched = _always(Asked(Verb.MATCH, frozenset({register})))
        one = {"fields": fields}
        found += [
            Asking(("post", "/v1/match/{register}"), f"match/{register}", matched, json.dumps(one)),
            Asking(
                ("post", "/v1/match/{register}/bulk"),
                f"match/{register}/bulk",
                matched,
                json.dumps({"queries": [one]}),
            ),
        ]
    return found


def _of_disputes(declarations: Declarations, known: Known) -> list[Asking]:
    person = frozenset({"person"})
    ours = frozenset({"person.entity", "person.name"})
    listing = ("disputes", "corrections")
    found = [
        Asking(("get", f"/v1/{each}"), each, lambda asker: Asked(_reviewing(declarations, asker))) for each in listing
    ]
    fact = Asked(Verb.DISPUTE, person, frozenset({"person.phone"}), (known.beside,))
    apart = Asked(Verb.DISPUTE, person, about=(known.beside, "visits:V0"))
    bodies = (
        (fact, {"kind": "fact", "id": f"<{known.beside}>", "field": "phone", "why": "no"}),
        (apart, {"kind": "apart", "id": f"<{known.beside}>", "record": {"feed": "visits", "key": "V0"}, "why": "no"}),
    )
    found += [
        Asking(("post", "/v1/disputes"), "disputes", _always(asked), json.dumps(body), frozenset({422}))
        for asked, body in bodies
    ]
    ended = frozenset({200, 409})
    ways = {
        "ruling": (Verb.REVIEW, {"decision": "rejected", "why": "no"}),
        "withdrawal": (Verb.DISPUTE, {"why": "no"}),
    }
    for way, (verb, body) in ways.items():
        for dispute in (known.dispute, NO_DISPUTE):
            there = Asked(verb, person, ours, (known.person,))
            gone = Asked(verb, about=(dispute,))
            asked = _of_one(there, gone, own_alone=verb is Verb.DISPUTE) if dispute != NO_DISPUTE else _always(gone)
            operation = ("post", f"/v1/disputes/{{dispute_id}}/{way}")
            found.append(Asking(operation, f"disputes/{dispute}/{way}", asked, json.dumps(body), ended))
    return found


def _of_one_dispute(declarations: Declarations, known: Known) -> list[Asking]:
    """One dispute as it stands: its department's, or anybody's for who settles disputes."""

    def reading(dispute: str) -> Callable[[Asker], Asked]:
        def asked(asker: Asker) -> Asked:
            verb = _reviewing(declarations, asker)
            is_theirs = verb is Verb.REVIEW or asker.department == "population_office"
            if dispute == NO_DISPUTE or not is_theirs:
                return Asked(verb, about=(dispute,))
            return Asked(verb, frozenset({"person"}), frozenset({"person.entity", "person.name"}), (known.person,))

        return asked

    operation = ("get", "/v1/disputes/{dispute_id}")
    return [Asking(operation, f"disputes/{each}", reading(each)) for each in (known.dispute, NO_DISPUTE)]


def _of_deliveries(known: Known) -> list[Asking]:
    purposes = frozenset({"feed_delivery"})

    def about(name: str) -> Callable[[Asker], Asked]:
        return _always(Asked(Verb.DELIVER, about=(name,), purposes=purposes))

    hand_in: Operation = ("post", "/v1/deliveries/{name}")
    terms = "mode=full&date=2026-06-30&sequence=1"
    found = [
        Asking(hand_in, f"deliveries/{feed}?{terms}", about(feed), "{}", frozenset({415})) for feed in ("visits", "no")
    ]
    found.append(Asking(("get", "/v1/deliveries"), "deliveries?feed=visits", about("visits")))
    for receipt in (known.receipt, NO_RECEIPT):
        address = "/v1/deliveries/{name}"
        found.append(Asking(("get", address), f"deliveries/{receipt}", about(receipt)))
        found.append(Asking(("get", f"{address}/rows"), f"deliveries/{receipt}/rows", about(receipt)))
    return found


def question_asked(declarations: Declarations, name: str) -> Asking:
    """A question of the catalogue as it is asked by default."""
    question = declarations.questions[name]
    registers = frozenset({question.subject.lower()} & set(REGISTERS.values()))
    asked = Asked(Verb.ASK, registers, purposes=frozenset(question.purposes))
    return Asking(("post", "/v1/questions/{question}/answer"), f"questions/{name}/answer", _always(asked), "{}")


def _always(asked: Asked) -> Callable[[Asker], Asked]:
    return lambda _: asked


def _of_one(there: Asked, gone: Asked, *, own_alone: bool) -> Callable[[Asker], Asked]:
    """A dispute that the population office has made: whoever takes it back is of that office."""
    return lambda asker: gone if own_alone and asker.department != "population_office" else there


def _reviewing(declarations: Declarations, asker: Asker) -> Verb:
    purpose = declarations.purposes.get(asker.purpose)
    is_bound = purpose is not None and purpose.reach is not None and Verb.REVIEW not in purpose.reach.verbs
    return Verb.DISPUTE if is_bound else Verb.REVIEW


def _registers(declarations: Declarations, asker: Asker) -> frozenset[str]:
    purpose = declarations.purposes.get(asker.purpose)
    everything = purpose is None or purpose.reach is None
    return frozenset(REGISTERS.values()) if everything else frozenset(purpose.reach.fields)  # type: ignore[union-attr]


@dataclass(frozen=True)
class SecondOpinion:
    """The second evaluator, for callers as they are."""

    declarations: Declarations
    known: Known

    def outcome(self, asker: Asker, asked: Asked) -> str:
        """What has to come of it."""
        if asker.purpose not in self.declarations.purposes:
            return REFUSED
        gate = [f"{each}.entity" for each in asked.registers] or [LOG if asked.verb is Verb.AUDIT else "place"]
        if not self.shows(asker, asked, gate):
            return REFUSED
        return LET_IN if all(self._is_there(each, asker, asked) for each in asked.about) else ABSENT

    def shows(self, asker: Asker, asked: Asked, items: Sequence[str]) -> bool:
        """Whether all of these, and what the reading needs, may be shown to one of the asker's roles."""
        return any(self._shows(asker, role, asked, items) for role in asker.roles)

    def _shows(self, asker: Asker, role: Role, asked: Asked, items: Sequence[str]) -> bool:
        situation = Situation(
            role=role,
            roles=frozenset(asker.roles),
            department=asker.department,
            purpose=asker.purpose,
            verb=asked.verb,
            area=asker.area,
            areas=frozenset({asker.area}),
            case_given=bool(asker.case),
            today=date.today(),
            home=HomeKind.SYNTHETIC,
            declared_for=asked.purposes,
        )
        guarded = self._guarded
        return all(may_show(situation, each, guarded[each], self.declarations) for each in {*items, *asked.needs})

    @cached_property
    def _guarded(self) -> Mapping[str, Sensitivity]:
        return item_sensitivities(self.declarations.registers, self.declarations.graph)

    def _is_there(self, name: str, asker: Asker, asked: Asked) -> bool:
        if asked.verb is Verb.DELIVER:
            return asker.department == FEEDS_OF["visits"] and name in ("visits", self.known.receipt)
        if name not in self.known.places:
            return False
        feed, mark, _ = name.partition(":")
        if mark and (asked.verb is Verb.READ or Role.SERVICE in asker.roles) and FEEDS_OF[feed] != asker.department:
            return False
        return asker.area == DISTRICT or any(lies_in(each, frozenset({asker.area})) for each in self.known.places[name])


ROLES = (*((each,) for each in Role if each is not Role.TRAINEE), (Role.ANALYST, Role.STEWARD))
AREAS = (DISTRICT, "310114102", "310114001")


def everybody(declarations: Declarations) -> list[Asker]:
    """Every department × role × area × purpose, one that nobody registered included, with a case and without."""
    plain = [Asker(*each) for each in product(sorted(declarations.departments), ROLES, AREAS)]
    purposes = [*declarations.purposes, "curiosity"]
    return [replace(each, purpose=code, case=case) for each in plain for code in purposes for case in ("", "2026-1")]
