"""Health: green only where the snapshot can be read and the audit log written."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from api.app import ApiSettings, create_app
from hub.sharing.audit import PROBE_NAME
from stores.home import Home
from stores.snapshots import ENTITIES
from tests.hub.shelf import home_with_snapshot


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_with_snapshot(tmp_path / "home")


def get_health(home: Home) -> httpx.Response:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(ApiSettings(home.root)))
        async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
            return await client.get("/health")

    return asyncio.run(get())


def test_health_names_the_snapshot_that_it_read(home: Home) -> None:
    answer = get_health(home)
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "snapshot": "2026-06-30-aaaa", "as_of": "2026-06-30"}


def lose_the_pointer(home: Home) -> None:
    (home.snapshots / "current").unlink()


def lose_the_home(home: Home) -> None:
    shutil.rmtree(home.root)


def spoil_the_tables(home: Home) -> None:
    (home.snapshots / "current" / ENTITIES).write_bytes(b"not a database")


def block_the_audit_log(home: Home) -> None:
    (home.audit / PROBE_NAME).mkdir()


@pytest.mark.parametrize("fail", [lose_the_pointer, lose_the_home, spoil_the_tables, block_the_audit_log])
def test_health_is_red_with_a_problem_document(home: Home, fail: Callable[[Home], None]) -> None:
    fail(home)
    answer = get_health(home)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 503
    assert answer.json()["detail"]
