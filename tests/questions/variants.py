"""Parameters to ask a question with: its defaults, and each parameter once a little lower and higher."""

from collections.abc import Iterator

from schemas.readers.questions import Parameter, Question, ValueType


def variants(question: Question) -> Iterator[dict[str, object]]:
    """Sets of parameters other than dates; a limit of 1 and 3 cuts ties."""
    yield {}
    for each in question.given:
        yield from ({each.name: value} for value in _others(each))


def _others(parameter: Parameter) -> list[object]:
    default = parameter.default
    if parameter.name == "limit":
        return [1, 3]
    if parameter.type is ValueType.INTEGER and isinstance(default, int):
        return [max(default - 1, 0), default + 1]
    if parameter.type is ValueType.DECIMAL and isinstance(default, int | float):
        return [default / 2, default * 1.5]
    return []
