"""A small district that departments read over the service: their accounts, and what is known of its people."""

from dataclasses import dataclass, field
from typing import Any

from httpx2 import Response

from hub.reading.reader import Reader
from hub.settings import read_settings
from hub.sharing.own_id_keys import read_own_id_keys, renew_own_id_keys
from hub.sharing.own_ids import OwnIds
from hub.sharing.request import Caller
from schemas.declarations import load_declarations
from stores.home import Home
from stores.operational import open_operational, read_operational
from stores.operational.accounts import AccountKind, NewAccount
from tests.api.calling import Served
from tests.hub.sharing.asking import CHANGE, Hub, hub_in

REGISTRY = NewAccount("registry", AccountKind.SERVICE, "population_office")
POLICE = NewAccount("police", AccountKind.SERVICE, "public_security")
INSURANCE = NewAccount("insurance", AccountKind.SERVICE, "human_resources")
CHEN = NewAccount("chen", AccountKind.PERSON, "population_office", ("steward",), holder="0900")
QIAN = NewAccount("qian", AccountKind.PERSON, "population_office", ("auditor",), holder="0901")
SUN = NewAccount("sun", AccountKind.PERSON, "population_office", ("administrator",), holder="0902")
TOWN = NewAccount("town", AccountKind.PERSON, "town_teams", ("inspector",), areas=("310114102",), holder="0903")


def readable_hub(home: Home) -> Hub:
    """The home with accounts of several departments and a key for their own ids."""
    hub = hub_in(home, REGISTRY, POLICE, INSURANCE, CHEN, QIAN, SUN, TOWN)
    with open_operational(home) as operational:
        renew_own_id_keys(home, operational.accounts, CHANGE)
    return hub


@dataclass(frozen=True)
class Department:
    """An account that asks for one purpose."""

    api: Served
    name: str
    purpose: str
    case: str = ""
    tokens: dict[str, str] = field(default_factory=dict)

    def headers(self, **more: str) -> dict[str, str]:
        if self.name not in self.tokens:
            self.tokens[self.name] = self.api.token_of(self.name)
        case = {"Hub-Case": self.case} if self.case else {}
        named = {each.replace("_", "-"): value for each, value in more.items()}
        return {"Authorization": f"Bearer {self.tokens[self.name]}", "Hub-Purpose": self.purpose, **case, **named}

    def get(self, path: str, **headers: str) -> Response:
        return self.api.client.get(f"/v1/{path}", headers=self.headers(**headers))

    def post(self, path: str, body: Any, **headers: str) -> Response:
        return self.api.client.post(f"/v1/{path}", json=body, headers=self.headers(**headers))


def own_ids(hub: Hub, department: str) -> OwnIds:
    """The ids by which the department knows entities."""
    with read_operational(hub.home) as operational:
        return OwnIds(department, read_own_id_keys(hub.home, operational.accounts.own_id_keys()))


def rows(hub: Hub, sql: str, **parameters: object) -> list[tuple[Any, ...]]:
    """What the snapshot's tables say."""
    reader = Reader(hub.home, load_declarations(), read_settings(hub.home, {}), Caller("tests"), "training")
    with reader.opened() as snapshot, reader.entities(snapshot) as tables:
        return tables.rows(sql, parameters)
