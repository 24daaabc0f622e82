"""Requests made up from the interface's own description: what it allows, what it forbids, and what lies between.

Those that are allowed take real ids, records and cursors every other time, so that they come further than the door.
"""

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from httpx2 import Response
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS as ALL_CHECKS
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.schemas import APIOperation

from tests.api.calling import Served
from tests.api.readable import Department, own_ids, rows
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
ASKERS = (
    ("registry", "population_office", "residence_check", ""),
    ("registry", "population_office", "record_correction", "2026-1"),
    ("police", "public_security", "residence_check", ""),
    ("insurance", "human_resources", "social_insurance_reconciliation", "2026-2"),
    ("chen", "population_office", "stewardship", ""),
    ("qian", "population_office", "oversight", ""),
    ("sun", "population_office", "training", ""),
    ("town", "town_teams", "dwelling_safety", ""),
    ("registry", "population_office", "training", ""),
)


@dataclass
class Tally:
    """How many requests were sent, how they ended, and what was wrong: operation and message."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """All that were sent."""
        return sum(self.statuses.values())


@dataclass(frozen=True)
class Asker:
    """An account with its purpose, and what its department would really name, by name of parameter."""

    department: Department
    known: Mapping[str, Sequence[str]]


def askers(hub: Hub, api: Served) -> list[Asker]:
    """Every account with real ids and records of its department."""
    return [
        Asker(Department(api, name, purpose, case), _known(hub, api, department))
        for name, department, purpose, case in ASKERS
    ]


def _known(hub: Hub, api: Served, department: str) -> dict[str, Sequence[str]]:
    feeds = {"population_office": "residence_registration", "public_security": "household_register"}
    found = rows(
        hub,
        """SELECT feed, record_key, entity_id FROM person_record JOIN member USING (record_id)
           WHERE member.register = 'person' AND feed = $feed ORDER BY record_id LIMIT 5""",
        feed=feeds.get(department, "social_insurance"),
    )
    others = [each for (each,) in rows(hub, "SELECT entity_id FROM house ORDER BY entity_id LIMIT 3")]
    return {
        "own_id": own_ids(hub, department).of([*(entity for _, _, entity in found), *others]),
        "feed": [feed for feed, _, _ in found],
        "key": [key for _, key, _ in found],
        "question": sorted(api.client.app.state.service.declarations.questions),  # type: ignore[attr-defined]
        "slug": ["not-there", "refused"],
    }


@dataclass(frozen=True)
class Run:
    """So many requests of either kind at each operation, the same ones for the same `begin`."""

    each: int
    begin: int = 1
    tally: Tally = field(default_factory=Tally)


def fuzz(hub: Hub, api: Served, run: Run) -> Tally:
    """Sends every operation what its description allows and what it forbids."""
    asking = askers(hub, api)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        described = schemathesis.openapi.from_dict(api.client.get("/v1/openapi.json").json())
        for found in described.get_all_operations():
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                _fuzz_operation(found.ok(), mode, asking, run)
    return run.tally


def _fuzz_operation(operation: APIOperation, mode: GenerationMode, asking: Sequence[Asker], run: Run) -> None:
    @seed(run.begin)
    @settings(
        max_examples=run.each,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode), asker=st.sampled_from(asking), data=st.data())
    def send(case: schemathesis.Case, asker: Asker, data: st.DataObject) -> None:
        if mode is GenerationMode.POSITIVE and data.draw(st.booleans()):
            _make_real(case, asker, data)
        answer = _sent(case, asker)
        run.tally.statuses[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as failures:
            told = "; ".join(f"{each.title}: {each.message}" for each in failures.exceptions)
            run.tally.wrong.append(f"{operation.label}: {told}\n{case.as_curl_command()}\n{answer.text[:300]}")

    # An operation that takes nothing has nothing wrong that could be sent.
    with suppress(Unsatisfiable):
        send()


def _make_real(case: schemathesis.Case, asker: Asker, data: st.DataObject) -> None:
    """Puts what the department would really name in place of what was made up."""
    for name in case.path_parameters or {}:
        if name in asker.known:
            case.path_parameters[name] = data.draw(st.sampled_from(asker.known[name]))
    if isinstance(case.body, dict):
        _make_body_real(case.body, asker, data)


def _make_body_real(body: dict[str, Any], asker: Asker, data: st.DataObject) -> None:
    for name, value in body.items():
        known = asker.known.get({"id": "own_id", "other_id": "own_id"}.get(name, name))
        if known and isinstance(value, str):
            body[name] = data.draw(st.sampled_from(known))
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                _make_body_real(each, asker, data)


def _sent(case: schemathesis.Case, asker: Asker) -> Response:
    headers = case.meta.components.get(ParameterLocation.HEADER) if case.meta else None
    said = asker.department.headers()
    if headers is not None and headers.mode is GenerationMode.NEGATIVE:
        # What is wrong about a header stays wrong.
        said = {"Authorization": said["Authorization"]}
    arguments = case.as_transport_kwargs(base_url="http://hub", headers=said)
    arguments.pop("cookies", None)
    client = asker.department.api.client
    return client.request(**{name: value for name, value in arguments.items() if value is not None})
