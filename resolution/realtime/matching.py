"""Looks one record up in a published snapshot: who it may be, how surely, and why."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import md5
from math import log2
from typing import Any

from resolution.errors import QueryError
from resolution.explain import Step
from resolution.realtime.expressions import Row, Value, pair_condition, record_expression
from resolution.realtime.records import RecordReader, standardised
from resolution.realtime.scoring import Scorer
from resolution.weights import check_weights, parse_weights, probability
from schemas.declarations import Declarations
from schemas.readers.linkage import LinkageModel, LookupRule, PairStatement
from stores.match_file import IndexedRegister, MatchFile, Node

MOST_COMPARED = 40
"""Nodes that one record is compared with, those first that share the rarest keys with it: each key counts log2 of the
nodes over its holders. A telephone of many or a dormitory costs no more than anybody's record, and whoever shares more
than the crowd is still found. As in batch linking, a key that more nodes hold than its rule allows brings nobody."""
LOWEST_63_BITS = 2**63 - 1


class Grade(StrEnum):
    """How sure a candidate is: `certain` alone may be taken without a look."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"


@dataclass(frozen=True)
class Candidate:
    """An entity that the record may be.

    `record_id` is the record of it that fits best; the weights of `steps` and `prior_weight` add up to `weight`.
    They agree `outright` by a collapse rule or a sure lookup. `lookup` is what led to it beside the blocking rules,
    `doubt` the statement or conflict that holds it back.
    """

    entity_id: str
    record_id: int
    grade: Grade
    weight: float
    prior_weight: float
    steps: tuple[Step, ...]
    outright: bool = False
    lookup: LookupRule | None = None
    doubt: PairStatement | None = None

    @property
    def probability(self) -> float:
        """How surely it is the entity: 1 where they agree outright, else the match probability of the best record."""
        return 1.0 if self.outright else probability(self.weight)


@dataclass(frozen=True)
class Match:
    """What a look-up found, the likeliest first; `brought` nodes by keys, of which so many were `compared`.

    `read` is the record as it was understood, by field; `unread` names the fields that could not be read.
    """

    candidates: tuple[Candidate, ...]
    brought: int
    compared: int
    read: Mapping[str, Any] = field(default_factory=dict, repr=False)
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Ready:
    """One register made ready."""

    index: IndexedRegister
    model: LinkageModel
    scorer: Scorer
    reader: RecordReader
    limits: Mapping[str, int | None]
    collapse: tuple[tuple[Callable[[Row], Any], ...], ...]
    doubts: tuple[tuple[PairStatement, Value], ...]
    conflicts: tuple[tuple[PairStatement, Value], ...]


class Matcher:
    """Looks records up in one match index; not shared by threads."""

    def __init__(self, file: MatchFile, declarations: Declarations, *, most_compared: int | None = MOST_COMPARED):
        self._file = file
        self._declarations = declarations
        self._most_compared = most_compared
        self._ready = {
            register: _made_ready(declarations, model, index)
            for register, model in declarations.linkage.items()
            if (index := file.register(register)) is not None
        }

    def close(self) -> None:
        """Gives the file back."""
        self._file.close()

    def match(self, register: str, given: Mapping[str, str]) -> Match:
        """Who the record may be; `given` are raw values by field of the register.

        `house.address` or `unit.name` are fields of another register: where they lead to one entity for certain, the
        record is compared as tied to it. Raises QueryError where a field is unknown, or nothing can be read.
        """
        if register not in self._ready:
            raise QueryError(f"there is no register {register!r}; there are {', '.join(self._ready)}")
        ready = self._ready[register]
        own = {name: text for name, text in given.items() if "." not in name}
        read = standardised(self._declarations.registers[register], own)
        row = ready.reader.row(read.fields, self._contexts(ready, given))
        found = self._matched(ready, row, self._looked_up(ready, read.fields))
        return replace(found, read=read.fields, unread=read.unread)

    def match_row(self, register: str, row: Row) -> Match:
        """Who a record may be whose values come in the order of the index's columns."""
        return self._matched(self._ready[register], row, {})

    def _contexts(self, ready: _Ready, given: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
        told: dict[str, dict[str, str]] = {}
        for name, text in given.items():
            register, dot, field = name.partition(".")
            if dot:
                told.setdefault(register, {})[field] = text
        known = {context.of for context in ready.model.contexts}
        if strange := set(told) - known:
            near = f"only {' and '.join(sorted(known))} do" if known else "no other register does"
            raise QueryError(f"{', '.join(sorted(strange))} says nothing about a {ready.model.id}: {near}")
        found = {
            register: [
                each.entity_id for each in self.match(register, values).candidates if each.grade is Grade.CERTAIN
            ]
            for register, values in told.items()
        }
        return {
            each.id: [entity for entity in found[each.of] if entity not in ready.index.busy.get(each.id, ())]
            for each in ready.model.contexts
            if each.of in found
        }

    def _matched(self, ready: _Ready, row: Row, looked_up: Mapping[int, LookupRule]) -> Match:
        brought = self._brought(ready, row)
        ranked = sorted(brought, key=lambda place: (-brought[place], place))[: self._most_compared]
        nodes = self._file.nodes(ready.index.id, dict.fromkeys([*looked_up, *ranked]))
        best: dict[str, tuple[float, int, Node]] = {}
        for place, node in nodes.items():
            weight = ready.scorer.weight(row, node.values)
            if node.entity_id not in best or weight > best[node.entity_id][0]:
                best[node.entity_id] = (weight, place, node)
        found_by = {nodes[place].entity_id: lookup for place, lookup in looked_up.items()}
        likely = [
            entity
            for entity, (weight, _, node) in best.items()
            if entity in found_by
            or probability(weight) >= ready.model.review
            or _holding(ready.doubts, row, [node]) is not None
        ]
        candidates = [self._candidate(ready, row, best[entity], found_by.get(entity)) for entity in likely]
        return Match(_graded(candidates), len(brought), len(nodes))

    def _brought(self, ready: _Ready, row: Row) -> dict[int, float]:
        """The places that some key brings, each with how telling the keys are that it shares with the record."""
        found: dict[int, float] = {}
        for rule, keys in ready.reader.keys(row).items():
            limit = ready.limits[rule]
            for key in keys:
                places = self._file.places(ready.index.id, rule, hashed(key))
                if not places or (limit is not None and len(places) > limit):
                    continue
                telling = log2(ready.index.nodes / len(places) + 1)
                for place in places:
                    found[place] = found.get(place, 0.0) + telling
        return found

    def _looked_up(self, ready: _Ready, fields: Mapping[str, object]) -> dict[int, LookupRule]:
        """The places that lookups lead to, sure ones first."""
        found: dict[int, LookupRule] = {}
        keys = ready.reader.lookups(fields)
        for lookup in sorted(ready.model.lookup, key=lambda each: not each.sure):
            for key in keys[lookup.id]:
                places = self._file.places(ready.index.id, lookup.id, hashed(key))
                found |= {place: lookup for place in places[: self._most_compared] if place not in found}
        return found

    def _candidate(
        self, ready: _Ready, row: Row, best: tuple[float, int, Node], lookup: LookupRule | None
    ) -> Candidate:
        weight, place, node = best
        doubt = _holding(ready.doubts, row, [node])
        if doubt is None and ready.conflicts:
            doubt = _holding(ready.conflicts, row, self._file.entity_nodes(ready.index.id, place))
        outright = any(_agree(parts, row, node.values) for parts in ready.collapse) or bool(lookup and lookup.sure)
        if doubt is not None:
            grade = Grade.POSSIBLE
        elif outright:
            grade = Grade.CERTAIN
        else:
            grade = Grade.PROBABLE if probability(weight) >= ready.model.accept else Grade.POSSIBLE
        steps = tuple(ready.scorer.steps(row, node.values))
        return Candidate(
            node.entity_id,
            node.record_id,
            grade,
            weight,
            ready.scorer.prior_weight,
            steps,
            outright=outright,
            lookup=lookup,
            doubt=doubt,
        )


def hashed(key: str) -> int:
    """The key as the index holds it: the lowest 63 bits of its MD5, as `resolution.blocking.KEY` computes it."""
    return int.from_bytes(md5(key.encode(), usedforsecurity=False).digest()[:8], "little") & LOWEST_63_BITS


def _made_ready(declarations: Declarations, model: LinkageModel, index: IndexedRegister) -> _Ready:
    columns = tuple(name for name, _ in index.columns)
    weights = parse_weights(index.weights, f"the snapshot's weights of {model.id}")
    scorer = Scorer(model, weights, nodes=index.nodes, columns=columns)
    check_weights(model, scorer.model, weights)
    cut = scorer.model
    return _Ready(
        index=index,
        model=cut,
        scorer=scorer,
        reader=RecordReader(declarations.registers[model.id], cut, columns),
        limits={rule.id: rule.max_block for rule in cut.blocking},
        collapse=tuple(tuple(record_expression(part, columns) for part in rule.on) for rule in cut.collapse),
        doubts=_conditions(cut.stewards, columns, model),
        conflicts=_conditions(cut.repair.conflicts, columns, model),
    )


def _conditions(
    statements: Sequence[PairStatement], columns: Sequence[str], model: LinkageModel
) -> tuple[tuple[PairStatement, Value], ...]:
    empty = ({each.id for each in model.columns} | {each.id for each in model.contexts}) - set(columns)
    return tuple((each, pair_condition(each.when, columns, empty=empty)) for each in statements)


def _holding(
    statements: Sequence[tuple[PairStatement, Value]], row: Row, nodes: Sequence[Node]
) -> PairStatement | None:
    return next((each for each, holds in statements if any(holds(row, node.values) for node in nodes)), None)


def _agree(parts: Sequence[Callable[[Row], Any]], row: Row, other: Row) -> bool:
    return all((value := part(row)) is not None and value == part(other) for part in parts)


def _graded(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The likeliest first; where several would be certain, none is."""
    if sum(each.grade is Grade.CERTAIN for each in candidates) > 1:
        candidates = [
            replace(each, grade=Grade.PROBABLE) if each.grade is Grade.CERTAIN else each for each in candidates
        ]
    order = list(Grade)
    return tuple(sorted(candidates, key=lambda each: (order.index(each.grade), -each.weight, each.entity_id)))
