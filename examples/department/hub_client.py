"""A department's client of the hub: one file, typed, Python 3.11 or newer and nothing else to install.

What each call means is in docs/departments.md; the interface itself is `GET /v1/openapi.json`.
"""

import hashlib
import json
import os
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

Made = TypeVar("Made", bound="_FromJson")
MOST_AT_ONCE = 1_000
EARLY_SECONDS = 30
BY_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class ProblemError(Exception):
    """What the hub answered instead (RFC 9457): nothing in it repeats what was sent."""

    def __init__(self, status: int, said: Mapping[str, Any], retry_after: float | None = None) -> None:
        self.status, self.said, self.retry_after = status, said, retry_after
        self.type = str(said.get("type") or said.get("error") or "unknown").rpartition("/")[2]
        self.rule, self.reason, self.request_id = said.get("rule"), said.get("reason"), said.get("request_id")
        told = [str(said[name]) for name in ("title", "detail", "rule", "reason") if said.get(name)]
        super().__init__(f"{status} {self.type}: {' · '.join(told)} (request {self.request_id})")


class NotSignedInError(ProblemError):
    """401: the secret, key or token is not, or no longer, good."""


class RefusedError(ProblemError):
    """403: no policy permits this for the purpose; `rule` and `reason` say which one decided."""


class NotThereError(ProblemError):
    """404: it does not exist, or it is not for you; which of the two is not told."""


class BeginAnewError(ProblemError):
    """410: nobody can read on from that cursor; take all your records anew."""


class NotAcceptedError(ProblemError):
    """Another 4xx: the request must be changed before it is sent again."""


class TryLaterError(ProblemError):
    """429 or 503 for longer than the client's patience; nothing was done. `retry_after` says when to come again."""


KINDS: Mapping[int, type[ProblemError]] = {
    **dict.fromkeys((429, 503), TryLaterError),
    **{401: NotSignedInError, 403: RefusedError, 404: NotThereError, 410: BeginAnewError},
}


class Proof(Protocol):
    """How a program proves to be its account."""

    def form(self) -> Mapping[str, str]:
        """The fields of a token request."""


@dataclass(frozen=True)
class Secret:
    """An account's secret, as `hub account add` printed it."""

    account: str
    secret: str = field(repr=False)

    def form(self) -> Mapping[str, str]:
        """The fields of a token request."""
        return {"client_id": self.account, "client_secret": self.secret}


@dataclass(frozen=True)
class Signed:
    """A key of the account's own: `sign` returns a fresh assertion (docs/accounts.md), each time another `jti`."""

    sign: Callable[[], str]

    def form(self) -> Mapping[str, str]:
        """The fields of a token request."""
        return {"client_assertion_type": BY_ASSERTION, "client_assertion": self.sign()}


@dataclass(frozen=True)
class _FromJson:
    """A value made of an answer; what later versions of the hub add to it is left aside."""

    @classmethod
    def made(cls: type[Made], said: Mapping[str, Any]) -> Made:
        """The value."""
        return cls(**{each.name: said.get(each.name) for each in fields(cls)})


@dataclass(frozen=True)
class RecordName:
    """One of the department's own records."""

    feed: str
    key: str


@dataclass(frozen=True)
class Record(_FromJson):
    """An own record, and the entity (`id`) that it belongs to."""

    feed: str
    key: str
    register: str
    id: str
    confidence: float | None
    records: int


@dataclass(frozen=True)
class Entity(_FromJson):
    """A person, house or unit; `fields` has what the purpose allows, each with `value`, `source` and `disputed`."""

    id: str
    register: str
    snapshot: str
    moved_from: str | None
    notes: Sequence[str]
    ended: bool | None
    disputed: bool | None
    confidence: float | None
    fields: Mapping[str, Mapping[str, Any]] | None
    own_records: Sequence[Mapping[str, str]] | None
    lives_at: Sequence[Mapping[str, Any]] | None

    def value(self, name: str) -> Any:
        """The value of a field; None where the hub has none or the purpose does not allow it."""
        return (self.fields or {}).get(name, {}).get("value")


@dataclass(frozen=True)
class Candidate(_FromJson):
    """Who a record may be. Take `grade` "certain" alone unseen."""

    id: str
    grade: str
    probability: float
    weight: float
    why: str | None
    why_zh: str | None


@dataclass(frozen=True)
class Change(_FromJson):
    """Something that has changed; the values are read by the id."""

    kind: str
    register: str
    id: str | None
    other_id: str | None
    fields: Sequence[str]
    record: Mapping[str, str] | None
    snapshot: str
    as_of: str


@dataclass(frozen=True)
class Dispute(_FromJson):
    """A dispute and where it stands."""

    dispute: str
    kind: str
    state: str
    id: str
    field: str | None


@dataclass(frozen=True)
class Delivery:
    """A file to be handed in, and which delivery of its feed it is."""

    feed: str
    mode: str
    date: str
    sequence: int
    file: Path
    media_type: str = "application/octet-stream"


@dataclass(frozen=True)
class Receipt(_FromJson):
    """What became of a delivery; `counts` add up to `rows`."""

    receipt: str
    feed: str
    state: str
    repeated: bool | None
    rows: int | None
    counts: Mapping[str, int] | None
    rules: Sequence[Mapping[str, Any]] | None
    refusal: Mapping[str, Any] | None


@dataclass(frozen=True)
class Settings:
    """How the hub is reached; for `patience` seconds at most the client waits when the hub says that it is busy."""

    address: str
    patience: float = 120.0
    timeout: float = 60.0
    tls: ssl.SSLContext | None = field(default=None, repr=False)


@dataclass(frozen=True)
class _Call:
    method: str
    path: str
    body: bytes | Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class _NoRedirects(HTTPRedirectHandler):
    """The hub never redirects; whoever does shall not be given the token."""

    def redirect_request(self, *_: Any) -> None:
        return None


class HubClient:
    """Asks the hub as one account. A client is for one thread."""

    def __init__(self, settings: Settings, proof: Proof) -> None:
        self._settings, self._proof = settings, proof
        # No proxy from the environment: the token goes to the address that was given and nowhere else.
        self._opener = build_opener(ProxyHandler({}), _NoRedirects(), HTTPSHandler(context=settings.tls))
        self._token, self._token_ends = "", 0.0

    def for_purpose(self, purpose: str, case: str | None = None) -> "Hub":
        """The hub as it answers for this purpose, and in this case where the purpose wants its number."""
        return Hub(self, {"Hub-Purpose": purpose} | ({"Hub-Case": case} if case else {}))

    def call(self, call: _Call) -> Any:
        """The answer; waits where the hub is busy, and fetches another token where this one has ended."""
        until = time.monotonic() + self._settings.patience
        renewed = False
        while True:
            try:
                return self._send(call, {"Authorization": f"Bearer {self._bearer()}"})
            except NotSignedInError:
                if renewed:
                    raise
                self._token, renewed = "", True
            except ProblemError as problem:
                wait = problem.retry_after
                if wait is None or time.monotonic() + wait > until:
                    raise
                time.sleep(wait)

    def _bearer(self) -> str:
        if not self._token or time.monotonic() >= self._token_ends:
            form = {"grant_type": "client_credentials", **self._proof.form()}
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            asked = time.monotonic()
            said = self._send(_Call("POST", "/v1/token", urlencode(form).encode(), headers), {})
            self._token, self._token_ends = said["access_token"], asked + said["expires_in"] - EARLY_SECONDS
        return self._token

    def _send(self, call: _Call, headers: Mapping[str, str]) -> Any:
        request = Request(self._settings.address.rstrip("/") + call.path, method=call.method)
        for name, value in {"Accept": "application/json", **call.headers, **headers}.items():
            request.add_header(name, value)
        if isinstance(call.body, Path):
            with call.body.open("rb") as file:
                request.add_header("Content-Length", str(call.body.stat().st_size))
                request.data = file
                return self._answer(request)
        request.data = call.body
        return self._answer(request)

    def _answer(self, request: Request) -> Any:
        try:
            with self._opener.open(request, timeout=self._settings.timeout) as answer:
                return json.load(answer)
        except HTTPError as error:
            with error:
                raise _problem(error) from None


@dataclass(frozen=True)
class Hub:
    """The hub as it answers for one purpose. Made by `HubClient.for_purpose`."""

    client: HubClient
    headers: Mapping[str, str]

    def snapshot(self) -> Mapping[str, Any]:
        """The snapshot that is read now: `snapshot`, `sequence`, `as_of`."""
        said: Mapping[str, Any] = self._get("/v1/snapshot")
        return said

    def records(self, names: Sequence[RecordName]) -> list[Record | None]:
        """The entities of own records, in their order; None for one that is not there."""
        found: list[Record | None] = []
        for start in range(0, len(names), MOST_AT_ONCE):
            asked = [vars(each) for each in names[start : start + MOST_AT_ONCE]]
            said = self._post("/v1/records/search", {"records": asked})
            found += [Record.made(each) if each else None for each in said["records"]]
        return found

    def entity(self, own_id: str) -> Entity:
        """A person, house or unit by your department's id; an id that was merged away leads on."""
        return Entity.made(self._get(f"/v1/entities/{quote(own_id, safe='')}"))

    def match(self, register: str, values: Mapping[str, str]) -> list[Candidate] | None:
        """Who it may be; empty where certainty is wanted and nobody is, None where too many guesses were wrong."""
        said = self._post(f"/v1/match/{register}", {"fields": dict(values)})["candidates"]
        return None if said is None else [Candidate.made(each) for each in said]

    def match_many(self, register: str, many: Sequence[Mapping[str, str]]) -> list[list[Candidate] | None]:
        """The same for many records, in their order."""
        found: list[list[Candidate] | None] = []
        for start in range(0, len(many), MOST_AT_ONCE):
            asked = [{"fields": dict(each)} for each in many[start : start + MOST_AT_ONCE]]
            said = self._post(f"/v1/match/{register}/bulk", {"queries": asked})
            found += [None if each is None else [Candidate.made(one) for one in each] for each in said["results"]]
        return found

    def changes(self, cursor: Path) -> Iterator[Change]:
        """What has changed since the cursor in this file, which is moved on after each page that was worked off.

        So every change is seen at least once. Where the file is not there yet it is made and nothing is told: take all
        your records then, and ask again later.
        """
        while True:
            asked = {"cursor": cursor.read_text("ascii").strip()} if cursor.exists() else {}
            said = self._get(f"/v1/changes?{urlencode(asked)}" if asked else "/v1/changes")
            yield from (Change.made(each) for each in said["entries"])
            _keep(cursor, said["next"])
            if said["is_last"]:
                return

    def dispute(self, said: Mapping[str, Any], key: str) -> Dispute:
        """Says that something is wrong, as docs/departments.md tells; with the same key it is said only once."""
        return Dispute.made(self._post("/v1/disputes", said, {"Idempotency-Key": key}))

    def deliver(self, delivery: Delivery) -> Receipt:
        """Hands a file in, once however often it is sent: what is sent again within a day has the same receipt."""
        digest = hashlib.sha256()
        with delivery.file.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        terms = urlencode({"mode": delivery.mode, "date": delivery.date, "sequence": delivery.sequence})
        once = hashlib.sha256(f"{delivery.feed} {terms} {digest.hexdigest()}".encode())
        headers = {
            "Content-Type": delivery.media_type,
            "Content-Digest": f"sha-256=:{b64encode(digest.digest()).decode()}:",
            "Idempotency-Key": once.hexdigest(),
        }
        path = f"/v1/deliveries/{quote(delivery.feed, safe='')}?{terms}"
        return Receipt.made(self.client.call(_Call("POST", path, delivery.file, {**self.headers, **headers})))

    def receipt(self, name: str) -> Receipt:
        """What has become of a delivery by now."""
        return Receipt.made(self._get(f"/v1/deliveries/{quote(name, safe='')}"))

    def _get(self, path: str) -> Any:
        return self.client.call(_Call("GET", path, headers=self.headers))

    def _post(self, path: str, content: Mapping[str, Any], headers: Mapping[str, str] = {}) -> Any:
        all_headers = {**self.headers, "Content-Type": "application/json", **headers}
        return self.client.call(_Call("POST", path, json.dumps(content).encode(), all_headers))


def _problem(error: HTTPError) -> ProblemError:
    try:
        said = json.loads(error.read(1 << 20))
    except ValueError:
        said = {}
    named = error.headers.get("Retry-After", "")
    retry_after = float(named) if named.isdecimal() else None
    kind = KINDS.get(error.code, NotAcceptedError if error.code < 500 else ProblemError)
    return kind(error.code, said if isinstance(said, dict) else {}, retry_after)


def _keep(file: Path, text: str) -> None:
    """Replaces the file's content in one step, which a crash cannot leave half done."""
    fresh = file.with_name(f"{file.name}.new")
    with fresh.open("w", encoding="ascii") as writing:
        writing.write(text)
        writing.flush()
        os.fsync(writing.fileno())
    fresh.replace(file)
