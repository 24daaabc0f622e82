"""The catalogue of questions, and asking one of them as of a date."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal

import pyarrow as pa
from fastapi import APIRouter, Header, Path, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field

from api.asking import SignedIn
from api.desk import Desk, desk
from api.links import leads_to, links
from api.problems import TOLD_OF_ALL, Refusal
from api.service import TheService
from api.shapes import Notes, Shape, SnapshotId
from hub.formats import as_csv, json_value, parquet_bytes
from hub.reading.ask import ask
from schemas.readers.questions import Question

router = APIRouter(prefix="/v1/questions", tags=["questions"], responses=TOLD_OF_ALL)
QuestionId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
JSON, CSV, PARQUET = "application/json", "text/csv", "application/vnd.apache.parquet"
ROWS_AT_ONCE = 2_000
FILE = {"type": "string", "format": "binary"}
Names = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=100)]


_LINKS = links(
    200, answer=leads_to("answer_question", "The answer to the first.", {"question": "$response.body#/questions/0/id"})
)


class QuestionParameter(Shape):
    """One parameter of a question."""

    name: Annotated[str, Field(max_length=64)]
    type: Literal["text", "integer", "decimal", "date", "boolean"]
    meaning: Annotated[str, Field(max_length=500)]
    default: str | int | float | bool | None


class QuestionColumn(Shape):
    """One column of a question's answer."""

    name: Annotated[str, Field(max_length=64)]
    type: Annotated[str, Field(max_length=32)]
    meaning: Annotated[str, Field(max_length=500)]


class QuestionAbout(Shape):
    """A question of the catalogue."""

    id: Annotated[str, Field(max_length=64)]
    topic: Annotated[str, Field(max_length=64)]
    title: Annotated[str, Field(max_length=200)]
    title_zh: Annotated[str, Field(max_length=200)]
    question: Annotated[str, Field(max_length=1_000)]
    when_wrong: Annotated[str, Field(max_length=1_000, description="When the answer is wrong.")]
    purposes: Annotated[Names, Field(description="Those that it may be asked for.")]
    parameters: Annotated[list[QuestionParameter], Field(max_length=100)]
    columns: Annotated[list[QuestionColumn], Field(max_length=100)]


class Catalogue(Shape):
    """Every question that there is."""

    questions: Annotated[list[QuestionAbout], Field(max_length=1_000)]


class Asked(Shape):
    """What is asked: parameters by name, as text, and the date that the answer is to be of."""

    parameters: Annotated[dict[str, Annotated[str, Field(max_length=200)]], Field(max_length=20, default_factory=dict)]
    as_of: Annotated[date | None, Field(description="None for the date of the snapshot.")] = None


class QuestionAnswer(Shape):
    """The rows, with the columns that the purpose allows."""

    snapshot: SnapshotId
    columns: Names
    rows: Annotated[list[Annotated[list[Any], Field(max_length=100)]], Field(max_length=10_000_000)]
    notes: Notes


@router.get("", response_model=Catalogue, responses=_LINKS)
def list_questions(service: TheService, caller: SignedIn) -> Response:
    """The catalogue; it says nothing of anybody and needs no purpose."""
    return JSONResponse({"questions": [_about(each) for each in service.declarations.questions.values()]})


@router.post(
    "/{question}/answer",
    response_model=QuestionAnswer,
    responses={200: {"content": {CSV: {"schema": FILE}, PARQUET: {"schema": FILE}}}},
)
def answer_question(
    question: QuestionId,
    asked: Asked,
    reading: Annotated[Desk, desk(20)],
    accept: Annotated[str, Header(max_length=200, description=f"{JSON}, {CSV} or {PARQUET}")] = JSON,
) -> Response:
    """The answer to a question, as JSON, CSV or Parquet.

    Parameters that are ids are your department's own.
    """
    write = _writer(accept)
    if question not in reading.service.declarations.questions:
        raise Refusal("not-there")
    given = {name: _given(reading, value) for name, value in asked.parameters.items()}
    found = ask(reading.reader(), question, given, as_of=asked.as_of)
    notes = [*map(reading.text, found.answer.redirects), *found.answer.notes]
    return write(reading.in_own_ids(found.answer.table), found.snapshot, notes)


def _given(reading: Desk, value: str) -> str:
    return reading.entity(value) if reading.is_own_id(value) else value


def _writer(accept: str) -> Callable[[pa.Table, str, list[str]], Response]:
    for each in accept.split(","):
        kind = each.partition(";")[0].strip().lower()
        if kind in ("*/*", "application/*", JSON):
            return _as_json
        if kind in ("text/*", CSV):
            return _as_csv
        if kind == PARQUET:
            return _as_parquet
    raise Refusal("not-acceptable")


def _as_json(table: pa.Table, snapshot: str, notes: list[str]) -> Response:
    head = {"snapshot": snapshot, "columns": table.column_names, "notes": notes}

    def parts() -> Iterator[str]:
        yield json.dumps(head, ensure_ascii=False)[:-1] + ', "rows": ['
        mark = ""
        for batch in table.to_batches(max_chunksize=ROWS_AT_ONCE):
            rows = (json.dumps(list(row.values()), ensure_ascii=False, default=json_value) for row in batch.to_pylist())
            text = ", ".join(rows)
            yield mark + text
            mark = ", " if text else mark
        yield "]}"

    return StreamingResponse(parts(), media_type=JSON)


def _as_csv(table: pa.Table, snapshot: str, notes: list[str]) -> Response:
    def parts() -> Iterator[str]:
        yield as_csv(table.slice(0, 0))
        for start in range(0, table.num_rows, ROWS_AT_ONCE):
            yield as_csv(table.slice(start, ROWS_AT_ONCE)).partition("\n")[2]

    return StreamingResponse(parts(), media_type=CSV, headers={"Hub-Snapshot": snapshot})


def _as_parquet(table: pa.Table, snapshot: str, notes: list[str]) -> Response:
    return Response(parquet_bytes(table, snapshot), media_type=PARQUET, headers={"Hub-Snapshot": snapshot})


def _about(question: Question) -> Mapping[str, Any]:
    return {
        "id": question.id,
        "topic": question.topic,
        "title": question.title_en,
        "title_zh": question.title_zh,
        "question": question.question_en,
        "when_wrong": question.when_wrong_en,
        "purposes": list(question.purposes),
        "parameters": [
            {
                "name": each.name,
                "type": each.type.value,
                "meaning": each.meaning,
                "default": json_value(each.default) if isinstance(each.default, date) else each.default,
            }
            for each in question.given
        ],
        "columns": [
            {"name": each.name, "type": each.type.value, "meaning": each.meaning_en} for each in question.columns
        ],
    }
