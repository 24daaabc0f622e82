"""Tasks of the service: repeated, by one worker at a time, and never an end to it."""

import asyncio
import fcntl
import time
from pathlib import Path

import pytest

from api.background import Task, running
from api.service import Service, opened_service
from api.settings import ApiSettings
from tests.api.calling import CANARY, said_by
from tests.hub.sharing.asking import Hub


def run(hub: Hub, tasks: list[Task], seconds: float, runtime: Path | None = None) -> None:
    async def go(service: Service) -> None:
        async with running(tasks, service):
            await asyncio.sleep(seconds)

    with opened_service(ApiSettings(home=hub.home.root)) as service:
        if runtime is not None:
            object.__setattr__(service, "runtime", runtime)
        asyncio.run(go(service))


def test_a_task_is_repeated_and_a_failure_is_logged_and_no_end(
    shared_hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[str] = []

    def fails(service: Service) -> None:
        ran.append(service.home.kind)
        raise KeyError(CANARY)

    run(shared_hub, [Task("fails", 0.01, fails)], 0.5)
    assert len(ran) > 1
    assert {each["request_id"] for each in said_by(caplog.records, "hub.api")} == {"fails"}
    assert CANARY not in str([vars(each) for each in caplog.records])


def test_a_task_is_left_to_the_worker_that_is_at_it(shared_hub: Hub, tmp_path: Path) -> None:
    ran: list[int] = []
    with (tmp_path / "counts.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        run(shared_hub, [Task("counts", 0.01, lambda _: ran.append(1))], 0.2, tmp_path)
        assert ran == []
    run(shared_hub, [Task("counts", 0.01, lambda _: ran.append(1))], 0.2, tmp_path)
    assert ran


def test_what_each_worker_does_is_done_once_before_it_takes_requests(shared_hub: Hub) -> None:
    ran: list[str] = []
    tasks = [
        Task("opens", 60, lambda _: (time.sleep(0.1), ran.append("opens")), by_each=True),
        Task("counts", 60, lambda _: ran.append("counts")),
    ]

    async def go(service: Service) -> None:
        async with running(tasks, service):
            assert ran == ["opens"]

    with opened_service(ApiSettings(home=shared_hub.home.root)) as service:
        asyncio.run(go(service))
