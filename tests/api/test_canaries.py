"""Values that can be found again, planted in every guarded field: where they may be told, and nowhere else."""

import getpass
import gzip
import io
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet
import pytest
from httpx2 import Response
from prometheus_client import generate_latest

from api import frame
from api.logs import JsonLines
from api.routes import entities
from hub.settings import read_settings
from hub.sharing import disclose
from hub.sharing.own_id_keys import renew_own_id_keys
from hub.site import Site
from hub.stages import bring_in
from schemas.declarations import Declarations
from schemas.readers.purposes import Role, Verb
from stores.errors import StoreError
from stores.opening import open_stores
from stores.operational import open_operational
from stores.progress import SilentProgress
from tests.api.asked import (
    Asked,
    Asker,
    Asking,
    Known,
    SecondOpinion,
    ask,
    askings,
    let_in,
    question_asked,
)
from tests.api.calling import Served, served
from tests.api.canaries import GIVEN, PLANTED, Canaries, canaries_in, canary_home, found_in, guarded, known_in, written
from tests.hub.sharing.asking import CHANGE, hub_in
from tests.hub.typed import Hub as CommandLine
from tests.hub.typed import typing

TELLING = {("get", "/v1/entities/{own_id}"), ("post", "/v1/questions/{question}/answer")}
"""The operations that tell values of fields; all others tell none to anybody."""
PARQUET = "application/vnd.apache.parquet"
NAME, NUMBER, EMAIL = (PLANTED["person"][each] for each in ("name", "id_number", "email"))
REGISTRY = Asker("population_office", (Role.SERVICE,), purpose="record_correction", case="2026-1")
STEWARD = Asker("population_office", (Role.STEWARD,), purpose="stewardship")
TEAM = Asker("town_teams", (Role.SERVICE,), purpose="feed_delivery")


@dataclass(frozen=True)
class Nest:
    """The home of all canaries, served, and what it says beside its answers."""

    api: Served
    declarations: Declarations
    known: Known
    canaries: Canaries
    log: io.StringIO

    def hidden(self, asker: Asker, asked: Asked) -> Canaries:
        """What may not be in the answer: all but the fields that a second opinion shows, for this way of reading.

        A value that is a part of what may be shown is no leak.
        """
        opinion = SecondOpinion(self.declarations, self.known)
        shown = {each for each in self.canaries if opinion.shows(asker, asked, [each])}
        told = [value for each in shown for value in self.canaries[each]]
        values = {
            each: frozenset(value for value in self.canaries[each] if not any(value in text for text in told))
            for each in self.canaries.keys() - shown
        }
        return {each: some for each, some in values.items() if some}

    def beside(self) -> str:
        """What the service has written: its log, counts, audit log, names of files, and what it keeps of asking."""
        home = self.api.hub.home
        counts = generate_latest(self.api.client.app.state.metrics.registry).decode()  # type: ignore[attr-defined]
        assert "hub_requests_total" in counts
        named = [str(each.relative_to(home.root)) for each in home.root.rglob("*")]
        kept = [*home.audit.rglob("*"), *home.inbox.rglob("*"), *home.operational.parent.glob("*.sqlite*")]
        read = [each.read_bytes() for each in kept if each.is_file()]
        texts = [gzip.decompress(each) if each[:2] == b"\x1f\x8b" else each for each in read]
        assert any(b'"outcome"' in each for each in texts)
        return "\n".join([self.log.getvalue(), counts, *named, *(each.decode("utf-8", "replace") for each in texts)])


@pytest.fixture(scope="module")
def nest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nest]:
    folder = tmp_path_factory.mktemp("nest")
    home, declarations = canary_home(folder)
    hub = hub_in(home)
    with open_operational(home) as operational:
        renew_own_id_keys(home, operational.accounts, CHANGE)
    let_in(hub, [REGISTRY, STEWARD, TEAM, *readers(declarations)])
    with served(hub, schemas=folder / "schemas", points_at_once=10_000_000) as api, logged() as log:
        yield Nest(api, declarations, known_in(api), canaries_in(hub, declarations), log)


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """The service's log as it is written, with everything that it could say."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    handler.setFormatter(JsonLines())
    # What the tests' own client says is no part of the service.
    handler.addFilter(lambda record: not record.name.startswith("httpx"))
    hub = logging.getLogger("hub")
    level = hub.level
    logging.getLogger().addHandler(handler)
    hub.setLevel(logging.DEBUG)
    yield log
    hub.setLevel(level)
    logging.getLogger().removeHandler(handler)


def readers(declarations: Declarations) -> list[Asker]:
    """One reader for each purpose and each role that it names, with a case where the purpose wants one."""
    found: dict[tuple[str, Role], Asker] = {}
    for purpose in declarations.purposes.values():
        reach = purpose.reach
        for department, role in sorted(reach.readers if reach else ()):
            case = "2026-1" if reach and reach.case_number else ""
            found.setdefault((purpose.code, role), Asker(department, (role,), purpose=purpose.code, case=case))
    return [*found.values(), replace(REGISTRY, purpose="training", case="")]


def asked_by(nest: Nest, asker: Asker) -> Iterator[Asking]:
    """What the asker may ask for the purpose."""
    reach = nest.declarations.purposes[asker.purpose].reach
    for each in askings(nest.declarations, nest.known, GIVEN):
        if reach is None or each.asked(asker).verb in reach.verbs:
            yield each
    for question in nest.declarations.questions.values():
        if asker.purpose in question.purposes:
            yield question_asked(nest.declarations, question.id)


def text_of(answer: Response) -> str:
    """Everything that an answer says."""
    head = " ".join(f"{name}: {value}" for name, value in answer.headers.items())
    if answer.headers.get("content-type") == PARQUET:
        return head + str(pyarrow.parquet.read_table(io.BytesIO(answer.content)).to_pylist())
    return head + answer.text


def told(nest: Nest, asker: Asker) -> Iterator[tuple[Asking, Response, set[str]]]:
    """Each answer that the asker gets, with the fields that it should not tell."""
    for asking in asked_by(nest, asker):
        kinds = ("application/json", "text/csv", PARQUET) if asking.asked(asker).verb is Verb.ASK else ("*/*",)
        for kind in kinds:
            answer = ask(nest.api, asker, asking, Accept=kind, **{"Idempotency-Key": f"told-{asker.account.name}"})
            hidden = nest.hidden(asker, asking.asked(asker)) if asking.operation in TELLING else nest.canaries
            yield asking, answer, found_in(text_of(answer), hidden)


def test_every_guarded_field_has_a_canary(nest: Nest) -> None:
    fields = {
        f"{register.id}.{each.name}" for register in nest.declarations.registers.values() for each in guarded(register)
    }
    assert fields == {item for item, values in nest.canaries.items() if values}


def test_no_canary_is_told_where_it_may_not_be_and_each_is_where_it_may(nest: Nest) -> None:
    seen: set[str] = set()
    answered = 0
    for asker in readers(nest.declarations):
        for asking, answer, leaked in told(nest, asker):
            assert not leaked, (asker, asking.path, leaked)
            assert answer.status_code < 500, (asker, asking.path)
            answered += answer.status_code == 200
            if asker.purpose == "stewardship":
                seen |= found_in(text_of(answer), nest.canaries)
    listed = nest.declarations.purposes["stewardship"].reach
    assert listed is not None
    items = {f"{register}.{name}" for register, names in listed.fields.items() for name in names}
    assert items & nest.canaries.keys() <= seen, "what a purpose lists is found, so a leak would be"
    assert answered > 200
    assert found_in(nest.beside(), nest.canaries) == set()
    assert nest.log.getvalue().count("\n") > 400


def wrong(method: str, path: str, body: object = "", **headers: str) -> tuple[Asking, Mapping[str, str]]:
    """A request and its headers."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    named = {name.replace("_", "-"): each for name, each in headers.items()}
    return Asking((method, path), path, lambda _: Asked(Verb.READ), text), named


def mistakes(nest: Nest) -> list[tuple[Asking, Mapping[str, str]]]:
    """Requests that are wrong in every way, each with a canary in it, and their headers."""
    return [*wrong_readings(f"<{nest.known.person}>"), *wrong_writings(nest), *wrong_callers()]


def wrong_readings(own: str) -> list[tuple[Asking, Mapping[str, str]]]:
    return [
        *(wrong("get", f"{path}{NUMBER}") for path in ("", "entities/", "records/visits/", "deliveries/", "problems/")),
        *(
            wrong("get", f"{path}{NUMBER}")
            for path in ("changes?cursor=", "changes?limit=", "disputes?state=", "snapshot?a=")
        ),
        *(wrong(method, f"entities/{own}") for method in ("delete", "put", NUMBER)),
        *(wrong("post", f"match/{each}", {"fields": {"name": NAME}}) for each in (NUMBER, "person")),
        *(wrong("post", "match/person", body) for body in (NUMBER, {NAME: NUMBER}, {"fields": [NAME]}, f'{{"{NAME}')),
        wrong("post", "match/person", {"fields": {NAME: NUMBER, "birth_date": NAME, "name": NAME}}),
        wrong("post", "match/person", {"fields": {"name": NAME, "id_number": EMAIL, "phone": NAME}}),
        wrong("post", "records/search", {"records": [{"feed": NAME, "key": NUMBER}, {"feed": "visits", "key": EMAIL}]}),
        wrong("post", "questions/separated_residents/answer", {"parameters": {NAME: NUMBER, "limit": NAME}}),
        wrong("post", "questions/separated_residents/answer", {}, Accept=EMAIL),
        *(wrong("post", "audit/search", {"caller": NAME, "purpose": NUMBER, **more}) for more in ({}, {"since": NAME})),
    ]


def wrong_writings(nest: Nest) -> list[tuple[Asking, Mapping[str, str]]]:
    fact = {"kind": "fact", "id": f"<{nest.known.person}>", "field": "name", "why": NAME}
    ruling = f"disputes/{nest.known.dispute}/ruling"
    return [
        wrong("post", "disputes", fact, Idempotency_Key="mistake-1"),
        wrong("post", "disputes", {**fact, "why": EMAIL}, Idempotency_Key="mistake-1"),
        wrong("post", "disputes", {**fact, "field": NUMBER}, Idempotency_Key="mistake-2"),
        wrong(
            "post",
            "disputes",
            {**fact, "proposed": NUMBER, "record": {"feed": NAME, "key": EMAIL}},
            Idempotency_Key="mistake-3",
        ),
        wrong("post", "disputes", fact, Idempotency_Key=EMAIL),
        *(
            wrong("post", f"disputes/{nest.known.dispute}/withdrawal", {"why": NAME}, Idempotency_Key=f"mistake-{each}")
            for each in (7, 8)
        ),
        wrong("post", ruling, {"decision": "upheld", "why": NAME, "right": NAME}, Idempotency_Key="mistake-4"),
        wrong(
            "post",
            "deliveries/visits?mode=full&date=2026-06-30&sequence=1",
            NAME,
            Idempotency_Key="mistake-5",
            Content_Type=EMAIL,
        ),
        wrong("post", f"deliveries/{NUMBER}?mode={EMAIL}&date={NUMBER}&sequence=1", NAME, Idempotency_Key="mistake-6"),
    ]


def wrong_callers() -> list[tuple[Asking, Mapping[str, str]]]:
    return [
        wrong(
            "post",
            "token",
            f"grant_type=client_credentials&client_id={NUMBER}&client_secret={EMAIL}",
            Content_Type="application/x-www-form-urlencoded",
        ),
        wrong("post", "session", {"account": "canary", "password": EMAIL, NAME: NUMBER}),
        wrong("post", "session", {"account": EMAIL.replace("@", "."), "password": NUMBER}),
        *(
            wrong("get", "changes", **{header: EMAIL})
            for header in ("Authorization", "Hub_Purpose", "Hub_Case", "X_Request_Id")
        ),
        wrong("get", "changes", traceparent=f"00-{NUMBER}-{NUMBER}-01", Cookie=EMAIL, If_None_Match=EMAIL),
    ]


def test_what_is_sent_by_mistake_is_repeated_nowhere(nest: Nest) -> None:
    statuses: set[int] = set()
    for asker in (REGISTRY, STEWARD, TEAM):
        for asking, headers in mistakes(nest):
            answer = ask(nest.api, asker, asking, **headers)
            assert found_in(text_of(answer), nest.canaries) == set(), (asker, asking.path, answer.status_code)
            statuses.add(answer.status_code)
    assert statuses >= {400, 401, 403, 404, 405, 406, 409, 415, 422}
    assert found_in(nest.beside(), nest.canaries) == set()


@pytest.mark.parametrize(("kind", "status"), [(RuntimeError, 500), (StoreError, 503), (OSError, 503)])
def test_an_error_that_quotes_a_person_is_told_without_its_words(
    nest: Nest, monkeypatch: pytest.MonkeyPatch, kind: type[Exception], status: int
) -> None:
    def fail(*_: object) -> None:
        raise kind(f"{NAME} {NUMBER}") from ValueError(EMAIL)

    monkeypatch.setattr(entities, "read_entity", fail)
    answer = ask(nest.api, STEWARD, of_person(nest))
    assert answer.status_code == status
    assert found_in(text_of(answer), nest.canaries) == set()
    assert found_in(nest.beside(), nest.canaries) == set()


def of_person(nest: Nest) -> Asking:
    [found] = [
        each for each in askings(nest.declarations, nest.known, GIVEN) if each.path == f"entities/<{nest.known.person}>"
    ]
    return found


def test_a_delivery_is_told_of_without_what_it_holds(nest: Nest, tmp_path: Path) -> None:
    columns = {f"{register}_{name}": value for register, said in PLANTED.items() for name, value in said.items()}
    broken = [
        {"nr": NUMBER, **columns, "day": NAME, "person_birth_date": NAME, "person_sex": NAME},
        {**columns, "nr": ""},
    ]
    content = written(nest.declarations, tmp_path, "visits", broken).read_text()
    path = "deliveries/visits?mode=delta&date=2026-07-01&sequence=1"
    asking = Asking(("post", path), path, lambda _: Asked(Verb.DELIVER), content)
    handed = ask(nest.api, TEAM, asking, **{"Content-Type": "text/csv", "Idempotency-Key": "delivery-2"})
    assert handed.status_code == 202
    assert found_in(nest.beside(), nest.canaries) == set(), "not as it lies in the inbox"
    home = nest.api.hub.home
    settings = read_settings(home, {})
    with open_stores(home, "test", settings=settings.warehouse, tell=lambda _: None) as stores:
        site = Site(home, stores.warehouse, stores.operational, nest.declarations, settings, SilentProgress())
        bring_in([], site, inbox=True)
    receipt = f"deliveries/{handed.json()['receipt']}"
    answers = [
        ask(nest.api, TEAM, Asking(("get", each), each, lambda _: Asked(Verb.DELIVER)))
        for each in (receipt, f"{receipt}/rows", "deliveries?feed=visits")
    ]
    assert answers[0].json()["counts"]["quarantined"] > 0
    assert len(answers[1].json()["rows"]) > 1
    for answer in answers:
        assert found_in(text_of(answer), nest.canaries) == set()
    assert found_in(nest.beside(), nest.canaries) == set()


@pytest.fixture
def hub(nest: Nest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """The command line over the nest, typed by a steward of the population office."""
    file = nest.api.hub.home.root / "home.toml"
    if "[readers." not in file.read_text():
        with file.open("a") as writing:
            writing.write(f'\n[readers.{getpass.getuser()}]\nroles = ["steward"]\ndepartment = "population_office"\n')
    typed = typing(monkeypatch, capsys)
    root, overlay = nest.api.hub.home.root, nest.api.hub.home.root.with_name("schemas")
    return lambda *command: typed("--home", str(root), "--schemas", str(overlay), *command)


def test_exports_of_the_command_line_hold_what_the_purpose_lists_alone(
    nest: Nest, hub: CommandLine, tmp_path: Path
) -> None:
    explaining = ("explain", "visits:V0", "residence_registration:JZ00000001")
    matching = ("match", "person", f"name={NAME}", f"id_number={NUMBER}")
    asked = [
        ("residence_check", Asked(Verb.ASK), ("ask", "separated_residents")),
        ("residence_check", Asked(Verb.MATCH), matching),
        ("stewardship", Asked(Verb.EXPLAIN), explaining),
        ("record_correction", Asked(Verb.EXPLAIN), explaining),
    ]
    seen: set[str] = set()
    for purpose, reading, command in asked:
        asker = replace(STEWARD, purpose=purpose, case="1")
        hidden = nest.hidden(asker, reading)
        for kind in ("json", "csv", "parquet"):
            file = tmp_path / f"{purpose}.{kind}"
            done = hub(*command, "--purpose", purpose, "--case", "1", "--format", kind, "--output", str(file))
            assert done.code == 0, done.err
            content = str(pyarrow.parquet.read_table(file).to_pylist()) if kind == "parquet" else file.read_text()
            everything = content + done.out + done.err
            assert found_in(everything, hidden) == set(), (purpose, command, kind)
            seen |= found_in(everything, nest.canaries)
    assert {"person.birth_date", "person.id_number"} <= seen, "what a purpose lists is found, so a leak would be"
    assert found_in(nest.beside(), nest.canaries) == set()


def test_a_cut_that_lets_everything_through_is_found(nest: Nest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disclose, "cut", lambda answer, decision, request: answer)
    inspector = Asker("civil_affairs", (Role.INSPECTOR,), purpose="assistance")
    leaked = {each for _, _, some in told(nest, inspector) for each in some}
    assert {"person.name", "person.phone", "person.id_number", "house.certificate_no"} <= leaked


def test_a_word_too_much_in_the_log_is_found(nest: Nest, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = len(nest.log.getvalue())
    monkeypatch.setattr(frame, "template_of", lambda scope: scope["path"])
    ask(nest.api, REGISTRY, Asking(("get", ""), f"entities/{NUMBER}", lambda _: Asked(Verb.READ)))
    assert found_in(nest.log.getvalue()[heard:], nest.canaries) == {"person.id_number"}
