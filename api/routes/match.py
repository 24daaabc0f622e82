"""Who a record may be: one look-up, or many."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from api.desk import Desk, desk
from api.links import leads_to, links
from api.problems import TOLD_OF_ALL
from api.shapes import MOST_AT_ONCE, MOST_CANDIDATES, FieldName, Notes, OwnId, Register, Shape, SnapshotId
from hub.reading.match import match, match_many

router = APIRouter(prefix="/v1/match", tags=["match"], responses=TOLD_OF_ALL)
Given = Annotated[
    dict[FieldName, Annotated[str, Field(min_length=1, max_length=500)]],
    Field(
        min_length=1,
        max_length=20,
        description="Values as they were written, by field of the register; `house.address` is where it is.",
    ),
]


_LINKS = links(
    200, entity=leads_to("get_entity", "The likeliest candidate.", {"own_id": "$response.body#/candidates/0/id"})
)
_BULK_LINKS = links(
    200,
    entity=leads_to("get_entity", "The first query's likeliest.", {"own_id": "$response.body#/results/0/0/id"}),
)


class MatchQuery(Shape):
    """One record to be looked up."""

    fields: Given


class MatchQueries(Shape):
    """Records to be looked up together."""

    queries: Annotated[list[MatchQuery], Field(min_length=1, max_length=MOST_AT_ONCE)]


class MatchCandidate(Shape):
    """An entity that the record may be."""

    id: OwnId
    grade: Annotated[Literal["certain", "probable", "possible"], Field(description="Take `certain` alone unseen.")]
    probability: Annotated[float, Field(ge=0, le=1)]
    weight: Annotated[float, Field(description="Match weight, log2 of the Bayes factor with the prior.")]
    why: Annotated[str | None, Field(max_length=2_000, description="The comparisons that weigh most.")] = None
    why_zh: Annotated[str | None, Field(max_length=2_000)] = None


Candidates = Annotated[list[MatchCandidate], Field(max_length=MOST_CANDIDATES)] | None


class MatchAnswer(Shape):
    """The candidates, the likeliest first; where the purpose wants certainty, the one that it is or none.

    null where it is not told whether there is one: too many queries like it found nobody within a day.
    """

    snapshot: SnapshotId
    candidates: Candidates
    notes: Notes


class MatchesAnswer(Shape):
    """The candidates of each query, in the order of the queries; null as in the answer to one."""

    snapshot: SnapshotId
    results: Annotated[list[Candidates], Field(max_length=MOST_AT_ONCE)]


@router.post("/{register}", response_model=MatchAnswer, responses=_LINKS)
def match_one(register: Annotated[Register, Path()], query: MatchQuery, reading: Annotated[Desk, desk()]) -> Response:
    """Who one record may be."""
    found = match(reading.reader(), register, query.fields)
    rows = reading.in_own_ids(found.answer.table).to_pylist()
    candidates = None if found.answer.withheld else [_candidate(row) for row in rows]
    notes = [*found.answer.notes, *found.answer.remarks]
    return JSONResponse({"snapshot": found.snapshot, "candidates": candidates, "notes": notes})


@router.post("/{register}/bulk", response_model=MatchesAnswer, responses=_BULK_LINKS)
def match_bulk(
    register: Annotated[Register, Path()], asked: MatchQueries, reading: Annotated[Desk, desk(100)]
) -> Response:
    """Who up to 1,000 records may be."""
    found = match_many(reading.reader(), register, [each.fields for each in asked.queries])
    results: list[list[dict[str, Any]]] = [[] for _ in asked.queries]
    for row in reading.in_own_ids(found.answer.table).to_pylist():
        results[row["query"]].append(_candidate(row))
    withheld = {*found.answer.withheld}
    told = [None if place in withheld else each for place, each in enumerate(results)]
    return JSONResponse({"snapshot": found.snapshot, "results": told})


def _candidate(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {"id": row["entity_id"], **{name: row[name] for name in ("grade", "probability", "weight")}}
    return {**told, "why": row.get("in words"), "why_zh": row.get("说明")}
