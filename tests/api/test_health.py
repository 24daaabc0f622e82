"""Health: green only where the snapshot can be read and the audit log written."""

from collections.abc import Callable

import pytest

from hub.sharing.audit import PROBE_NAME
from stores.home import Home
from stores.snapshots import ENTITIES
from tests.api.calling import Served, problem_of, served
from tests.hub.sharing.asking import Hub


def test_health_names_the_snapshot_that_it_read(api: Served) -> None:
    answer = api.client.get("/v1/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "snapshot": "2026-06-30-aaaa", "as_of": "2026-06-30"}
    assert api.client.get("/v1/ready").json() == {"status": "ready"}


def lose_the_pointer(home: Home) -> None:
    (home.snapshots / "current").unlink()


def lose_the_home(home: Home) -> None:
    home.root.rename(home.root.with_name("elsewhere"))


def spoil_the_tables(home: Home) -> None:
    (home.snapshots / "current" / ENTITIES).write_bytes(b"not a database")


def block_the_audit_log(home: Home) -> None:
    (home.audit / PROBE_NAME).unlink()
    (home.audit / PROBE_NAME).mkdir()


@pytest.mark.parametrize("fail", [lose_the_pointer, lose_the_home, spoil_the_tables, block_the_audit_log])
def test_health_is_red_with_a_problem_document(own_hub: Hub, fail: Callable[[Home], None]) -> None:
    with served(own_hub) as api:
        assert api.client.get("/v1/health").status_code == 200
        fail(own_hub.home)
        answer = api.client.get("/v1/health")
    assert answer.status_code == 503
    assert problem_of(answer) == ("audit-unavailable" if fail is block_the_audit_log else "not-ready")
    assert str(own_hub.home.root) not in answer.text


@pytest.mark.parametrize("fail", [lose_the_pointer, lose_the_home])
def test_a_hub_that_cannot_answer_is_not_ready(own_hub: Hub, fail: Callable[[Home], None]) -> None:
    with served(own_hub) as api:
        fail(own_hub.home)
        answer = api.client.get("/v1/ready")
    assert problem_of(answer) == "not-ready"
    assert answer.headers["retry-after"]
