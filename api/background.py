"""What the service does by itself."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from api.failures import log_failure
from api.service import Service
from hub.sharing.audit import cover


@dataclass(frozen=True)
class Task:
    """Something done every so many seconds, by one worker or `by_each`.

    If it fails, that is logged and it is tried again when it is due.
    """

    name: str
    every_seconds: float
    run: Callable[[Service], object]
    by_each: bool = False


def forget_answers(service: Service) -> None:
    """Forgets answers that were kept for requests that might come again."""
    service.idempotency.forget(datetime.now(UTC).timestamp())


def read_newest(service: Service) -> None:
    """Makes the newest snapshot ready, and reads it from then on."""
    service.opening.refresh()


def cover_log(service: Service) -> None:
    """Signs a checkpoint of every record of the audit log."""
    cover(service.home)


TASKS: Sequence[Task] = (
    Task("read-newest", 1, read_newest, by_each=True),
    Task("cover-log", 60, cover_log),
    Task("forget-answers", 3_600, forget_answers),
)


@asynccontextmanager
async def running(tasks: Sequence[Task], service: Service) -> AsyncIterator[None]:
    """Runs the tasks meanwhile, those of each worker once before anything else; waits at the end for what is under way.

    So a worker takes no request before it has opened and checked what it reads: a district's files are read whole for
    that, and the first requests would each have to wait for it.
    """
    for task in tasks:
        if task.by_each:
            await asyncio.to_thread(_run, task, service)
    under_way = [asyncio.create_task(_repeat(task, service)) for task in tasks]
    try:
        yield
    finally:
        for each in under_way:
            each.cancel()
        for each in under_way:
            with suppress(asyncio.CancelledError):
                await each


async def _repeat(task: Task, service: Service) -> None:
    while True:
        await asyncio.shield(asyncio.to_thread(_run, task, service))
        await asyncio.sleep(task.every_seconds)


def _run(task: Task, service: Service) -> None:
    """Runs the task unless it is one worker's and another is at it; the lock goes with its worker."""
    whose = f"{task.name}.{os.getpid()}.lock" if task.by_each else f"{task.name}.lock"
    descriptor = os.open(service.runtime / whose, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        task.run(service)
    except BlockingIOError:
        return
    except Exception as error:  # noqa: BLE001 - the service goes on; the log has it
        log_failure(task.name, error)
    finally:
        os.close(descriptor)
