"""Whether the records and facts of a contract fit the registers and each other."""

from collections import Counter
from collections.abc import Iterator, Mapping

from schemas.readers.contracts import FactMapping, FeedContract, FieldMapping, RecordMapping
from schemas.readers.registers import Register
from schemas.standardisers import STANDARDISER_FIELDS

Mistakes = Iterator[tuple[str, str]]


def record_mistakes(contract: FeedContract, registers: Mapping[str, Register]) -> Mistakes:
    """Records with unknown registers, fields, columns, standardisers or codes."""
    for role, times in Counter(record.role for record in contract.records).items():
        if times > 1:
            yield f"records.{role}", f"is declared {times} times"
    if contract.records[0].each is not None:
        yield f"records.{contract.records[0].role}", "the first role is the row itself and cannot have `each`"
    for record in contract.records:
        key = f"records.{record.role}"
        if record.register not in registers:
            yield key, f"{record.register} is no register; there are {', '.join(registers)}"
            continue
        yield from (
            (f"{key}.needs", f"{field} is not filled") for field in record.needs if field not in _filled(record)
        )
        for field in record.fields:
            mistakes = _field_mistakes(contract, record, field, registers[record.register])
            yield from ((f"{key}.fields.{field.field}", told) for told in mistakes)


def fact_mistakes(contract: FeedContract) -> Mistakes:
    """Facts with unknown roles or columns, or with codes that their column does not have."""
    roles = {record.role for record in contract.records}
    for place, fact in enumerate(contract.facts):
        key = f"facts.{place} ({fact.kind})"
        yield from (
            (key, f"{role} is no role of the feed") for role in (fact.subject, fact.object) if role not in roles
        )
        if (fact.group is None) != (fact.group_head is None):
            yield key, "group and groupHead are given together or not at all"
        if fact.subject == fact.object and fact.group is None:
            yield key, "a fact between two rows needs a group"
        yield from ((key, told) for told in _condition_mistakes(contract, fact))


def _filled(record: RecordMapping) -> set[str]:
    return {each.field for each in record.fields}


def _field_mistakes(
    contract: FeedContract, record: RecordMapping, field: FieldMapping, register: Register
) -> Iterator[str]:
    if field.field not in register.mappable:
        told = "is derived and never mapped" if field.field in register.field_names else f"is no field of {register.id}"
        yield f"{told}; fields to fill are {', '.join(sorted(register.mappable))}"
        return
    if field.standardiser not in STANDARDISER_FIELDS:
        yield f"{field.standardiser} is no standardiser; there are {', '.join(STANDARDISER_FIELDS)}"
    origins = {each.name: each.derived_from for each in register.fields}
    for beside in STANDARDISER_FIELDS.get(field.standardiser, ()):
        if origins.get(beside) != field.field:
            yield f"{field.standardiser} also yields {beside}, which {register.id} does not derive from {field.field}"
    if record.each is not None:
        yield from _item_mistakes(contract, record.each, field)
    yield from _code_mistakes(contract, field, register)


def _item_mistakes(contract: FeedContract, each: str, field: FieldMapping) -> Iterator[str]:
    items = {name for column in contract.columns if column.name == each for name in column.items}
    if not items:
        yield f"{each} does not declare the items of its list"
    yield from (f"{name} is no key of the entries of {each}" for name in field.columns if items and name not in items)


def _code_mistakes(contract: FeedContract, field: FieldMapping, register: Register) -> Iterator[str]:
    wanted = next(each.codes for each in register.fields if each.name == field.field)
    columns = [column for column in contract.columns if column.name in field.columns]
    for column in columns if wanted else ():
        if column.codes is None:
            yield f"{column.name} needs codes that lead to {', '.join(wanted)}"
            continue
        wrong = sorted(set(column.codes.values()) - set(wanted))
        yield from (f"{column.name} leads to the code {code}; there are {', '.join(wanted)}" for code in wrong)


def _condition_mistakes(contract: FeedContract, fact: FactMapping) -> Iterator[str]:
    conditions = {column: tuple(codes) for column, codes in (fact.only_where or {}).items()}
    conditions |= {column: (*conditions.get(column, ()), code) for column, code in (fact.group_head or {}).items()}
    decoded = {each.name: set(each.codes.values()) for each in contract.columns if each.codes is not None}
    for column, codes in conditions.items():
        for code in codes:
            if column in decoded and code not in decoded[column]:
                yield f"{column} is never {code}; its codes are {', '.join(sorted(decoded[column]))}"
