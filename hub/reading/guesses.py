"""Keeps numbers from being found out by trying: a department's queries that find nobody count where they are alike."""

import hmac
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

from schemas.readers.matching import Alike, MatchingRules
from stores.buckets import Buckets, Rate
from stores.home import Home

DAY_SECONDS = 86_400
FILE = "guesses"
SLACK = 1e-9  # as many parts as make a whole must fit into it, however they were rounded


@dataclass(frozen=True)
class GuessLimit:
    """How often each department may guess, counted in a file of the home by all who serve it."""

    counts: Buckets
    rules: MatchingRules

    def may_tell(self, asker: str, register: str, read: Mapping[str, object], *, is_found: bool) -> bool:
        """Whether what a query found may be told; `read` is the record as it was understood.

        A query that found somebody costs nothing, but where queries like it have used up their guesses it is not told
        either: the silence says nothing.
        """
        guesses = self.rules.guesses.get(register)
        if guesses is None or read.get(guesses.of) is None:
            return True
        taken: list[tuple[str, float]] = []
        for alike in guesses.alike:
            key = _key((asker, register, *alike.fields), alike, read)
            if key is None:
                continue
            if self.counts.take(key, 1 / alike.most):
                self._give_back(taken)
                return False
            taken.append((key, 1 / alike.most))
        if is_found:
            self._give_back(taken)
        return True

    def _give_back(self, taken: Sequence[tuple[str, float]]) -> None:
        for key, amount in taken:
            self.counts.give_back(key, amount)


@contextmanager
def opened_guesses(home: Home, rules: MatchingRules) -> Iterator[GuessLimit]:
    """The limit of a home; what was counted outlasts whoever counted it."""
    secret = hmac.digest(home.key("identity"), b"guesses", "sha256")
    rate = Rate(1 + SLACK, 1 / DAY_SECONDS)
    with closing(Buckets(home.operational.with_name(FILE), rate, secret, time.time)) as counts:
        yield GuessLimit(counts, rules)


def _key(head: Sequence[str], alike: Alike, read: Mapping[str, object]) -> str | None:
    """What the query has in common with those like it; None where it lacks a field that they agree in."""
    values = [read.get(name) for name in alike.fields]
    if any(each is None for each in values):
        return None
    return "\x1f".join((*head, *(str(each)[: alike.first] for each in values)))
