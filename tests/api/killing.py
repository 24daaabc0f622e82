"""Departments' programs that ask a service without end and note each answer that they got, whoever is killed."""

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2


@dataclass(frozen=True)
class Asked:
    """One request whose answer was received whole: what the audit log must say of it."""

    verb: str
    entity: str = ""


@dataclass
class Notes:
    """What one client was answered. Disputes by the key that they were handed in with."""

    asked: list[Asked] = field(default_factory=list)
    disputes: dict[str, str] = field(default_factory=dict)
    statuses: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Knowledge:
    """What clients ask about: own ids with the entities behind them, and a body to be matched."""

    people: Sequence[tuple[str, str]]
    match: Mapping[str, Any]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Client:
    """One thread of a department's program."""

    port: int
    known: Knowledge
    stop: threading.Event
    notes: Notes = field(default_factory=Notes)

    def run(self, begin: int) -> None:
        """Asks until it is told to stop; whatever is cut off is asked again later, a dispute with its own key."""
        dice = random.Random(begin)
        pending: tuple[str, str] | None = None
        while not self.stop.is_set():
            try:
                with httpx2.Client(base_url=f"http://127.0.0.1:{self.port}/v1/", timeout=30) as client:
                    while not self.stop.is_set():
                        kind = dice.choice(("read", "read", "match", "dispute"))
                        if kind == "dispute" or pending:
                            pending = pending or (f"kill-{uuid4().hex}", dice.choice(self.known.people)[0])
                            self._dispute(client, *pending)
                            pending = None
                        else:
                            getattr(self, f"_{kind}")(client, dice)
            except httpx2.TransportError:
                self.stop.wait(0.05)

    def _read(self, client: httpx2.Client, dice: random.Random) -> None:
        own_id, entity = dice.choice(self.known.people)
        self._note(client.get(f"entities/{own_id}", headers=dict(self.known.headers)), Asked("read", entity))

    def _match(self, client: httpx2.Client, dice: random.Random) -> None:
        self._note(client.post("match/person", json=self.known.match, headers=dict(self.known.headers)), Asked("match"))

    def _dispute(self, client: httpx2.Client, key: str, own_id: str) -> None:
        said = {"kind": "fact", "id": own_id, "field": "name", "why": key}
        while not self.stop.is_set():
            answer = client.post("disputes", json=said, headers={**self.known.headers, "Idempotency-Key": key})
            self.notes.statuses.add(answer.status_code)
            if answer.status_code == 201:
                self.notes.disputes[key] = answer.json()["dispute"]
            if answer.status_code not in (409, 503):
                return
            self.stop.wait(0.1)

    def _note(self, answer: httpx2.Response, asked: Asked) -> None:
        self.notes.statuses.add(answer.status_code)
        if answer.status_code == 200:
            self.notes.asked.append(asked)
