"""What the feeds say of who lives where, if every link were right: evidence in force, and the residence it gives."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from schemas.files import DeclarationTree
from schemas.readers.residence import ResidenceRules, read_residence
from synthetic.calendar import NEVER
from synthetic.families import OTHER
from synthetic.records import Feed
from synthetic.text import Flags, Ints
from synthetic.world import World


@cache
def residence_rules() -> ResidenceRules:
    """The shipped rules of residence."""
    return read_residence(DeclarationTree())


@dataclass(frozen=True)
class Evidence:
    """One entry per fact that places a person at an exactly named house; `kind` and `origin` are places in lists."""

    kind: Ints
    origin: Ints
    person: Ints
    house: Ints
    begin: Ints
    end: Ints
    observed: Ints

    def kept(self, rows: Flags) -> "Evidence":
        """The entries of these rows."""
        return Evidence(
            *(
                column[rows]
                for column in (self.kind, self.origin, self.person, self.house, self.begin, self.end, self.observed)
            )
        )

    def on(self, day: int) -> "Evidence":
        """The entries in force on the day."""
        return self.kept((self.begin <= day) & (self.end > day))

    def of(self, *kinds: str) -> Flags:
        """Which entries are of these kinds."""
        names = kind_names()
        return np.isin(self.kind, [names.index(kind) for kind in kinds])


def kind_names() -> list[str]:
    """The kinds of evidence in the order of the declaration."""
    return list(residence_rules().evidence)


def registering_kinds() -> list[str]:
    """Kinds that are registrations: a dwelling with one in force is not unregistered."""
    return [kind for kind, rule in residence_rules().evidence.items() if rule.registers]


def gather_evidence(feeds: list[Feed]) -> Evidence:
    """All evidence of living in the feeds, of rows that name the house exactly."""
    rules = residence_rules()
    origins = sorted({rules.group(kind) for kind in rules.evidence})
    parts = []
    for feed in feeds:
        for fact in feed.facts:
            rule = rules.evidence.get(fact.kind)
            if rule is None:
                continue
            kind, origin = kind_names().index(fact.kind), origins.index(rules.group(fact.kind))
            end = np.where(fact.end < NEVER, fact.end, fact.observed + rule.in_force_days)
            size = len(fact.rows)
            columns = (
                np.full(size, kind),
                np.full(size, origin),
                fact.subject,
                fact.object,
                fact.begin,
                end,
                fact.observed,
            )
            parts.append([column[fact.exact & (end > fact.begin)] for column in columns])
    return Evidence(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def independent_origins(evidence: Evidence, houses: int) -> Ints:
    """For each house the number of departments that evidence there goes back to."""
    seen = np.unique(evidence.house * 64 + evidence.origin)
    return np.bincount(seen // 64, minlength=houses)


@dataclass(frozen=True)
class Placement:
    """The true dwelling of each person whom the evidence lets one place there (-1: none), and the day they came."""

    house: Ints
    since: Ints


def place_people(evidence: Evidence, world: World, day: int) -> Placement:
    """Everyone's true home, where evidence in force places the person or close kin there, and the day they came.

    A person gone whom stale evidence still names somewhere lives nowhere: to place them is the hub's mistake.
    """
    current, life = evidence.on(day), world.life
    at_home = life.home[current.person] == current.house
    close = world.people.role != OTHER
    household = world.people.family * 2 + close
    supported = np.zeros(len(life.home), dtype=bool)
    supported[current.person[at_home]] = True
    by_kin = np.zeros(2 * len(world.families), dtype=bool)
    by_kin[household[current.person[at_home]]] = True
    recorded = np.isin(np.arange(len(life.home)), evidence.person)
    supported |= close & by_kin[household] & recorded
    since = np.full(len(life.home), NEVER)
    lasting = life.residences.end == NEVER
    since[life.residences.person[lasting]] = life.residences.begin[lasting]
    return Placement(np.where((life.home >= 0) & supported, life.home, -1), since)
