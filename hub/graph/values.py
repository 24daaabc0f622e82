"""Turns what an engine returns into the values that a question's columns declare, the same for every engine."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from hub.graph.errors import GraphQueryError
from hub.graph.port import Row, Value
from schemas.readers.questions import AnswerColumn, Question, ValueType


def normalise_rows(rows: Iterable[Sequence[Any]], columns: Sequence[AnswerColumn]) -> list[Row]:
    """Rows with each value as its column declares it; lists sorted, nulls kept."""
    convert = [_CONVERT[column.type] for column in columns]
    return [tuple(None if value is None else to(value) for to, value in zip(convert, row, strict=True)) for row in rows]


def check_parameters(question: Question, parameters: Mapping[str, object]) -> None:
    """Raises GraphQueryError unless exactly the parameters of the question are given, none of them null.

    An engine that takes a missing parameter for null answers with no rows instead of an error.
    """
    missing = sorted({each.name for each in question.parameters} - set(parameters))
    unknown = sorted(set(parameters) - {each.name for each in question.parameters})
    null = sorted(name for name, value in parameters.items() if value is None)
    found = [("missing", missing), ("not declared", unknown), ("null", null)]
    complaints = [f"{what}: {', '.join(names)}" for what, names in found if names]
    if complaints:
        raise GraphQueryError(f"parameters of {question.id} are wrong: {'; '.join(complaints)}")


def _date(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else date(value.year, value.month, value.day)


def _sorted_texts(value: Any) -> list[str]:
    return sorted(str(each) for each in value if each is not None)


_CONVERT: Mapping[ValueType, Callable[[Any], Value]] = {
    ValueType.TEXT: str,
    ValueType.DATE: _date,
    ValueType.INTEGER: int,
    ValueType.DECIMAL: float,
    ValueType.BOOLEAN: bool,
    ValueType.LIST: _sorted_texts,
}
