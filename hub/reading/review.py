"""Two records side by side for a steward, and what a decision about them would change, through the door."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import pyarrow as pa

from hub.errors import UsageError
from hub.reading.reader import Reader
from hub.reading.records import entities_of_records, no_record, register_of_record, split_record
from hub.reading.surroundings import NAMES
from hub.sharing.request import Answer, Disclosure, Reading, answer_rows
from resolution.preview import FactMove, FieldChange, Preview, Rules, preview
from resolution.weights import default_weights
from schemas.declarations import Declarations
from schemas.items import ENTITY, RECORDS
from schemas.readers.purposes import Verb
from stores.operational import Operational, read_operational
from stores.operational.decisions import DECISION_COLUMNS, Decision, DecisionKind
from stores.operational.reviews import DoubleReview, Outcome
from stores.record_ids import record_id
from stores.snapshots import Snapshot
from stores.warehouse import Warehouse

REGISTERS = tuple(register for register, _ in NAMES.values())
AGREE = {True: "same 相同", False: "differs 不同", None: ""}
VERDICTS = {DecisionKind.MUST_LINK: "same 同一", DecisionKind.CANNOT_LINK: "different 不同"}
COMPARED = ("field", "left", "right", "agree 一致")
COLUMNS = ("change", "变化", "entity_id", "other_id", "what", "before", "after")
IDS = ("entity_id", "other_id")
ToldRow = tuple[frozenset[str], tuple[str | None, ...]]


@dataclass(frozen=True)
class Pair:
    """Two records of one register, as they were named, and by id."""

    register: str
    left: str
    right: str
    record_l: int
    record_r: int
    version_l: str | None
    version_r: str | None


def find_pair(tables: Warehouse, left: str, right: str) -> Pair:
    """The two records, each named `feed:record_key`; raises UsageError where they cannot be judged together."""
    one, other = (record_id(*split_record(name)) for name in (left, right))
    if one == other:
        raise UsageError(f"{left} is named twice: a decision is about two records")
    registers = [_register_of(tables, name, record) for name, record in ((left, one), (right, other))]
    if registers[0] != registers[1]:
        raise UsageError(f"{left} is a {registers[0]} and {right} a {registers[1]}: they are never one")
    versions = dict(
        tables.rows(
            f"SELECT record_id, version FROM {registers[0]}_record WHERE record_id IN ($one, $other)",
            {"one": one, "other": other},
        )
    )
    return Pair(registers[0], left, right, one, other, versions.get(one), versions.get(other))


def _register_of(tables: Warehouse, name: str, record: int) -> str:
    for register in REGISTERS:
        if tables.rows(f"SELECT 1 FROM member WHERE register = '{register}' AND record_id = ?", [record]):
            return register
    raise UsageError(no_record([name]))


def side_by_side(reader: Reader, left: str, right: str) -> Disclosure:
    """Every field of both records, one a row; earlier judgements are told only where they are settled or disagree."""
    one, other = (record_id(*split_record(name)) for name in (left, right))

    def run(snapshot: Snapshot) -> Answer:
        with reader.entities(snapshot) as tables:
            pair = find_pair(tables, left, right)
            both = {"one": one, "other": other}
            held = tables.arrow(f"FROM {pair.register}_record WHERE record_id IN ($one, $other)", both).to_pylist()
            entities = entities_of_records(tables, pair.register, (one, other))
        records = {row["record_id"]: row for row in held}
        with read_operational(reader.home) as operational:
            notes = _standing(operational, pair, reader.caller.name)
        names = [
            "feed",
            "recorded_on",
            "ended_on",
            *(field.name for field in reader.declarations.registers[pair.register].fields),
        ]
        rows = [("entity_id", entities.get(one), entities.get(other))]
        rows += [(name, _text(records[one][name]), _text(records[other][name])) for name in names]
        told = [row for row in rows if row[1] is not None or row[2] is not None]
        return Answer(
            _compared(told),
            f"{left} and {right} 记录对照",
            remarks=notes,
            remarks_show=frozenset({f"{pair.register}.{ENTITY}"}),
            shows=dict.fromkeys(COMPARED, frozenset()),
            rows_show=tuple(_field_items(pair.register, name, reader.declarations) for name, *_ in told),
            entities=frozenset(entities.values()),
        )

    logged = {"left": str(one), "right": str(other)}
    return reader.read(_reading(reader, "records", logged, (left, right)), run)


def _reading(reader: Reader, what: str, logged: Mapping[str, str], records: Sequence[str]) -> Reading:
    found = {register_of_record(reader.declarations, each) for each in records}
    registers = frozenset(each for each in found if each is not None)
    return Reading(Verb.REVIEW, what, logged, registers=registers, about=tuple(records), absent=no_record)


def _field_items(register: str, name: str, declarations: Declarations) -> frozenset[str]:
    """What a row about a field of a record shows: that the record belongs to an entity, and the field."""
    fields = declarations.registers[register].field_names
    return frozenset({f"{register}.{RECORDS}", f"{register}.{name if name in fields else ENTITY}"})


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _compared(rows: Sequence[tuple[str, str | None, str | None]]) -> pa.Table:
    agree = [AGREE[None if None in row[1:] else row[1] == row[2]] for row in rows]
    return pa.table(dict(zip(COMPARED, (*zip(*rows, strict=True), agree), strict=True)))


def _standing(operational: Operational, pair: Pair, who: str) -> tuple[str, ...]:
    """What is told of earlier judgements: those in force, and both of two that disagree to a third steward."""
    left, right = sorted((pair.record_l, pair.record_r))
    told = [
        f"In force 生效: {VERDICTS[DecisionKind(row['kind'])]}, {row['who']} on {row['decided_at']:%Y-%m-%d}"
        for row in operational.decisions(pair.register).to_pylist()
        if (row["record_l"], row["record_r"]) == (left, right)
    ]
    for review in operational.reviews.unsettled():
        if (review.register, review.record_l, review.record_r) != (pair.register, left, right):
            continue
        told += _told(review, who)
    return tuple(told)


def _told(review: DoubleReview, who: str) -> list[str]:
    own = [each for each in review.judgements if each.who == who]
    if review.outcome is Outcome.OPEN and own:
        return [f"You said {VERDICTS[own[0].kind]}; it awaits a second steward 等待第二人复核"]
    if review.outcome is Outcome.DISAGREED:
        given = "; ".join(f"{each.who}: {VERDICTS[each.kind]}" for each in review.judgements)
        return [f"Two stewards disagree 待裁决: {given}"]
    return []


def preview_decisions(reader: Reader, decisions: Sequence[Decision]) -> Disclosure:
    """What these decisions would change if they were in force, beside those that are; nothing is written."""
    ids = ",".join(sorted({str(record) for each in decisions for record in (each.record_l, each.record_r)}))
    registers = frozenset(each.register for each in decisions)

    def run(snapshot: Snapshot) -> Answer:
        told: list[ToldRow] = []
        solved = 0
        with reader.entities(snapshot) as tables, read_operational(reader.home) as operational:
            for register in sorted(registers):
                before = operational.decisions(register)
                after = with_decisions(before, [each for each in decisions if each.register == register])
                found = preview(tables, _rules(reader, operational, register), before, after)
                solved += found.solved
                told += _preview_rows(found, register)
        entities = frozenset(f"{register}.{ENTITY}" for register in registers)
        return Answer(
            answer_rows(dict.fromkeys(COLUMNS, pa.string()), [row for _, row in told]),
            "What it would change 变更预览",
            remarks=_preview_remarks(told, solved),
            remarks_show=entities,
            shows={name: entities for name in COLUMNS if name not in IDS},
            ids=IDS,
            rows_show=tuple(items for items, _ in told),
        )

    reading = Reading(Verb.REVIEW, "preview", {"records": ids}, registers=registers)
    return reader.read(reading, run)


def _preview_remarks(rows: Sequence[object], solved: int) -> tuple[str, ...]:
    nothing = () if rows else ("No entity, field or fact would change 无变化",)
    return (*nothing, f"Solved again in memory: the {solved:,} records tied to these or doubted with them")


def _rules(reader: Reader, operational: Operational, register: str) -> Rules:
    declarations = reader.declarations
    return Rules(
        model=declarations.linkage[register],
        weights=default_weights(declarations.tree)[register],
        register=declarations.registers[register],
        golden=declarations.golden[register],
        entities=operational.identity.newest_entities(register),
        key=reader.home.key("identity"),
    )


def with_decisions(before: pa.Table, decisions: Sequence[Decision]) -> pa.Table:
    """The decisions in force, were these made as well."""
    rows = {(row["record_l"], row["record_r"]): row for row in before.to_pylist()}
    for each in decisions:
        left, right = sorted((each.record_l, each.record_r))
        rows.pop((left, right), None)
        if each.kind is not DecisionKind.WITHDRAWN:
            rows[left, right] = {**asdict(each.in_order()), "kind": each.kind.value}
    return pa.Table.from_pylist([rows[pair] for pair in sorted(rows)], schema=DECISION_COLUMNS)


def _preview_rows(found: Preview, register: str) -> list[ToldRow]:
    """The changes, each with what it shows: an entity, or a field of one."""
    own = frozenset({f"{register}.{ENTITY}"})
    fields = [(own | {f"{register}.{each.field}"}, _field_row(each)) for each in found.fields]
    return [*((own, row) for row in _entity_rows(found)), *fields, *((own, _fact_row(each)) for each in found.facts)]


def _field_row(each: FieldChange) -> tuple[str | None, ...]:
    return ("field changes", "字段变更", each.entity, None, each.field, each.before, each.after)


def _fact_row(each: FactMove) -> tuple[str | None, ...]:
    return ("facts go over", "事实转移", None, None, each.kind, None, str(each.facts))


def _entity_rows(found: Preview) -> list[tuple[str | None, ...]]:
    rows: list[tuple[str | None, ...]] = [
        ("id ends", "编号终止", entity, to, "merged into the other", None, None) for entity, to in found.merged.items()
    ]
    rows += [("new id", "新编号", entity, None, "split off", None, None) for entity in found.born]
    rows += [
        ("records go over", "记录转移", each.entity, each.to, "records", None, str(each.records))
        for each in found.moves
    ]
    return rows
