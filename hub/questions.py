"""Asks a question of the catalogue: types its parameters, fills in the rest, runs it through the graph port."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hub.errors import UsageError
from hub.graph.port import GraphStore, Row
from schemas.readers.questions import AnswerColumn, DateBefore, Parameter, Question, ValueType

TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True)
class Answer:
    """The rows of a question, the parameters they were computed with, and the snapshot they were read from."""

    columns: tuple[AnswerColumn, ...]
    rows: Sequence[Row]
    snapshot_id: str
    parameters: Mapping[str, object]

    @property
    def subjects(self) -> list[str]:
        """Ids of the subjects, each once, in the order of the rows."""
        return list(dict.fromkeys(str(row[0]) for row in self.rows))


def ask(store: GraphStore, question: Question, parameters: Mapping[str, object]) -> Answer:
    """Answers a question with the parameters given (texts are read by their type) and defaults for the rest.

    A date without a default is the snapshot's. Raises UsageError for a parameter that is unknown or does not fit.
    """
    values = bind_parameters(question, parameters, as_of=store.origin.as_of)
    return Answer(question.columns, store.run(question, values), store.origin.snapshot_id, values)


def bind_parameters(question: Question, given: Mapping[str, object], *, as_of: date) -> dict[str, object]:
    """All parameters of the question: those given, typed; defaults; and dates computed from them."""
    known = {each.name: each for each in question.given}
    unknown = sorted(set(given) - set(known))
    if unknown:
        takes = ", ".join(known) or "none"
        raise UsageError(f"{question.id} has no parameter {', '.join(unknown)}; it takes {takes}")
    values: dict[str, object] = {}
    for name, parameter in known.items():
        value = given.get(name)
        if value is None:
            value = as_of if parameter.default is None else parameter.default
        values[name] = typed_value(parameter, value)
    for parameter in question.parameters:
        if parameter.before is not None:
            values[parameter.name] = date_before(parameter.before, values)
    return values


def typed_value(parameter: Parameter, value: object) -> object:
    """The value as its parameter's type; texts are read, other values must fit. Raises UsageError."""
    try:
        return _read(parameter.type, value)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"parameter {parameter.name}: {value!r} is no {parameter.type} ({error})") from error


def _read(type_: ValueType, value: object) -> object:
    match type_:
        case ValueType.TEXT:
            return str(value)
        case ValueType.DATE:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        case ValueType.INTEGER:
            return _whole(value)
        case ValueType.DECIMAL:
            return _decimal(value)
        case ValueType.BOOLEAN:
            return _truth(value)
        case ValueType.LIST:
            raise ValueError("a list cannot be a parameter")


def _whole(value: object) -> int:
    number = int(str(value))
    if abs(number) >= 2**63:
        raise ValueError("too large")
    if number < 0:
        raise ValueError("must not be negative")
    return number


def _decimal(value: object) -> float:
    number = float(str(value))
    if not abs(number) < float("inf"):
        raise ValueError("must be a finite number")
    return number


def _truth(value: object) -> bool:
    text = str(value).lower()
    if text not in TRUE + FALSE:
        raise ValueError("write true or false")
    return text in TRUE


def date_before(before: DateBefore, values: Mapping[str, object]) -> date:
    """The date so many days or years before another; 29 February becomes 28 February where there is none."""
    start, amount = values[before.date], values[before.amount]
    if not isinstance(start, date) or not isinstance(amount, int):
        raise UsageError(f"{before.date} must be a date and {before.amount} a whole number")
    try:
        if before.unit == "days":
            return start - timedelta(days=amount)
        year = start.year - amount
        return date(year, 2, 28) if (start.month, start.day) == (2, 29) and not _is_leap(year) else start.replace(year)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{amount} {before.unit} before {start} is no date") from error


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
