"""Linkage models: what makes two records of a register the same person, house or unit.

Conditions are SQL that DuckDB and Spark share, over the columns of a pair, `<column>_l` and `<column>_r`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schemas.errors import DeclarationError, Problem
from schemas.files import DeclarationTree, read_yaml
from schemas.readers.linkage_file import LinkageFile, key_column, linkage_problems

PAIR_COLUMN = re.compile(r"\b([a-z][a-z0-9_]*)_[lr]\b")


@dataclass(frozen=True)
class LinkColumn:
    """A column that is compared, computed from a record's fields; `many` keeps every value of collapsed records."""

    id: str
    value: str
    why: str
    many: bool = False


@dataclass(frozen=True)
class LinkContext:
    """The resolved entities of another register that facts of these kinds tie a record to, as a list.

    An entity shared by more than `max_records` records says nothing about who they are and is left out. Records that
    have the same in the field `counted_by` count once: a landlord stands in every tenant's registration.
    """

    id: str
    of: str
    kinds: tuple[str, ...]
    max_records: int
    why: str
    counted_by: str | None = None


@dataclass(frozen=True)
class KeyRule:
    """Records meet when all these expressions agree; as a collapse rule they are then the same outright.

    `max_block`: a key held by more records is left out and reported.
    """

    id: str
    on: tuple[str, ...]
    why: str
    max_block: int | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rule reads."""
        return tuple(key_column(part) or part for part in self.on)


@dataclass(frozen=True)
class LookupRule:
    """Fields of a standard record by which one record at a time is found as anybody has written it before.

    They are read as they come out of the standardisers, before the register's preparation; they link nothing. What a
    `sure` one leads to is certain, if it is one entity; another only finds whom to show.
    """

    id: str
    on: tuple[str, ...]
    why: str
    sure: bool = False


@dataclass(frozen=True)
class Level:
    """One outcome of a comparison; `when` None is that of all other pairs. `m` and `u` are set only where fixed.

    `others`: about so many other records agree by chance, however large the register; u is this over its size.
    """

    id: str
    zh: str
    en: str
    when: str | None = None
    term_frequency: str | None = None
    m: float | None = None
    u: float | None = None
    others: float | None = None

    @property
    def columns(self) -> frozenset[str]:
        """The columns that the condition reads."""
        return frozenset(PAIR_COLUMN.findall(self.when or ""))


@dataclass(frozen=True)
class Comparison:
    """Levels in order, the first that holds counts; a pair that lacks a column of `needs` says nothing."""

    id: str
    why: str
    needs: tuple[str, ...]
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class PairStatement:
    """Something that may hold for two records: `when` in SQL, and the same in words."""

    id: str
    when: str
    zh: str
    en: str


@dataclass(frozen=True)
class Repair:
    """When a cluster is suspicious and where it is cut.

    Two records for which a conflict holds never stay in one cluster: the weakest links between them are cut.
    `one_record_per_feed`: feeds that carry nobody twice at one time. `bridge_weight`: a single link weaker than this
    between two groups of `bridge_side` records or more is cut. In clusters above `size_alarm` records, links weaker
    than `alarm_weight` are cut.
    """

    conflicts: tuple[PairStatement, ...]
    one_record_per_feed: tuple[str, ...]
    bridge_weight: float
    bridge_side: int
    size_alarm: int
    alarm_weight: float


@dataclass(frozen=True)
class Training:
    """How weights are learnt: sure rules with their recall for the prior, sampling for u, EM runs for m.

    `smallest_population`: the prior never exceeds that of a register with this many records.
    """

    prior_rules: tuple[tuple[str, ...], ...]
    prior_recall: float
    smallest_population: int
    max_pairs: int
    seed: int
    em: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class LinkageModel:
    """How the records of one register are linked; thresholds are match probabilities.

    `prepared` names columns that the register's preparation adds, or puts in place of its fields, before linking.
    Pairs for which a statement of `stewards` holds are put before a steward, whatever their score.
    """

    id: str
    version: str
    why: str
    accept: float
    review: float
    prepared: tuple[str, ...]
    columns: tuple[LinkColumn, ...]
    contexts: tuple[LinkContext, ...]
    collapse: tuple[KeyRule, ...]
    blocking: tuple[KeyRule, ...]
    lookup: tuple[LookupRule, ...]
    comparisons: tuple[Comparison, ...]
    stewards: tuple[PairStatement, ...]
    repair: Repair
    training: Training

    @property
    def hash(self) -> str:
        """Changes with whatever trained weights depend on: columns and comparisons, not thresholds or rules."""
        parts = [[each.id, each.value] for each in self.columns] + [[each.id, *each.kinds] for each in self.contexts]
        levels = [
            [each.id, *each.needs, level.id, level.when, level.term_frequency, level.m, level.u, level.others]
            for each in self.comparisons
            for level in each.levels
        ]
        return hashlib.sha256(json.dumps([parts, levels]).encode()).hexdigest()[:16]

    @property
    def many(self) -> frozenset[str]:
        """Columns that hold a list of values."""
        return frozenset(column.id for column in self.columns if column.many) | {each.id for each in self.contexts}


def read_linkage(tree: DeclarationTree) -> Mapping[str, LinkageModel]:
    """All linkage models by register; raises DeclarationError with every mistake of every file."""
    models: dict[str, LinkageModel] = {}
    problems: list[Problem] = []
    for file in tree.glob("linkage/*.yml"):
        try:
            content = read_yaml(file, LinkageFile)
        except DeclarationError as error:
            problems += error.problems
            continue
        found = linkage_problems(content, file)
        problems += found
        if not found:
            models[content.id] = _model(content)
    if problems:
        raise DeclarationError(problems)
    return MappingProxyType(models)


def _model(content: LinkageFile) -> LinkageModel:
    return LinkageModel(
        id=content.id,
        version=content.version,
        why=content.why,
        accept=content.thresholds.accept,
        review=content.thresholds.review,
        prepared=content.prepared,
        columns=tuple(LinkColumn(**each.model_dump()) for each in content.columns),
        contexts=tuple(LinkContext(**each.model_dump()) for each in content.contexts),
        collapse=tuple(KeyRule(**each.model_dump()) for each in content.collapse),
        blocking=tuple(KeyRule(**each.model_dump()) for each in content.blocking),
        lookup=tuple(LookupRule(**each.model_dump()) for each in content.lookup),
        comparisons=tuple(
            Comparison(
                **each.model_dump(exclude={"levels"}),
                levels=tuple(Level(**level.model_dump()) for level in each.levels),
            )
            for each in content.comparisons
        ),
        stewards=tuple(PairStatement(**each.model_dump()) for each in content.stewards),
        repair=Repair(
            **content.repair.model_dump(exclude={"conflicts"}),
            conflicts=tuple(PairStatement(**each.model_dump()) for each in content.repair.conflicts),
        ),
        training=Training(**content.training.model_dump()),
    )
