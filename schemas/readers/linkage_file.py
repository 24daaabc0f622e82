"""The shape of a linkage file and what must hold inside it."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from schemas.errors import Problem
from schemas.files import StrictModel

FUNCTION = re.compile(r"\b([a-z_][a-z0-9_]*)\s*\(")
COLUMN = re.compile(r"\b([a-z][a-z0-9_]*)_[lr]\b")
KEY = re.compile(r"([a-z]\w*)|(?:left|right)\(([a-z]\w*), ?\d+\)|substr\(([a-z]\w*), ?\d+, ?\d+\)")
SHARED_FUNCTIONS = frozenset(
    re.split(
        r"\s+",
        "and or not in is case when then else cast abs coalesce concat greatest least left length levenshtein lower "
        "right substr replace upper year month day overlap",
    )
)
"""What DuckDB and Spark both know, and `overlap(a_l, a_r)`: two lists share a value."""


class ColumnEntry(StrictModel):
    """A compared column."""

    id: str
    value: str
    why: str
    many: bool = False


class ContextEntry(StrictModel):
    """Entities of another register that facts tie a record to."""

    id: str
    of: str
    kinds: tuple[str, ...]
    max_records: PositiveInt
    counted_by: str | None = None
    why: str


class KeyEntry(StrictModel):
    """A collapse or blocking rule."""

    id: str
    on: tuple[str, ...] = Field(min_length=1)
    why: str
    max_block: PositiveInt | None = None


class LevelEntry(StrictModel):
    """A level of a comparison."""

    id: str
    zh: str
    en: str
    when: str | None = None
    term_frequency: str | None = None
    m: PositiveFloat | None = Field(default=None, le=1)
    u: PositiveFloat | None = Field(default=None, le=1)
    others: PositiveFloat | None = None


class ComparisonEntry(StrictModel):
    """A comparison."""

    id: str
    why: str
    needs: tuple[str, ...]
    levels: tuple[LevelEntry, ...] = Field(min_length=2)


class StatementEntry(StrictModel):
    """Something that may hold for two records, with its words."""

    id: str
    when: str
    zh: str
    en: str


class RepairEntry(StrictModel):
    """Cluster repair."""

    conflicts: tuple[StatementEntry, ...] = ()
    one_record_per_feed: tuple[str, ...] = ()
    bridge_weight: float
    bridge_side: PositiveInt
    size_alarm: PositiveInt
    alarm_weight: float


class TrainingEntry(StrictModel):
    """Training settings."""

    prior_rules: tuple[tuple[str, ...], ...] = Field(min_length=1)
    prior_recall: float = Field(gt=0, le=1)
    smallest_population: PositiveInt
    max_pairs: PositiveInt
    seed: NonNegativeInt
    em: tuple[tuple[str, ...], ...] = Field(min_length=1)


class LookupEntry(StrictModel):
    """Fields of a standard record that name one entity, as they were written."""

    id: str
    on: tuple[str, ...] = Field(min_length=1)
    sure: bool = False
    why: str


class ThresholdEntry(StrictModel):
    """Match probabilities from which a link is accepted or put before a steward."""

    accept: float = Field(gt=0, lt=1)
    review: float = Field(gt=0, lt=1)


class LinkageFile(StrictModel):
    """`linkage/<register>.yml`."""

    id: str
    version: str
    why: str
    thresholds: ThresholdEntry
    prepared: tuple[str, ...] = ()
    columns: tuple[ColumnEntry, ...] = Field(min_length=1)
    contexts: tuple[ContextEntry, ...] = ()
    collapse: tuple[KeyEntry, ...] = ()
    blocking: tuple[KeyEntry, ...] = Field(min_length=1)
    lookup: tuple[LookupEntry, ...] = ()
    comparisons: tuple[ComparisonEntry, ...] = Field(min_length=1)
    stewards: tuple[StatementEntry, ...] = ()
    repair: RepairEntry
    training: TrainingEntry


def linkage_problems(content: LinkageFile, file: Path) -> list[Problem]:
    """Every statement of the file that contradicts another one, with file and key."""
    found = [*_headline(content, file), *_doubled(content), *_keys(content), *_conditions(content), *_levels(content)]
    return [Problem(file, key, message) for key, message in found]


def key_column(expression: str) -> str | None:
    """The column in a key expression such as `left(given_key, 1)`; None where it is no such expression."""
    found = KEY.fullmatch(expression)
    return next(name for name in found.groups() if name) if found else None


def _headline(content: LinkageFile, file: Path) -> Iterator[tuple[str, str]]:
    if content.id != file.stem:
        yield "id", f"must be the file's stem, {file.stem!r}"
    if content.thresholds.review > content.thresholds.accept:
        yield "thresholds.review", "must not exceed accept"


def _columns(content: LinkageFile) -> list[str]:
    return [each.id for each in content.columns] + [each.id for each in content.contexts]


def _rules(content: LinkageFile) -> list[KeyEntry]:
    return [*content.collapse, *content.blocking]


def _rule_ids(content: LinkageFile) -> list[str]:
    return [each.id for each in _rules(content)] + [each.id for each in content.lookup]


def _doubled(content: LinkageFile) -> Iterator[tuple[str, str]]:
    groups = {
        "columns": _columns(content),
        "rules": _rule_ids(content),
        "comparisons": [each.id for each in content.comparisons],
        **{f"comparisons.{each.id}": [level.id for level in each.levels] for each in content.comparisons},
    }
    for key, names in groups.items():
        for name, times in Counter(names).items():
            if times > 1:
                yield key, f"{name!r} is declared {times} times"


def _keys(content: LinkageFile) -> Iterator[tuple[str, str]]:
    known = set(_columns(content))
    rules = [(f"{each.id}.on", each.on) for each in _rules(content)]
    rules += [("training.prior_rules", on) for on in content.training.prior_rules]
    rules += [(f"comparisons.{each.id}.needs", each.needs) for each in content.comparisons]
    rules += [("training.em", on) for on in content.training.em]
    for key, on in rules:
        for part in on:
            if key_column(part) is None:
                yield key, f"{part!r} is not a column or left|right|substr(column, n, …)"
            elif key_column(part) not in known:
                yield key, f"{part!r} names no declared column"


def _conditions(content: LinkageFile) -> Iterator[tuple[str, str]]:
    known = set(_columns(content))
    texts = [
        (f"comparisons.{each.id}.{level.id}.when", level.when)
        for each in content.comparisons
        for level in each.levels
        if level.when is not None
    ]
    texts += [(f"repair.conflicts.{each.id}.when", each.when) for each in content.repair.conflicts]
    texts += [(f"stewards.{each.id}.when", each.when) for each in content.stewards]
    for key, text in texts:
        for name in sorted(set(COLUMN.findall(text)) - known):
            yield key, f"{name}_l or {name}_r is no declared column"
        for name in sorted(set(FUNCTION.findall(text)) - SHARED_FUNCTIONS):
            yield key, f"{name}() is not known to both DuckDB and Spark"


def _levels(content: LinkageFile) -> Iterator[tuple[str, str]]:
    single = {each.id for each in content.columns if not each.many}
    for each in content.comparisons:
        if [level.id for level in each.levels if level.when is None] != [each.levels[-1].id]:
            yield f"comparisons.{each.id}", "the last level, and only that one, has no condition"
        for level in each.levels:
            if level.others is not None and (level.u is not None or level.term_frequency is not None):
                yield f"comparisons.{each.id}.{level.id}.others", "stands in place of u and of term_frequency"
            name = level.term_frequency
            if name is not None and (name not in single or level.when != f"{name}_l = {name}_r"):
                yield (
                    f"comparisons.{each.id}.{level.id}.term_frequency",
                    f"counts only where the condition is that a column with one value is equal: {name}_l = {name}_r",
                )
