"""A small home that is served, and those who call it: the application itself, called without a network."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from api.app import create_app
from api.settings import ApiSettings
from hub.sharing.accounts_proofs import Secret
from hub.sharing.tokens import issue_token
from tests.hub.sharing.asking import AUDIENCE, EC, ISSUER, Hub, hub_in, signed
from tests.hub.shelf import home_with_snapshot

CANARY = "310110199001011234"
"""A number that no answer, log or count may hold."""


def served_hub(folder: Path) -> Hub:
    """A home with one person and the accounts of tests/hub/sharing/asking.py."""
    return hub_in(home_with_snapshot(folder / "home"))


@dataclass(frozen=True)
class Served:
    """An application that has been started over a hub."""

    hub: Hub
    client: TestClient

    def token_of(self, name: str) -> str:
        now = datetime.now(UTC)
        return issue_token(self.hub.trust, Secret(name, self.hub.secret(name)), AUDIENCE, now).text

    def get(self, path: str, name: str = "education", **headers: str) -> Response:
        named = {each.replace("_", "-"): value for each, value in headers.items()}
        return self.client.get(path, headers={"Authorization": f"Bearer {self.token_of(name)}", **named})


@contextmanager
def served(hub: Hub, *routers: Any, **settings: Any) -> Iterator[Served]:
    """The application over this hub, with these settings; `routers` are added to its own."""
    app = create_app(ApiSettings(home=hub.home.root, **settings))
    for router in routers:
        app.include_router(router)
    with TestClient(app, base_url="http://hub", raise_server_exceptions=False) as client:
        yield Served(hub, client)


def own_assertion(number: str, **other: Any) -> str:
    """What `housing` signs to be given a token now."""
    now = int(datetime.now(UTC).timestamp())
    return signed({"iss": "housing", "sub": "housing", "aud": ISSUER, "jti": number, "exp": now + 200, **other}, EC)


def problem_of(answer: Response) -> str:
    """The slug of the problem that is told; it is a whole problem document."""
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == answer.status_code
    assert said["request_id"] == answer.headers["x-request-id"]
    assert said["title"] and said["title_zh"] and said["detail"]
    return str(said["type"]).rpartition("/")[2]


def said_by(records: list[logging.LogRecord], log: str) -> list[Mapping[str, Any]]:
    """What a logger of the service said besides its fixed words."""
    return [json.loads(json.dumps(getattr(each, "said", {}))) for each in records if each.name == log]
