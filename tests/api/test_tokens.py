"""Tokens over HTTP: programs by OAuth 2, persons by a session, and the same words for everybody who is refused."""

from base64 import b64encode
from datetime import UTC, datetime

import pytest
from httpx2 import Response
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.api.calling import CANARY, Served, own_assertion, problem_of, served
from tests.hub.sharing.asking import Hub

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def ask(api: Served, basic: str | None = None, **form: str) -> Response:
    headers = {} if basic is None else {"Authorization": f"Basic {b64encode(basic.encode()).decode()}"}
    return api.client.post("/v1/token", data={"grant_type": "client_credentials", **form}, headers=headers)


def is_let_in(api: Served, answer: Response) -> bool:
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["token_type"] == "Bearer"
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return api.client.get("/v1/snapshot", headers=headers).status_code == 200


def test_a_program_is_let_in_by_its_key_once_for_each_assertion(api: Served) -> None:
    given = {"client_assertion_type": JWT_BEARER, "client_assertion": own_assertion("once")}
    answer = ask(api, **given)
    assert is_let_in(api, answer)
    assert answer.json()["expires_in"] == 600
    again = ask(api, **given)
    assert (again.status_code, again.json()) == (401, {"error": "invalid_client"})


def test_a_program_is_let_in_by_its_secret_in_the_form_or_the_header(api: Served) -> None:
    secret = api.hub.secret("education")
    assert is_let_in(api, ask(api, client_id="education", client_secret=secret))
    assert is_let_in(api, ask(api, basic=f"education:{secret}"))


def test_a_token_can_be_checked_by_the_keys_that_are_served(api: Served) -> None:
    keys = api.client.get("/v1/keys").json()
    assert all("d" not in each for each in keys["keys"])
    token = ask(api, basic=f"education:{api.hub.secret('education')}").json()["access_token"]
    assert jwt.decode(token, KeySet.import_key_set(keys), algorithms=["ES256"]).claims["sub"] == "education"


def test_a_person_is_let_in_by_a_session_alone(api: Served) -> None:
    password = api.hub.secret("wang")
    answer = api.client.post("/v1/session", json={"account": "wang", "password": password})
    assert is_let_in(api, answer)
    assert ask(api, client_id="wang", client_secret=password).json() == {"error": "invalid_client"}
    program = api.client.post("/v1/session", json={"account": "education", "password": api.hub.secret("education")})
    assert problem_of(program) == "not-signed-in"


@pytest.mark.parametrize("name", ["wang", "nobody", "education", "li"])
def test_who_is_refused_is_not_told_which_accounts_there_are(api: Served, name: str) -> None:
    answer = api.client.post("/v1/session", json={"account": name, "password": "wrong"})
    nobody = api.client.post("/v1/session", json={"account": "no.one", "password": "wrong"})
    assert problem_of(answer) == "not-signed-in"
    assert {**answer.json(), "request_id": ""} == {**nobody.json(), "request_id": ""}
    assert ask(api, client_id=name, client_secret="wrong").content == ask(api, basic="no.one:wrong").content


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password", "username": "wang", "password": "x"}, "unsupported_grant_type"),
        ({}, "invalid_client"),
        ({"client_id": "education"}, "invalid_client"),
        ({"client_secret": "x"}, "invalid_client"),
        ({"client_id": "e", "client_secret": "x", "client_assertion": "y"}, "invalid_request"),
        (
            {"client_secret": "x", "client_assertion": "y", "client_assertion_type": JWT_BEARER},
            "invalid_request",
        ),
        ({"client_assertion_type": JWT_BEARER}, "invalid_request"),
        ({"client_assertion": "y"}, "invalid_request"),
        ({"client_assertion_type": JWT_BEARER, "client_assertion": "no.such.token"}, "invalid_client"),
        ({"client_id": "e", "client_secret": "x" * 300}, "invalid_request"),
    ],
)
def test_errors_are_those_of_oauth(api: Served, form: dict[str, str], error: str) -> None:
    answer = ask(api, **form)
    assert answer.json() == {"error": error}
    assert answer.status_code == (401 if error == "invalid_client" else 400)


def test_who_comes_by_basic_is_told_to_come_by_basic(api: Served) -> None:
    answer = ask(api, basic="education:wrong")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="hub"')
    for header in ("Basic !", "Basic " + b64encode(b"no colon").decode(), "Digest x"):
        odd = api.client.post("/v1/token", data={"grant_type": "client_credentials"}, headers={"Authorization": header})
        assert odd.json() == {"error": "invalid_client"}
    both = ask(api, basic="education:x", client_id="education", client_secret="x")
    assert both.json() == {"error": "invalid_request"}


@pytest.mark.parametrize(
    "body", [b"grant_type=client_credentials&grant_type=x", b"\xff", b"a" * 100, b"&".join([b"a=b"] * 99)]
)
def test_a_form_that_is_none_is_refused(api: Served, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert api.client.post("/v1/token", content=body, headers=headers).json() == {"error": "invalid_request"}
    assert api.client.post("/v1/token", json={"grant_type": "client_credentials"}).status_code == 400


def test_an_assertion_that_names_another_account_beside_it_lets_nobody_in(api: Served) -> None:
    given = {"client_assertion_type": JWT_BEARER, "client_assertion": own_assertion("beside")}
    assert ask(api, client_id="education", **given).json() == {"error": "invalid_client"}


def test_tries_are_counted_by_account_and_by_address_whether_the_account_is_there_or_not(own_hub: Hub) -> None:
    for name in ("wang", "nobody"):
        with served(own_hub, logins_per_minute=3, logins_per_minute_and_address=100) as api:
            body = {"account": name, "password": "wrong"}
            tried = [api.client.post("/v1/session", json=body) for _ in range(5)]
            assert [each.status_code for each in tried] == [401, 401, 401, 429, 429]
            assert problem_of(tried[-1]) == "too-many-requests"
            assert 1 <= int(tried[-1].headers["retry-after"]) <= 21
    with served(own_hub, logins_per_minute=100, logins_per_minute_and_address=3) as api:
        tried = [ask(api, basic=f"account{number}:wrong") for number in range(5)]
        assert [each.status_code for each in tried] == [401, 401, 401, 429, 429]


def test_tries_that_succeed_are_not_counted(own_hub: Hub) -> None:
    with served(own_hub, logins_per_minute=2, logins_per_minute_and_address=2) as api:
        basic = f"education:{own_hub.secret('education')}"
        assert [ask(api, basic=basic).status_code for _ in range(6)] == [200] * 6


def test_a_request_without_a_token_that_holds_is_told_how_to_get_one(api: Served) -> None:
    old = datetime(2020, 1, 1, tzinfo=UTC).isoformat()
    for header in (None, "Bearer", "Bearer x", f"Bearer {CANARY}", "Basic eDp5", f"Bearer {old}"):
        answer = api.client.get("/v1/snapshot", headers={} if header is None else {"Authorization": header})
        assert problem_of(answer) == "not-signed-in"
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        assert CANARY not in answer.text
