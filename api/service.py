"""What one worker opens once and keeps open for all requests."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from api.cursors import Cursors, open_cursors
from api.limits import Limits, open_limits
from api.runtime import runtime_folder
from api.settings import ApiSettings
from hub.reading.disputed import DisputeMarks
from hub.reading.guesses import GuessLimit, opened_guesses
from hub.reading.opening import KeptOpen, Source
from hub.reading.reader import Shared
from hub.settings import Settings, read_settings
from hub.sharing.accounts_keys import Watched
from hub.sharing.own_id_keys import own_id_key_file, read_own_id_keys
from hub.sharing.policies import Rules, compile_rules
from hub.sharing.tokens import Trust, open_trust
from schemas.declarations import Declarations, load_declarations
from stores.home import Home, open_home
from stores.operational import read_operational
from stores.operational.idempotency import Idempotency
from stores.operational.live import LiveAccounts, LiveDisputes
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
    opening: KeptOpen
    rules: Rules
    marks: DisputeMarks
    guesses: GuessLimit
    own_id_keys: Watched[Mapping[int, bytes]]

    @property
    def shared(self) -> Shared:
        """What all readings have in common."""
        return Shared(self.opening, self.rules, self.marks, self.guesses)

    @property
    def shelf(self) -> SnapshotShelf:
        """The home's snapshots: all that is read."""
        return SnapshotShelf(self.home.snapshots)


@contextmanager
def opened_service(settings: ApiSettings) -> Iterator[Service]:
    """The service of a worker, while it lasts; raises the errors of whatever cannot be opened.

    Without `settings.runtime` the worker is alone and shares nothing.
    """
    with ExitStack() as stack:
        runtime = stack.enter_context(runtime_folder(settings.runtime))
        home = open_home(settings.home)
        trust = open_trust(home)
        if isinstance(trust.accounts, LiveAccounts):
            stack.callback(trust.accounts.close)
        declarations, hub_settings = load_declarations(settings.schemas), read_settings(home)
        yield Service(
            home,
            runtime,
            settings,
            hub_settings,
            declarations,
            trust,
            stack.enter_context(closing(open_limits(runtime, settings))),
            open_cursors(home),
            Idempotency(home.operational.with_name("idempotency.sqlite")),
            stack.enter_context(closing(KeptOpen(Source(home, declarations, hub_settings)))),
            compile_rules(declarations),
            DisputeMarks(stack.enter_context(closing(LiveDisputes(home)))),
            stack.enter_context(opened_guesses(home, declarations.matching)),
            Watched(own_id_key_file(home), lambda _: _own_id_keys(home)),
        )


def _own_id_keys(home: Home) -> Mapping[int, bytes]:
    with read_operational(home) as operational:
        return read_own_id_keys(home, operational.accounts.own_id_keys())


async def service_of(request: Request) -> Service:
    """The worker's service."""
    service: Service = request.app.state.service
    return service


TheService = Annotated[Service, Depends(service_of)]
