"""Who asks for what: a token, a purpose, the number of a case; what does not fit is told without being repeated."""

from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from api.asking import Asker, AskerOf1, asking
from hub.errors import AccessDenied
from stores.operational import open_operational
from tests.api.calling import CANARY, Served, problem_of, served
from tests.hub.sharing.asking import CHANGE, Hub

router = APIRouter(prefix="/v1")


class Asked(BaseModel):
    """A body with little in it."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=5)]
    more: dict[str, int] = {}


@router.get("/asked")
def asked(
    asker: AskerOf1, count: Annotated[int, Query(ge=1)] = 1, words: Annotated[list[str] | None, Query()] = None
) -> dict[str, str]:
    """Tells who asked."""
    return {"caller": asker.caller.name, "purpose": asker.purpose, "case": asker.case}


@router.get("/dear")
def dear(asker: Annotated[Asker, Depends(asking(30))]) -> str:
    """Costs much."""
    return asker.caller.name


@router.post("/asked")
def post(asker: AskerOf1, body: Asked) -> str:
    """Takes a body."""
    return asker.purpose + body.name


@router.get("/refused")
def refused(asker: AskerOf1) -> None:
    """Is refused by a policy."""
    raise AccessDenied("limits-purpose", "the purpose is not for this 目的不符")


@pytest.fixture(scope="module")
def asked_api(shared_hub: Hub) -> Iterator[Served]:
    with served(shared_hub, router) as it:
        yield it


def test_an_asker_has_an_account_a_purpose_and_perhaps_a_case(asked_api: Served) -> None:
    assert asked_api.get("/v1/asked", Hub_Purpose="training").json() == {
        "caller": "education",
        "purpose": "training",
        "case": "",
    }
    answer = asked_api.get("/v1/asked", "wang", Hub_Purpose="dwelling_safety", Hub_Case="2026/017-A")
    assert answer.json() == {"caller": "wang", "purpose": "dwelling_safety", "case": "2026/017-A"}


def test_without_a_token_nothing_else_is_looked_at(asked_api: Served) -> None:
    assert problem_of(asked_api.client.get("/v1/asked?count=x")) == "not-signed-in"


@pytest.mark.parametrize(
    ("path", "headers", "place", "rule"),
    [
        ("/v1/asked", {}, "#/header/Hub-Purpose", "missing"),
        ("/v1/asked", {"Hub_Purpose": CANARY}, "#/header/Hub-Purpose", "string_pattern_mismatch"),
        ("/v1/asked", {"Hub_Purpose": "a", "Hub_Case": "a" * 65}, "#/header/Hub-Case", "string_too_long"),
        (f"/v1/asked?count=-{CANARY}", {"Hub_Purpose": "a"}, "#/query/count", "greater_than_equal"),
        (f"/v1/asked?count={CANARY}x", {"Hub_Purpose": "a"}, "#/query/count", "int_parsing"),
    ],
)
def test_what_does_not_fit_is_told_by_its_place_and_rule(
    asked_api: Served, path: str, headers: dict[str, str], place: str, rule: str
) -> None:
    answer = asked_api.get(path, **headers)
    assert problem_of(answer) == "invalid-input"
    assert answer.json()["misfits"] == [{"place": place, "rule": rule}]
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    ("body", "place", "rule"),
    [
        ({"name": CANARY}, "#/body/name", "string_too_long"),
        ({"name": "a", CANARY: 1}, "#/body/*", "extra_forbidden"),
        ({"name": "a", "more": {CANARY: "x"}}, "#/body/more/*", "int_parsing"),
        ([CANARY], "#/body", "model_attributes_type"),
        (f'{{"name": "{CANARY}', "#/body", "json_invalid"),
    ],
)
def test_a_body_that_does_not_fit_is_not_repeated(asked_api: Served, body: object, place: str, rule: str) -> None:
    token = asked_api.token_of("education")
    headers = {"Authorization": f"Bearer {token}", "Hub-Purpose": "a", "Content-Type": "application/json"}
    if isinstance(body, str):
        answer = asked_api.client.post("/v1/asked", content=body, headers=headers)
    else:
        answer = asked_api.client.post("/v1/asked", json=body, headers=headers)
    assert problem_of(answer) == "invalid-input"
    assert answer.json()["misfits"] == [{"place": place, "rule": rule}]
    assert CANARY not in answer.text


def test_a_refusal_names_its_rule_and_reason(asked_api: Served) -> None:
    answer = asked_api.get("/v1/refused", Hub_Purpose="a")
    assert (answer.status_code, problem_of(answer)) == (403, "refused")
    assert answer.json()["rule"] == "limits-purpose"
    assert answer.json()["reason"] == "the purpose is not for this 目的不符"


def test_requests_cost_points_of_their_caller_alone(own_hub: Hub) -> None:
    with served(own_hub, router, points_at_once=100, points_per_minute=60) as api:
        answers = [api.get("/v1/dear", Hub_Purpose="a") for _ in range(4)]
        assert [each.status_code for each in answers] == [200, 200, 200, 429]
        assert problem_of(answers[-1]) == "too-many-requests"
        # 10 points are there, 20 more come at one a second.
        assert 15 <= int(answers[-1].headers["retry-after"]) <= 21
        assert api.get("/v1/dear", "wang", Hub_Purpose="a").status_code == 200
        assert api.get("/v1/asked", Hub_Purpose="a").status_code == 200


def test_an_account_that_is_revoked_is_refused_at_once(own_hub: Hub) -> None:
    with served(own_hub) as api:
        token = {"Authorization": f"Bearer {api.token_of('education')}"}
        assert api.client.get("/v1/snapshot", headers=token).status_code == 200
        with open_operational(own_hub.home) as operational:
            operational.accounts.revoke("education", "left", CHANGE)
        assert problem_of(api.client.get("/v1/snapshot", headers=token)) == "not-signed-in"


@pytest.mark.parametrize(
    ("query", "places"),
    [
        (f"name={CANARY}", ["#/query/*"]),
        (f"{CANARY}", ["#/query/*"]),
        (f"count=1&count={CANARY}", ["#/query/count"]),
        ("words=a&words=b", []),
    ],
)
def test_an_address_asks_for_what_is_declared_and_once(asked_api: Served, query: str, places: list[str]) -> None:
    answer = asked_api.get(f"/v1/asked?{query}", Hub_Purpose="a")
    assert [each["place"] for each in answer.json().get("misfits", [])] == places
    assert answer.status_code == (422 if places else 200)
    assert CANARY not in answer.text
