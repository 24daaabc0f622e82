"""A department that hands in its feed, and the run that takes it in."""

import csv
import hashlib
import io
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from httpx2 import Response

from hub.sharing.accounts import make
from hub.stages import bring_in
from ingestion.report import DeliveryReport
from stores.home import create_home
from stores.operational import open_operational
from stores.operational.accounts import AccountKind, NewAccount
from tests.api.calling import CANARY, Served, served
from tests.hub.district import at_work
from tests.hub.sharing.asking import CHANGE, Hub, hub_in

RELIEF = NewAccount("relief", AccountKind.SERVICE, "civil_affairs")
OF_ONE_TOWN = NewAccount("relief_town", AccountKind.SERVICE, "civil_affairs", areas=("310114102",))
FEED = "civil_affairs"
HEADER = (
    *(
        "对象编号",
        "姓名",
        "身份证号",
        "性别",
        "出生日期",
        "类别",
        "残疾情况",
        "居住地址",
        "登记日期",
        "状态",
        "联系电话",
    ),
    *("更新时间", "操作"),
)
TERMS = {"mode": "full", "date": "2026-06-30", "sequence": "1"}


def row(number: int, **other: str) -> dict[str, str]:
    """A row of the feed; empty where nothing else is said."""
    said = {"对象编号": f"M{number}", "姓名": "王小明", "类别": "低保", "更新时间": "2026-06-29 08:00:00", **other}
    return {name: said.get(name, "") for name in HEADER}


def feed_of(*rows: dict[str, str], header: Sequence[str] = HEADER) -> bytes:
    """The rows as a file of the feed."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


FOUR = (row(1), row(2, 姓名="", 身份证号=CANARY), row(3, 更新时间=f"am {CANARY}"), row(4, 类别=f"{CANARY}"))
"""A good row; two that are set aside and one that is doubtful, each with a number that may never be told."""


def handing_hub(folder: Path) -> Hub:
    """A home without anything in it, with two accounts of civil affairs beside those of asking.py."""
    hub = hub_in(create_home(folder / "home", kind="synthetic"))
    with open_operational(hub.home) as operational:
        made = {each.name: make(each, operational.accounts, CHANGE) for each in (RELIEF, OF_ONE_TOWN)}
    return replace(hub, made={**hub.made, **made})


@dataclass(frozen=True)
class Desk:
    """The service over a home, and its run."""

    api: Served

    def headers(self, name: str = "relief", **other: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api.token_of(name)}", "Hub-Purpose": "feed_delivery", **other}

    def hand_in(
        self, content: bytes | Iterator[bytes], key: str, *, feed: str = FEED, name: str = "relief", **terms: Any
    ) -> Response:
        """Hands a file in; headers may be given as `headers`."""
        other = {"Content-Type": "text/csv", "Idempotency-Key": key, **terms.pop("headers", {})}
        headers = self.headers(name) | other
        return self.api.client.post(
            f"/v1/deliveries/{feed}", params={**TERMS, **terms}, content=content, headers=headers
        )

    def get(self, path: str, name: str = "relief", **params: Any) -> Response:
        return self.api.client.get(f"/v1/deliveries{path}", params=params, headers=self.headers(name))

    def take_in(self, *paths: Path, approve: bool = False) -> Sequence[DeliveryReport]:
        """What the next run does first."""
        with at_work(self.api.hub.home) as site:
            return bring_in(paths, site, approve=approve, inbox=True)


def at_desk(hub: Hub, **settings: Any) -> AbstractContextManager[Served]:
    return served(hub, points_at_once=100_000, **settings)


def digest_of(content: bytes) -> str:
    """The hash as Content-Digest has it."""
    return f"sha-256=:{b64encode(hashlib.sha256(content).digest()).decode()}:"
