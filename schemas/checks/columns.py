"""Whether each column of a contract is used as the contract says."""

import re
from collections import Counter
from collections.abc import Iterator

from schemas.checks.protected import protected_attribute
from schemas.readers.contracts import Column, ColumnUse, FeedContract

Mistakes = Iterator[tuple[str, str]]

QUOTED = re.compile(r'"((?:[^"]|"")+)"')
STRING = re.compile(r"'(?:[^']|'')*'")


def columns_in(expression: str) -> frozenset[str]:
    """The columns that an expression names, each in double quotes."""
    return frozenset(name.replace('""', '"') for name in QUOTED.findall(STRING.sub("''", expression)))


def mapped_columns(contract: FeedContract) -> frozenset[str]:
    """Columns, delivered and derived, that become fields or facts."""
    used = {
        column
        for record in contract.records
        if record.each is None
        for each in record.fields
        for column in each.columns
    }
    used |= {record.each for record in contract.records if record.each is not None}
    for fact in contract.facts:
        used |= {name for name in (fact.valid_from, fact.valid_to, fact.observed_on, fact.value, fact.group) if name}
        used |= {*(fact.only_where or ()), *(fact.group_head or ())}
    return frozenset(used)


def column_mistakes(contract: FeedContract) -> Mistakes:
    """Columns that are doubled, protected but not dropped, unexplained, or used otherwise than declared."""
    yield from _doubled(contract)
    yield from _protected(contract)
    yield from _use(contract)
    yield from _expressions(contract)


def _names(contract: FeedContract) -> list[str]:
    return [each.name for each in contract.columns] + [each.name for each in contract.derived]


def _doubled(contract: FeedContract) -> Mistakes:
    names = Counter(_names(contract))
    yield from ((f"column {name}", f"is declared {times} times") for name, times in names.items() if times > 1)


def _protected(contract: FeedContract) -> Mistakes:
    for column in contract.columns:
        attribute = protected_attribute(column.name)
        if attribute is not None and column.use is not ColumnUse.DROPPED:
            yield (
                f"column {column.name}",
                f"carries {attribute}, a protected attribute: say `use: dropped` with the reason",
            )
        for item in column.items:
            if protected_attribute(item) is not None:
                yield (
                    f"column {column.name}",
                    f"its entries carry {item}, a protected attribute: the whole column is dropped",
                )
    for derived in contract.derived:
        if protected_attribute(derived.name) is not None:
            yield f"derived.{derived.name}", "a protected attribute is never derived"


def _use(contract: FeedContract) -> Mistakes:
    mapped = mapped_columns(contract)
    consumed = frozenset(name for each in contract.derived for name in columns_in(each.expression))
    special = {contract.version_column, contract.operation_column, *contract.key}
    for column in contract.columns:
        yield from ((f"column {column.name}", told) for told in _use_mistakes(column, mapped, consumed))
        if column.use in (ColumnUse.DROPPED, ColumnUse.CONSUMED) and column.name in special:
            yield f"column {column.name}", f"is key, version or operation and cannot be {column.use}"
    for derived in contract.derived:
        if derived.name not in mapped:
            yield f"derived.{derived.name}", "is mapped to no field and no fact"
    known = set(_names(contract))
    yield from ((f"column {name}", "is mapped but not declared") for name in sorted(mapped - known))


def _use_mistakes(column: Column, mapped: frozenset[str], consumed: frozenset[str]) -> Iterator[str]:
    is_mapped, is_consumed = column.name in mapped, column.name in consumed
    if column.use is ColumnUse.MAPPED and not is_mapped:
        yield "is mapped to no field and no fact; map it, or say `use: kept`, `consumed` or `dropped`"
    if column.use is not ColumnUse.MAPPED and is_mapped:
        yield f"is {column.use} and yet mapped to a field or fact"
    if column.use is ColumnUse.CONSUMED and not is_consumed:
        yield "is consumed, but no derived column is computed from it"
    if column.use is ColumnUse.DROPPED and is_consumed:
        yield "is dropped, so nothing can be derived from it"
    if column.use in (ColumnUse.KEPT, ColumnUse.DROPPED) and not column.reason:
        yield f"is {column.use} without a reason"


def _expressions(contract: FeedContract) -> Mistakes:
    known = {each.name for each in contract.columns}
    texts = [(f"derived.{each.name}", each.expression) for each in contract.derived]
    texts += [(f"quality.{each.id}", each.predicate) for each in contract.quality]
    for key, text in texts:
        yield from ((key, f'"{name}" is no column of the feed') for name in sorted(columns_in(text) - known))
        for name in contract.dropped:
            if name in text:
                yield key, f"uses {name}, which is dropped"
