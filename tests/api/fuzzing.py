"""Requests made up from the interface's own description: what it allows, what it forbids, and what lies between.

What is not meant to be wrong is real every other time, so that requests come further than the door. They are made up
for each operation by itself, and for one after the other, as the links of the description lead.
"""

import warnings
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import schemathesis
from httpx2 import Response
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Flaky, Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS as ALL_CHECKS
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response as KeptResponse
from schemathesis.generation.stateful.state_machine import StepInput, StepOutput
from schemathesis.schemas import APIOperation

from tests.api.calling import Served
from tests.api.fuzzing_askers import Asker, askers, fitting
from tests.hub.sharing.asking import Hub

load_all_checks()
CHECKS = ALL_CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    ]
)
ERROR, INVALID, OFF_SCHEMA = "server errors", "invalid inputs accepted", "answers off the schema"
KINDS = {"ServerError": ERROR, "AcceptedNegativeData": INVALID}
FILE = "application/octet-stream"
STEPS, BUNDLE = 8, 10


@dataclass(frozen=True)
class Wrong:
    """An answer that should not be: how it is wrong, of which operation, and all that is known of it."""

    kind: str
    operation: str
    told: str


@dataclass
class Tally:
    """How requests ended by operation and status, and what was wrong; which links led on to a success."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    forbidden: int = 0
    followed: Counter[str] = field(default_factory=Counter)
    cut_short: int = 0
    wrong: list[Wrong] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """All that were sent."""
        return self.statuses.total()

    def add(self, other: "Tally") -> None:
        """Counts what another one counted as well."""
        self.statuses += other.statuses
        self.forbidden += other.forbidden
        self.followed += other.followed
        self.cut_short += other.cut_short
        self.wrong += other.wrong

    @property
    def succeeded(self) -> set[str]:
        """Operations that did once what they are for."""
        return {operation for operation, status in self.statuses if 200 <= status < 300}

    def wrong_of(self, kind: str) -> int:
        """How many answers were wrong in this way."""
        return sum(each.kind == kind for each in self.wrong)


@dataclass(frozen=True)
class Run:
    """So many requests of either kind at each operation, then so many chains of them; the same for the same `begin`."""

    each: int
    chains: int
    begin: int = 1


@dataclass(frozen=True)
class Fuzz:
    """The service as it is described, those who ask, and what came of it."""

    described: schemathesis.schemas.BaseSchema
    among: Sequence[Asker]
    dice: Random
    tally: Tally = field(default_factory=Tally)

    def send(self, case: schemathesis.Case, keep: Collection[str] = ()) -> Response:
        """Sends the case for somebody, real in what is not named in `keep`, and notes how it ended."""
        operation = id_of(case.operation)
        by_right = self.dice.random() < 0.8
        asker = fitting(operation, self.among) if by_right else self.dice.choice(self.among)
        if self.dice.random() < 0.6:
            make_real(case, asker, self.dice, keep)
        answer = _sent(case, asker)
        asker.known.told.learn(operation, answer)
        self._note(case, answer)
        return answer

    def _note(self, case: schemathesis.Case, answer: Response) -> None:
        label = case.operation.label
        self.tally.statuses[label, answer.status_code] += 1
        self.tally.forbidden += case.meta is not None and case.meta.generation.mode is GenerationMode.NEGATIVE
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as failures:
            for each in failures.exceptions:
                told = f"{each.title}: {each.message}\n{case.as_curl_command()}\n{answer.text[:300]}"
                self.tally.wrong.append(Wrong(KINDS.get(type(each).__name__, OFF_SCHEMA), label, told))


def fuzz(hub: Hub, api: Served, run: Run) -> Tally:
    """Sends every operation what its description allows and what it forbids, alone and one after the other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        described = schemathesis.openapi.from_dict(api.client.get("/v1/openapi.json").json())
        going = Fuzz(described, askers(hub, api), Random(run.begin))
        for found in described.get_all_operations():
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                _fuzz_operation(found.ok(), mode, going, run)
        if run.chains:
            _fuzz_chains(going, run)
    return going.tally


def operations(api: Served) -> set[str]:
    """Every operation of the description, as a tally names them."""
    paths = api.client.get("/v1/openapi.json").json()["paths"]
    return {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def _fuzz_operation(operation: APIOperation, mode: GenerationMode, going: Fuzz, run: Run) -> None:
    @seed(run.begin)
    @_settings(max_examples=run.each)
    @given(case=operation.as_strategy(mode))
    def send(case: schemathesis.Case) -> None:
        going.send(case)

    # An operation that takes nothing has nothing wrong that could be sent.
    with suppress(Unsatisfiable):
        send()


def _fuzz_chains(going: Fuzz, run: Run) -> None:
    machine = going.described.as_state_machine()

    class Chain(machine):  # type: ignore[misc, valid-type]
        def step(self, input: StepInput) -> StepOutput:  # noqa: A002
            keep = {str(name) for _, name in input.applied_parameters}
            answer = KeptResponse.from_any(going.send(input.case, keep))
            self.after_call(answer, input.case)
            if input.transition is not None and keep and answer.status_code < 400:
                going.tally.followed[input.transition.id] += 1
            return StepOutput(answer, input.case)

    # What is told decides which links can be followed, so that the same draws may lead elsewhere: that ends a bundle,
    # and the next one begins from other draws.
    for number in range(run.chains // BUNDLE):
        bundle = seed(run.begin * 10_000 + number)(Chain)
        try:
            bundle.run(settings=_settings(max_examples=BUNDLE, stateful_step_count=STEPS))
        except Flaky:
            going.tally.cut_short += 1


def _settings(**more: Any) -> settings:
    every = list(HealthCheck)
    return settings(phases=[Phase.generate], database=None, deadline=None, suppress_health_check=every, **more)


def id_of(operation: APIOperation) -> str:
    """The operation's id in the description."""
    return str(operation.definition.raw["operationId"])


def make_real(case: schemathesis.Case, asker: Asker, dice: Random, keep: Collection[str] = ()) -> None:
    """Puts what the department would really say in place of what was made up, but what is wrong on purpose."""
    operation = id_of(case.operation)
    for place, values in (
        (ParameterLocation.PATH, case.path_parameters),
        (ParameterLocation.QUERY, case.query),
        (ParameterLocation.HEADER, case.headers),
    ):
        for name in list(values or ()) if not _is_wrong(case, place) else ():
            real = asker.named(operation, name, dice)
            if name in ("Content-Digest", "Digest"):
                del values[name]
            elif real is not None and name not in keep:
                values[name] = real
    body = asker.body(operation, dice)
    if body is not None and not _is_wrong(case, ParameterLocation.BODY):
        case.body = body
        case.media_type = FILE if isinstance(body, bytes) else case.media_type


def _is_wrong(case: schemathesis.Case, place: ParameterLocation) -> bool:
    found = case.meta.components.get(place) if case.meta else None
    return found is not None and found.mode is GenerationMode.NEGATIVE


def _sent(case: schemathesis.Case, asker: Asker) -> Response:
    said = asker.department.headers()
    if _is_wrong(case, ParameterLocation.HEADER):
        # What is wrong about a header stays wrong.
        said = {"Authorization": said["Authorization"]}
    if "security" not in case.operation.definition.raw:
        said = {}
    arguments = case.as_transport_kwargs(base_url="http://hub", headers=said)
    arguments.pop("cookies", None)
    client = asker.department.api.client
    return client.request(**{name: value for name, value in arguments.items() if value is not None})
