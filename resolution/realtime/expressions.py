"""The SQL of a linkage model as Python functions, for one record at a time; null behaves as in SQL.

Only the functions that linkage files may use are known. Text is compared by code point, as DuckDB and Spark do.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Any

import sqlglot
from rapidfuzz.distance import Levenshtein
from sqlglot import exp
from sqlglot.errors import ParseError

from resolution.errors import ResolutionError

Row = Sequence[Any]
Value = Callable[[Row, Row], Any]
Sources = Mapping[str, Value]


def record_expression(sql: str, columns: Sequence[str]) -> Callable[[Row], Any]:
    """The value of an expression over one record, whose values come in the order of `columns`.

    Raises ResolutionError where the expression is not one that a linkage file may hold.
    """
    value = _compiled(sql, {name: _left(place) for place, name in enumerate(columns)})
    return lambda row: value(row, row)


def pair_condition(sql: str, columns: Sequence[str], *, empty: Collection[str] = ()) -> Value:
    """Whether a condition holds for two records (True, False, or None for unknown), each in the order of `columns`.

    Columns named in `empty` are null in every record.
    """
    sides = {f"{name}_{side}": _constant(exp.Null()) for name in empty for side in "lr"}
    sides |= {f"{name}_l": _left(place) for place, name in enumerate(columns)}
    return _compiled(sql, sides | {f"{name}_r": _right(place) for place, name in enumerate(columns)})


def _left(place: int) -> Value:
    return lambda left, right: left[place]


def _right(place: int) -> Value:
    return lambda left, right: right[place]


def _compiled(sql: str, sources: Sources) -> Value:
    try:
        return _compile(sqlglot.parse_one(sql, read="duckdb"), sources)
    except (ParseError, KeyError) as error:
        raise ResolutionError(f"{sql!r} cannot be computed for one record: {error}") from error


def _compile(node: exp.Expr, sources: Sources) -> Value:
    if isinstance(node, exp.Column):
        return sources[node.name]
    if isinstance(node, exp.Paren):
        return _compile(node.this, sources)
    if isinstance(node, exp.Case):
        return _case(node, sources)
    if isinstance(node, (exp.Literal, exp.Boolean, exp.Null)):
        return _constant(node)
    build = BUILDERS[type(node)]
    return build(*(_compile(each, sources) for each in _operands(node)))


def _operands(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.Anonymous):
        if node.name.lower() != "overlap":
            raise KeyError(node.name)
        return list(node.expressions)
    if isinstance(node, exp.Cast):
        if node.to.this not in (exp.DType.TEXT, exp.DType.VARCHAR):
            raise KeyError(f"cast to {node.to.sql()}")
        return [node.this]
    operands = (each for key in node.arg_types for each in _as_list(node.args.get(key)))
    return [each for each in operands if isinstance(each, exp.Expr)]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _constant(node: exp.Expr) -> Value:
    value: Any
    if isinstance(node, exp.Null):
        value = None
    elif isinstance(node, exp.Boolean):
        value = bool(node.this)
    elif node.is_string:
        value = str(node.this)
    else:
        value = float(node.this) if not node.is_int else int(node.this)
    return lambda left, right: value


def _case(node: exp.Case, sources: Sources) -> Value:
    subject = node.args.get("this")
    branches = [
        (
            _compile(exp.EQ(this=subject.copy(), expression=each.this.copy()) if subject else each.this, sources),
            _compile(each.args["true"], sources),
        )
        for each in node.args["ifs"]
    ]
    default = node.args.get("default")
    otherwise = _compile(default, sources) if default is not None else _constant(exp.Null())

    def value(left: Row, right: Row) -> Any:
        for holds, then in branches:
            if holds(left, right):
                return then(left, right)
        return otherwise(left, right)

    return value


def _strict(function: Callable[..., Any]) -> Callable[..., Value]:
    """A function that is null where one of its arguments is."""

    def build(*operands: Value) -> Value:
        if len(operands) == 2:
            first, second = operands

            def of_two(left: Row, right: Row) -> Any:
                if (one := first(left, right)) is None or (other := second(left, right)) is None:
                    return None
                return function(one, other)

            return of_two

        def of_many(left: Row, right: Row) -> Any:
            values = [each(left, right) for each in operands]
            return None if None in values else function(*values)

        return of_many

    return build


def _lenient(function: Callable[[list[Any]], Any]) -> Callable[..., Value]:
    """A function of the arguments that are not null; null where all are."""

    def build(*operands: Value) -> Value:
        def value(left: Row, right: Row) -> Any:
            known = [found for each in operands if (found := each(left, right)) is not None]
            return function(known) if known else None

        return value

    return build


def _both(first: Value, second: Value) -> Value:
    def value(left: Row, right: Row) -> bool | None:
        one = first(left, right)
        if one is False:
            return False
        other = second(left, right)
        if other is False:
            return False
        return None if one is None or other is None else True

    return value


def _either(first: Value, second: Value) -> Value:
    def value(left: Row, right: Row) -> bool | None:
        one = first(left, right)
        if one:
            return True
        other = second(left, right)
        if other:
            return True
        return None if one is None or other is None else False

    return value


def _is(first: Value, second: Value) -> Value:
    return lambda left, right: first(left, right) is second(left, right)


def _in(subject: Value, *listed: Value) -> Value:
    return reduce(_either, (EQUAL(subject, each) for each in listed))


def _coalesce(*operands: Value) -> Value:
    return lambda left, right: next((found for each in operands if (found := each(left, right)) is not None), None)


def _concatenated(*operands: Value) -> Value:
    return lambda left, right: "".join(as_text(found) for each in operands if (found := each(left, right)) is not None)


def _substring(text: str, start: int, length: int | None = None) -> str:
    begin = start - 1 if start >= 0 else len(text) + start
    return text[max(begin, 0) : None if length is None else max(begin + length, 0)]


def _leftmost(text: str, length: int) -> str:
    return text[:length]


def _rightmost(text: str, length: int) -> str:
    return text[-length:] if length > 0 else text[: max(len(text) + length, 0)] if length else ""


def as_text(value: object) -> str:
    """A value as the engine casts it to text."""
    return value.isoformat() if isinstance(value, date) else str(value)


def _null_if(first: Value, second: Value) -> Value:
    def value(left: Row, right: Row) -> Any:
        found = first(left, right)
        return None if found is not None and found == second(left, right) else found

    return value


def _edits(one: str, other: str) -> int:
    # DuckDB counts bytes: the same for the ASCII keys that linkage files compare.
    if one.isascii() and other.isascii():
        return Levenshtein.distance(one, other)
    return Levenshtein.distance(one.encode(), other.encode())


def _overlap(one: list[Any], other: list[Any]) -> bool:
    return not set(one).isdisjoint(other)


def _replace_first(text: str, pattern: str, replacement: str) -> str:
    return re.sub(pattern, replacement, text, count=1)


EQUAL = _strict(lambda one, other: one == other)
BUILDERS: Mapping[type[exp.Expr], Callable[..., Value]] = {
    exp.And: _both,
    exp.Or: _either,
    exp.Not: _strict(lambda value: not value),
    exp.Is: _is,
    exp.In: _in,
    exp.EQ: EQUAL,
    exp.NEQ: _strict(lambda one, other: one != other),
    exp.LT: _strict(lambda one, other: one < other),
    exp.LTE: _strict(lambda one, other: one <= other),
    exp.GT: _strict(lambda one, other: one > other),
    exp.GTE: _strict(lambda one, other: one >= other),
    exp.Add: _strict(lambda one, other: one + other),
    exp.Sub: _strict(lambda one, other: one - other),
    exp.Neg: _strict(lambda value: -value),
    exp.Abs: _strict(abs),
    exp.Coalesce: _coalesce,
    exp.Least: _lenient(min),
    exp.Greatest: _lenient(max),
    exp.Concat: _concatenated,
    exp.DPipe: _strict(lambda one, other: as_text(one) + as_text(other)),
    exp.Cast: _strict(as_text),
    exp.Left: _strict(_leftmost),
    exp.Right: _strict(_rightmost),
    exp.Length: _strict(len),
    exp.Levenshtein: _strict(_edits),
    exp.Lower: _strict(str.lower),
    exp.Upper: _strict(str.upper),
    exp.Substring: _strict(_substring),
    exp.Replace: _strict(lambda text, old, new: text.replace(old, new) if old else text),
    exp.RegexpReplace: _strict(_replace_first),
    exp.Nullif: _null_if,
    exp.Year: _strict(lambda day: day.year),
    exp.Month: _strict(lambda day: day.month),
    exp.Day: _strict(lambda day: day.day),
    exp.Anonymous: _strict(_overlap),
}
