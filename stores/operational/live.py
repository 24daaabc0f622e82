"""Accounts as they are at this moment, for whoever must know at once that one was revoked."""

from collections.abc import Sequence
from threading import Lock

from stores.home import Home
from stores.operational.accounts import Account, Accounts
from stores.operational.database import read_operational, server_of
from stores.operational.sealed import SealedFile
from stores.operational.server import live_engine


class LiveAccounts:
    """Accounts of a home, each looked up as of now; for many threads at once.

    A file is read again after whatever was committed to it; a server is asked each time. Raises StoreError where
    neither can be read: nobody is let in then.
    """

    def __init__(self, home: Home) -> None:
        settings = server_of(home)
        self._server = None if settings is None else live_engine(home, settings)
        self._file = _FileReading(home) if settings is None else None

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
        return self._file.accounts()


class _FileReading:
    """The accounts in the file as of its newest commit, read anew only where there was one."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._seal = SealedFile(home.operational).seal
        self._lock = Lock()
        self._state: tuple[bytes, Sequence[Account]] | None = None

    def accounts(self) -> Sequence[Account]:
        """Every account."""
        # Read before the file is: a commit in between is then seen by the next one who asks.
        seal = self._seal.read_bytes() if self._seal.exists() else b""
        with self._lock:
            if self._state is None or self._state[0] != seal:
                with read_operational(self._home) as operational:
                    self._state = (seal, operational.accounts.all())
            return self._state[1]
