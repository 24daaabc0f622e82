"""A record that somebody types or sends, made ready to be compared: standardised, then cut to the model's columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from ingestion.standardise.registry import STANDARDISERS
from resolution.errors import QueryError
from resolution.realtime.expressions import Row, as_text, record_expression
from schemas.readers.linkage import KeyRule, LinkageModel, LookupRule
from schemas.readers.registers import Field, Register


@dataclass(frozen=True)
class Standardised:
    """The fields of a record as ingestion would have them, and those that could not be read and so say nothing."""

    fields: Mapping[str, Any]
    unread: tuple[str, ...]


def standardised(register: Register, given: Mapping[str, str]) -> Standardised:
    """The register's fields out of raw values by field; empty values say nothing.

    Raises QueryError where the register has no such fields, or none of the values can be read.
    """
    fields = {field.name: field for field in register.fields if field.name in register.mappable}
    if strange := sorted(set(given) - set(fields)):
        raise QueryError(f"a {register.id} is not looked up by {', '.join(strange)}; it has {', '.join(fields)}")
    found: dict[str, Any] = {}
    unread = []
    for name, text in given.items():
        if not text.strip():
            continue
        values = _standard_values(fields[name], text)
        found |= values
        if not values:
            unread.append(name)
    if unread and not found:
        raise QueryError(f"{', '.join(unread)} cannot be read: there is nothing to look up a {register.id} by")
    return Standardised(found, tuple(unread))


def _standard_values(field: Field, text: str) -> dict[str, Any]:
    """The field and those derived from it; nothing where the text cannot be read."""
    chosen = STANDARDISERS[field.standardiser]
    value, *others = chosen.standardise(text)
    if value is None or (field.codes and value not in field.codes):
        return {}
    derived = [output.field for output in chosen.outputs[1:]]
    return {field.name: value, **dict(zip(derived, others, strict=True))}


class RecordReader:
    """Turns standard fields of one register into rows of the model's columns, and into the keys of its rules."""

    def __init__(self, register: Register, model: LinkageModel, columns: Sequence[str]) -> None:
        self._fields = tuple(dict.fromkeys([*(field.name for field in register.fields), *model.prepared]))
        values = {each.id: record_expression(each.value, self._fields) for each in model.columns}
        self._values = [(values.get(name), name in model.many, name) for name in columns]
        self._rules = {
            rule.id: [(record_expression(part, columns), one in model.many) for part, one in _parts(rule)]
            for rule in model.blocking
        }
        self._lookups = {
            lookup.id: [(record_expression(part, self._fields), False) for part in lookup.on] for lookup in model.lookup
        }

    def row(self, fields: Mapping[str, Any], contexts: Mapping[str, Sequence[str]]) -> Row:
        """The columns of a record with these fields, tied to these entities of other registers by context."""
        given = [fields.get(name) for name in self._fields]
        return tuple(
            (sorted(contexts.get(name, ())) or None) if value is None else _listed(value(given), is_many)
            for value, is_many, name in self._values
        )

    def keys(self, row: Row) -> Mapping[str, Sequence[str]]:
        """For each blocking rule the keys of the record: its values as text, U+001F between them."""
        return {rule: _texts(parts, row) for rule, parts in self._rules.items()}

    def lookups(self, fields: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
        """For each lookup the key of the record."""
        given = [fields.get(name) for name in self._fields]
        return {lookup: _texts(parts, given) for lookup, parts in self._lookups.items()}


def _parts(rule: KeyRule | LookupRule) -> Sequence[tuple[str, str]]:
    columns = rule.columns if isinstance(rule, KeyRule) else rule.on
    return list(zip(rule.on, columns, strict=True))


def _listed(value: Any, is_many: bool) -> Any:
    return [value] if is_many and value is not None else value


def _texts(parts: Sequence[tuple[Any, bool]], row: Row) -> Sequence[str]:
    values = [(part(row) or []) if is_many else [part(row)] for part, is_many in parts]
    if any(each == [None] for each in values):
        return ()
    return ["\x1f".join(map(as_text, each)) for each in product(*values)]
