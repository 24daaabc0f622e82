"""Answers of all questions with their default parameters, computed once per snapshot and read by later askers."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from hub.graph.port import GraphStore, Row, Value
from hub.questions import bind_parameters
from schemas.declarations import Declarations
from schemas.readers.questions import Question, ValueType

COLUMNS = pa.schema(
    [
        ("question", pa.string()),
        ("parameters", pa.string()),
        ("position", pa.int64()),
        ("subject", pa.string()),
        ("subject_id", pa.string()),
        ("content", pa.string()),
    ]
)
ARROW_TYPES: Mapping[ValueType, pa.DataType] = {
    ValueType.TEXT: pa.string(),
    ValueType.DATE: pa.date32(),
    ValueType.INTEGER: pa.int64(),
    ValueType.DECIMAL: pa.float64(),
    ValueType.BOOLEAN: pa.bool_(),
    ValueType.LIST: pa.list_(pa.string()),
}


def find_all(graph: GraphStore, declarations: Declarations) -> pa.Table:
    """One row per row of each answer; `parameters` and `content` are JSON (see `parameters_key`, `answer_table`)."""
    rows: list[tuple[object, ...]] = []
    for question in declarations.questions.values():
        parameters = bind_parameters(question, {}, as_of=graph.origin.as_of)
        key = parameters_key(parameters)
        for position, row in enumerate(graph.run(question, parameters)):
            content = json.dumps([rounded(value) for value in row], ensure_ascii=False, default=_plain)
            rows.append((question.id, key, position, question.subject, row[0], content))
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    arrays = [pa.array(list(column), each.type) for column, each in zip(columns, COLUMNS, strict=True)]
    return pa.Table.from_arrays(arrays, schema=COLUMNS)


def parameters_key(parameters: Mapping[str, object]) -> str:
    """The parameters as the text by which findings of equal questions are found again."""
    return json.dumps(dict(sorted(parameters.items())), ensure_ascii=False, default=_plain)


def answer_table(question: Question, rows: Sequence[Row]) -> pa.Table:
    """Rows of an answer as a table with the types that the question declares."""
    columns: list[Sequence[Value]] = list(zip(*rows, strict=True)) or [()] * len(question.columns)
    for place, each in enumerate(question.columns):
        if each.type is ValueType.DECIMAL:
            columns[place] = [rounded(value) for value in columns[place]]
    return pa.table(
        {
            each.name: pa.array(column, ARROW_TYPES[each.type])
            for each, column in zip(question.columns, columns, strict=True)
        }
    )


def rounded(value: Value) -> Value:
    """The value with six decimals at most: sums over threads differ in the last bits, answers must not."""
    return round(value, 6) if isinstance(value, float) else value


def rows_of(question: Question, contents: Sequence[str]) -> list[Row]:
    """Rows of findings as they were found."""
    rows: list[list[Any]] = json.loads(f"[{','.join(contents)}]")
    for place, each in enumerate(question.columns):
        if each.type is ValueType.DATE:
            for row in rows:
                row[place] = row[place] and date.fromisoformat(row[place])
    return [tuple(row) for row in rows]


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no value of an answer")
