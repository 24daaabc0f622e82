"""Every address asks the one door for just what it reads, and lets in whom a second evaluator would let in."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from hub.errors import AccessDenied, NothingThereError
from hub.reading import deliveries, reader
from hub.sharing.own_id_keys import renew_own_id_keys
from hub.sharing.request import Answer, Caller, Disclosure, Request
from schemas.declarations import Declarations
from schemas.readers.purposes import DISTRICT, Role
from stores.operational import open_operational
from tests.api.asked import (
    ABSENT,
    LET_IN,
    NOTHING,
    REFUSED,
    Asked,
    Asker,
    Asking,
    Known,
    SecondOpinion,
    ask,
    askings,
    everybody,
    let_in,
)
from tests.api.calling import Served, served
from tests.api.canaries import GIVEN, canary_home, known_in
from tests.hub.sharing.asking import CHANGE, hub_in
from tests.hub.sharing.audit_log import lines
from tests.trials import IS_FULL, trials, write_down

STATUSES = {REFUSED: frozenset({403}), ABSENT: frozenset({404})}


@dataclass
class Spy:
    """What the door was asked, and what came of it; `written` are those that stand in the audit log."""

    seen: list[tuple[Asked, str]] = field(default_factory=list)
    written: int = 0

    def around(self, door: Callable[..., Disclosure]) -> Callable[..., Disclosure]:
        def disclose(caller: Caller, purpose: str, request: Request, run: Callable[[], Answer]) -> Disclosure:
            reading = request.reading
            asked = Asked(reading.verb, reading.registers, reading.needs, reading.about, reading.purposes)
            outcome, before = LET_IN, self.written
            self.written += 1
            try:
                return door(caller, purpose, request, run)
            except AccessDenied:
                outcome = REFUSED
                raise
            except NothingThereError:
                outcome = ABSENT
                raise
            except Exception:
                self.written = before
                raise
            finally:
                self.seen.append((asked, outcome))

        return disclose


@dataclass(frozen=True)
class Watched:
    """The service over a small home, with a spy at the door."""

    api: Served
    declarations: Declarations
    spy: Spy
    known: Known


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("decided")
    home, declarations = canary_home(folder)
    hub = hub_in(home)
    with open_operational(home) as operational:
        renew_own_id_keys(home, operational.accounts, CHANGE)
    spy = Spy()
    with (
        pytest.MonkeyPatch.context() as patching,
        served(hub, schemas=folder / "schemas", points_at_once=10_000_000) as api,
    ):
        for module in (reader, deliveries):
            patching.setattr(module, "disclose", spy.around(module.disclose))
        yield Watched(api, declarations, spy, known_in(api))


def all_askings(watched: Watched) -> list[Asking]:
    return askings(watched.declarations, watched.known, GIVEN)


def test_every_operation_says_what_it_reads(watched: Watched) -> None:
    described = watched.api.client.get("/v1/openapi.json").json()["paths"]
    operations = {(method, path) for path, methods in described.items() for method in methods}
    reading = {each.operation for each in all_askings(watched)}
    assert reading | NOTHING.keys() == operations
    assert not reading & NOTHING.keys()


def test_what_reads_nothing_of_anybody_asks_nothing_and_writes_no_reading(watched: Watched) -> None:
    asker = Asker("population_office", (Role.STEWARD,), purpose="stewardship")
    let_in(watched.api.hub, [asker])
    seen, written = len(watched.spy.seen), len(lines(watched.api.hub.home.audit))
    for operation, path in NOTHING.items():
        answer = ask(watched.api, asker, Asking(operation, path, lambda _: pytest.fail("reads")))
        assert answer.status_code == (200 if operation[0] == "get" else 400 if path == "token" else 422), path
    assert len(watched.spy.seen) == seen
    assert len(lines(watched.api.hub.home.audit)) == written


Combination = tuple[Asker, Asking, Asked, str]


def combinations(watched: Watched) -> list[Combination]:
    """Everybody × every request with what must come of it.

    In `make test` it is some of each request and outcome, and of those whom a case or a duty in the whole district
    would have let in.
    """
    opinion, asking = SecondOpinion(watched.declarations, watched.known), all_askings(watched)
    drawn = random.Random(7)
    askers = everybody(watched.declarations)
    if not IS_FULL:
        askers = drawn.sample(askers, 1_500)
    by_outcome: defaultdict[tuple[int, tuple[str, ...]], list[Combination]] = defaultdict(list)
    for number, each in enumerate(asking):
        for asker in askers:
            others = (replace(asker, case="2026-1"), replace(asker, area=DISTRICT))
            outcomes = tuple(opinion.outcome(who, each.asked(who)) for who in (asker, *others))
            by_outcome[number, outcomes].append((asker, each, each.asked(asker), outcomes[0]))
    most = trials(few=4, full=len(askers))
    found = [each for some in by_outcome.values() for each in drawn.sample(some, min(most, len(some)))]
    # What is asked in one situation is asked one after the other: a decision is made once.
    return sorted(found, key=lambda each: (each[0].account.name, each[0].purpose, each[0].case))


def test_a_second_opinion_agrees_on_whom_every_operation_lets_in(watched: Watched) -> None:
    tried = combinations(watched)
    let_in(watched.api.hub, [asker for asker, *_ in tried])
    different: list[Any] = []
    before = len(lines(watched.api.hub.home.audit)) - watched.spy.written
    for number, (asker, asking, asked, outcome) in enumerate(tried):
        watched.spy.seen.clear()
        answer = ask(watched.api, asker, asking, **{"Idempotency-Key": f"decided-{number}"})
        expected = STATUSES.get(outcome, asking.statuses)
        if watched.spy.seen != [(asked, outcome)] or answer.status_code not in expected:
            different.append((asker, asking.path, asked, outcome, watched.spy.seen[:], answer.status_code))
    outcomes = {(asking.operation, outcome) for _, asking, _, outcome in tried}
    write_down({"trial": "decisions through routes", "decided": len(tried), "different": len(different)})
    assert different == []
    assert len(lines(watched.api.hub.home.audit)) - watched.spy.written == before
    of_all = {asking.operation for asking in all_askings(watched)}
    for outcome in (LET_IN, REFUSED):
        assert {operation for operation, other in outcomes if other == outcome} == of_all
