"""What one worker opens once and keeps open for all requests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import Depends, Request

from api.cursors import Cursors, open_cursors
from api.limits import SECRET_FILE, Limits, open_limits
from api.settings import ApiSettings
from hub.settings import Settings, read_settings
from hub.sharing.tokens import Trust, open_trust
from schemas.declarations import Declarations, load_declarations
from stores.home import Home, open_home
from stores.operational.idempotency import Idempotency
from stores.operational.live import LiveAccounts
from stores.snapshots import SnapshotShelf


@dataclass(frozen=True)
class Service:
    """The home that is served, its declarations and settings, whom it trusts, and what bounds those who ask."""

    home: Home
    runtime: Path
    settings: ApiSettings
    hub_settings: Settings
    declarations: Declarations
    trust: Trust
    limits: Limits
    cursors: Cursors
    idempotency: Idempotency

    @property
    def shelf(self) -> SnapshotShelf:
        """The home's snapshots: all that is read."""
        return SnapshotShelf(self.home.snapshots)


@contextmanager
def opened_service(settings: ApiSettings) -> Iterator[Service]:
    """The service of a worker, while it lasts; raises the errors of whatever cannot be opened.

    Without `settings.runtime` the worker is alone and shares nothing.
    """
    with runtime_of(settings) as runtime:
        home = open_home(settings.home)
        trust = open_trust(home)
        limits = open_limits(runtime, settings)
        try:
            yield Service(
                home,
                runtime,
                settings,
                read_settings(home),
                load_declarations(settings.schemas),
                trust,
                limits,
                open_cursors(home),
                Idempotency(home.operational.with_name("idempotency.sqlite")),
            )
        finally:
            limits.close()
            if isinstance(trust.accounts, LiveAccounts):
                trust.accounts.close()


@contextmanager
def runtime_of(settings: ApiSettings) -> Iterator[Path]:
    """The folder that workers share; one that is made here is gone afterwards."""
    if settings.runtime is not None:
        yield settings.runtime
        return
    with TemporaryDirectory(prefix="hub-api-") as folder:
        draw_secret(Path(folder))
        yield Path(folder)


def draw_secret(runtime: Path) -> None:
    """Draws what the shared limits of one service are keyed with."""
    (runtime / SECRET_FILE).write_bytes(os.urandom(32))


async def service_of(request: Request) -> Service:
    """The worker's service."""
    service: Service = request.app.state.service
    return service


TheService = Annotated[Service, Depends(service_of)]
