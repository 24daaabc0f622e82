"""What each caller may ask in a minute, and how often anybody may try to log in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import BoundedSemaphore

from api.problems import Refusal
from api.settings import ApiSettings
from hub.errors import CredentialsRefused
from stores.buckets import Buckets, Rate

SECRET_FILE = "secret"
LOGIN_PATIENCE = 0.5


@dataclass(frozen=True)
class Limits:
    """The limits of a service: points of callers by what their requests cost, and tries to log in."""

    points: Buckets
    accounts: Buckets
    addresses: Buckets
    hashing: BoundedSemaphore = field(repr=False)

    def charge(self, caller: str, points: float) -> None:
        """Takes the cost of a request from the caller's points; raises Refusal (429) where they do not suffice."""
        wait = self.points.take(caller, points)
        if wait:
            raise Refusal("too-many-requests", retry_after=wait)

    @contextmanager
    def trying(self, address: str, account: str | None) -> Iterator[None]:
        """A try to log in from this address as this account, whether there is one or not.

        Only tries that fail are counted; those under way count as failed. With `account` a secret is to be hashed,
        which few may do at once. Raises Refusal (429, 503).
        """
        taken = [(self.addresses, address)] + ([] if account is None else [(self.accounts, account)])
        for number, (buckets, key) in enumerate(taken):
            if wait := buckets.take(key):
                for earlier, its_key in taken[:number]:
                    earlier.give_back(its_key)
                raise Refusal("too-many-requests", retry_after=wait)
        try:
            with self._hashing(account):
                yield
        except CredentialsRefused:
            raise
        except BaseException:
            self._give_back(taken)
            raise
        self._give_back(taken)

    def close(self) -> None:
        """Lets the files go."""
        for each in (self.points, self.accounts, self.addresses):
            each.close()

    @contextmanager
    def _hashing(self, account: str | None) -> Iterator[None]:
        if account is None:
            yield
            return
        if not self.hashing.acquire(timeout=LOGIN_PATIENCE):
            raise Refusal("busy", retry_after=LOGIN_PATIENCE)
        try:
            yield
        finally:
            self.hashing.release()

    def _give_back(self, taken: list[tuple[Buckets, str]]) -> None:
        for buckets, key in taken:
            buckets.give_back(key)


def open_limits(folder: Path, settings: ApiSettings) -> Limits:
    """The limits that the workers share through files in this folder (`api.runtime`), its secret among them."""
    secret = (folder / SECRET_FILE).read_bytes()

    def buckets(name: str, at_once: float, per_minute: float) -> Buckets:
        return Buckets(folder / name, Rate(at_once, per_minute / 60), secret)

    a_minute, an_address = settings.logins_per_minute, settings.logins_per_minute_and_address
    return Limits(
        buckets("points", settings.points_at_once, settings.points_per_minute),
        buckets("accounts", a_minute, a_minute),
        buckets("addresses", an_address, an_address),
        BoundedSemaphore(settings.logins_at_once),
    )
