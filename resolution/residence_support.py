"""How much speaks for each dwelling in each stretch of a person's time: which one wins, and how surely."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from schemas.readers.residence import ResidenceRules

HOUSEHOLD = "household"
INEXACT_SHARE = 0.5
OPEN = "DATE '9999-12-31'"


@dataclass(frozen=True)
class Kind:
    """What a kind of evidence counts, by its number in the tables of evidence."""

    number: int
    observer: str
    weight: float
    half_life_days: int
    divided: bool
    leads_kin: bool


def kinds_of(rules: ResidenceRules) -> Sequence[Kind]:
    """The kinds of the rules in their order, and after them where close kin stay, if that tells anything."""
    kinds = [
        Kind(number, rules.group(kind), rule.weight, rule.half_life_days, rule.divided, rule.leads_kin)
        for number, (kind, rule) in enumerate(rules.evidence.items())
    ]
    if rules.household is not None:
        share, half_life = rules.household.share, rules.household.half_life_days
        kinds.append(Kind(len(kinds), HOUSEHOLD, share, half_life, divided=True, leads_kin=False))
    return kinds


def stretches_sql(as_of: date) -> str:
    """Temporary table `stretch`: person, starts, ends (never null) between two changes of the person's evidence."""
    return f"""
        CREATE OR REPLACE TEMP TABLE stretch AS
        SELECT person, starts, lead(starts, 1, {OPEN}) OVER (PARTITION BY person ORDER BY starts) AS ends
        FROM (
            SELECT person, starts FROM asked_evidence
            UNION SELECT person, ends FROM asked_evidence
            UNION SELECT person, DATE '{as_of}' FROM asked_evidence
            UNION SELECT person, unnest([starts, ends])
            FROM resolved.let_out SEMI JOIN asked_evidence USING (person, house)
        ) WHERE starts <= DATE '{as_of}'
    """


def seen_sql(kinds: Sequence[Kind]) -> str:
    """Temporary table `seen`: by stretch and dwelling, when each kind was last observed, and its size if divided."""
    observed = [f"max(observed_on) FILTER (kind = {kind.number}) AS {_seen(kind)}" for kind in kinds]
    sizes = [f"sum(size) FILTER (kind = {kind.number}) AS {_size(kind)}" for kind in kinds if kind.divided]
    return f"""
        CREATE OR REPLACE TEMP TABLE seen AS
        SELECT stretch.person, stretch.starts, max(stretch.ends) AS ends, evidence.house,
               bool_or(evidence.exact) AS exact, max(evidence.observed_on) AS observed_on,
               {", ".join([*observed, *sizes])}
        FROM stretch
        JOIN asked_evidence evidence ON evidence.person = stretch.person
         AND evidence.starts <= stretch.starts AND evidence.ends > stretch.starts
        GROUP BY stretch.person, stretch.starts, evidence.house
    """


def let_sizes_sql(kind: Kind, let_share: float) -> str:
    """Lessens the size of a divided kind in dwellings that the person lets at the time."""
    return f"""
        UPDATE seen SET {_size(kind)} = {_size(kind)} * {let_share}
        WHERE {_size(kind)} IS NOT NULL AND EXISTS (
            FROM resolved.let_out WHERE let_out.person = seen.person AND let_out.house = seen.house
             AND let_out.starts <= seen.starts AND let_out.ends > seen.starts)
    """


def winners_sql(kinds: Sequence[Kind]) -> str:
    """Temporary table `winner`: the dwelling with most support in each stretch, and the support of all.

    A kind counts weight · 0.5^(age / half-life), the age of its newest fact against the person's newest fact anywhere:
    evidence is outdated by fresher evidence, not by the calendar. Kinds that go back to one department are one
    observation, the strongest of them. Support is 1 - product(1 - count) over observations, halved for a building
    without a room; confidence is support² / (support of all dwellings). Equal support goes to the newest observation.
    """
    wholes = "".join(f", sum({_size(kind)}) AS {_whole(kind)}" for kind in kinds if kind.divided)
    best = "support DESC, exact DESC, observed_on DESC, house"
    return f"""
        CREATE OR REPLACE TEMP TABLE winner AS
        WITH whole AS (
            SELECT person, starts, count(*) AS dwellings, max(observed_on) AS newest{wholes}
            FROM seen GROUP BY person, starts
        ), supported AS (
            SELECT person, starts, ends, house, exact, observed_on, dwellings, {_support_sql(kinds)} AS support
            FROM seen JOIN whole USING (person, starts)
        ), ranked AS (
            SELECT *, sum(support::DECIMAL(18, 17)) OVER (PARTITION BY person, starts)::DOUBLE AS all_support,
                   row_number() OVER (PARTITION BY person, starts ORDER BY {best}) AS place
            FROM supported WHERE dwellings > 1
        ), decided AS (
            SELECT *, support AS all_support FROM supported WHERE dwellings = 1
            UNION ALL SELECT * EXCLUDE (place) FROM ranked WHERE place = 1
        )
        SELECT person, starts, ends, house, exact, observed_on, support * support / all_support AS confidence
        FROM decided
    """


def stays_sql(minimum_confidence: float) -> str:
    """Rows of stays from the winners that are sure enough; stays at one dwelling run together.

    Time between two stays at the same dwelling, in which nothing places the person elsewhere, is part of the stay.
    The confidence is that of the stay's last stretch; `observed_on` the newest observation behind the stay.
    """
    return f"""
        WITH moved AS (
            SELECT *, house IS DISTINCT FROM lag(house) OVER (PARTITION BY person ORDER BY starts) AS moved
            FROM winner WHERE confidence >= {minimum_confidence}
        ), numbered AS (
            SELECT *, sum(moved::INTEGER) OVER (PARTITION BY person ORDER BY starts) AS stay FROM moved
        )
        SELECT person, house, min(starts) AS valid_from, max(ends) AS ends,
               arg_max(confidence, starts)::DOUBLE AS confidence, bool_or(exact) AS exact,
               max(observed_on) AS observed_on
        FROM numbered GROUP BY person, house, stay
    """


def _support_sql(kinds: Sequence[Kind]) -> str:
    observers: dict[str, list[str]] = {}
    for kind in kinds:
        observers.setdefault(kind.observer, []).append(_count_sql(kind))
    others = " * ".join(f"(1 - coalesce(greatest({', '.join(counts)}), 0))" for counts in observers.values())
    return f"(1 - {others}) * CASE WHEN exact THEN 1 ELSE {INEXACT_SHARE} END"


def _count_sql(kind: Kind) -> str:
    count = f"{kind.weight}::DOUBLE * pow(0.5, (newest - {_seen(kind)}) / {kind.half_life_days})"
    return f"{count} * {_size(kind)} / {_whole(kind)}" if kind.divided else count


def _seen(kind: Kind) -> str:
    return f"seen_{kind.number}"


def _size(kind: Kind) -> str:
    return f"size_{kind.number}"


def _whole(kind: Kind) -> str:
    return f"whole_{kind.number}"
