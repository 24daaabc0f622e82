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
    """The dwelling that the evidence gives each person on a day (-1: none), and since when it speaks for it."""

    house: Ints
    since: Ints


def place_people(evidence: Evidence, world: World, day: int) -> Placement:
    """Where the recorded evidence, rightly weighed, places everyone.

    That is the true home where evidence in force places the person or close kin there; whoever has none there
    is where the rules of residence put the evidence that there is, be it of somebody long gone, or where kin are.
    """
    current, home = evidence.on(day), world.life.home
    at_home = home[current.person] == current.house
    close = world.people.role != OTHER
    household = world.people.family * 2 + close
    supported = np.zeros(len(home), dtype=bool)
    supported[current.person[at_home]] = True
    by_kin = np.zeros(2 * len(world.families), dtype=bool)
    by_kin[household[current.person[at_home]]] = True
    recorded = np.isin(np.arange(len(home)), evidence.person)
    supported |= close & by_kin[household] & recorded
    house = np.where((home >= 0) & supported, home, _weighed(current, len(home)))
    house = np.where((house < 0) & close & recorded, _where_kin_are(house, household), house)
    return Placement(house, _since(evidence, house, household))


def _where_kin_are(house: Ints, household: Ints) -> Ints:
    """For each person the dwelling that all placed members of the household share, -1 where there is no such one."""
    span = int(household.max(initial=0)) + 1
    lowest, highest = np.full(span, NEVER * NEVER), np.full(span, -1)
    placed = house >= 0
    np.minimum.at(lowest, household[placed], house[placed])
    np.maximum.at(highest, household[placed], house[placed])
    return np.where(lowest == highest, highest, -1)[household]


def _since(evidence: Evidence, house: Ints, household: Ints) -> Ints:
    """The first evidence of the person at the house, or where there is none that of close kin."""
    since, of_kin = np.full(len(house), NEVER), np.full(int(household.max(initial=0)) + 1, NEVER)
    there = house[evidence.person] == evidence.house
    np.minimum.at(since, evidence.person[there], evidence.begin[there])
    np.minimum.at(of_kin, household[evidence.person[there]], evidence.begin[there])
    return np.where(since < NEVER, since, of_kin[household])


def _weighed(current: Evidence, people: int) -> Ints:
    """The dwelling with most support: independent observations add up, fresher ones outdate older ones."""
    rules = residence_rules()
    declared = list(rules.evidence.values())
    weight = np.array([rule.weight for rule in declared])[current.kind]
    half_life = np.array([rule.half_life_days for rule in declared])[current.kind]
    divided = np.array([rule.divided for rule in declared])[current.kind]
    of_kind = current.person.astype(np.int64) * 64 + current.kind
    _, kind_row, count = np.unique(of_kind, return_inverse=True, return_counts=True)
    newest = np.full(people, -NEVER)
    np.maximum.at(newest, current.person, current.observed)
    counts = weight * 0.5 ** ((newest[current.person] - current.observed) / half_life)
    counts = np.where(divided, counts / count[kind_row], counts)
    span = int(current.house.max(initial=0)) + 1
    place, row = np.unique(current.person.astype(np.int64) * span + current.house, return_inverse=True)
    strongest = np.zeros((len(place), int(current.origin.max(initial=0)) + 1))
    np.maximum.at(strongest, (row, current.origin), counts)
    support = 1 - np.prod(1 - strongest, axis=1)
    person, house = place // span, place % span
    total = np.bincount(person, support, minlength=people)
    ranked = np.lexsort((house, support, person))
    last = np.r_[person[ranked][1:] != person[ranked][:-1], True] if len(ranked) else np.zeros(0, dtype=bool)
    winner = ranked[last]
    sure = winner[support[winner] ** 2 / total[person[winner]] >= rules.minimum_confidence]
    placed = np.full(people, -1)
    placed[person[sure]] = house[sure]
    return placed
