"""Accounts and disputes as they are at this moment, for whoever must know at once what was revoked or disputed."""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Generic, TypeVar

from stores.home import Home
from stores.operational.accounts import Account, Accounts
from stores.operational.database import Operational, read_operational, server_of
from stores.operational.disputes import Dispute, Disputes, DisputeState, together, waiting
from stores.operational.in_tray import InTray
from stores.operational.personal import PersonalTexts
from stores.operational.sealed import SealedFile
from stores.operational.server import live_engine

Read = TypeVar("Read")


class LiveAccounts:
    """Accounts of a home, each looked up as of now; for many threads at once.

    A file is read again after whatever was committed to it; a server is asked each time. Raises StoreError where
    neither can be read: nobody is let in then.
    """

    def __init__(self, home: Home) -> None:
        settings = server_of(home)
        self._server = None if settings is None else live_engine(home, settings)
        self._file = _FileReading(home, lambda operational: operational.accounts.all()) if settings is None else None

    def find(self, name: str) -> Account | None:
        """The account of this name, revoked or not."""
        if self._server is not None:
            return Accounts(self._server).find(name)
        return next((each for each in self._from_file() if each.name == name), None)

    def find_subject(self, subject: str) -> Account | None:
        """The account of whoever the government's own issuer calls by this subject, None where it was revoked."""
        if self._server is not None:
            return Accounts(self._server).find_subject(subject)
        return next((each for each in self._from_file() if each.subject == subject and not each.is_revoked), None)

    def close(self) -> None:
        """Gives the connection to a server free."""
        if self._server is not None:
            self._server.dispose()

    def _from_file(self) -> Sequence[Account]:
        assert self._file is not None
        return self._file.now()


class LiveDisputes:
    """Disputes of a home as of now, read as `LiveAccounts` are; for many threads at once."""

    def __init__(self, home: Home) -> None:
        settings = server_of(home)
        self._tray = InTray(home.disputes, PersonalTexts.of(home))
        self._server = None if settings is None else live_engine(home, settings)
        self._file = _FileReading(home, _standing) if settings is None else None

    def standing(self, run_id: str) -> Sequence[Dispute]:
        """The disputes that mark the results of this run: open ones, and upheld ones that it knew nothing of."""
        if self._server is not None:
            return Disputes(self._server, self._tray).standing(run_id)
        assert self._file is not None
        handed_in = waiting(self._tray)
        disputes, numbers = self._file.now()
        number = numbers.get(run_id, 0)
        kept = [each for each in disputes if each.decided_after is None or each.decided_after >= number]
        return together(kept, handed_in)

    def close(self) -> None:
        """Gives the connection to a server free."""
        if self._server is not None:
            self._server.dispose()


def _standing(operational: Operational) -> tuple[Sequence[Dispute], Mapping[str, int]]:
    return operational.disputes.all(DisputeState.OPEN, DisputeState.UPHELD), operational.runs.numbers()


class _FileReading(Generic[Read]):
    """What is read in the file as of its newest commit, read anew only where there was one."""

    def __init__(self, home: Home, read: Callable[[Operational], Read]) -> None:
        self._home = home
        self._read = read
        self._seal = SealedFile(home.operational).seal
        self._lock = Lock()
        self._state: tuple[bytes, Read] | None = None

    def now(self) -> Read:
        """What it holds now."""
        # Read before the file is: a commit in between is then seen by the next one who asks.
        seal = self._seal.read_bytes() if self._seal.exists() else b""
        with self._lock:
            if self._state is None or self._state[0] != seal:
                with read_operational(self._home) as operational:
                    self._state = (seal, self._read(operational))
            return self._state[1]
