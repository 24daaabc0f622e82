"""The types of problems, as documentation: where `type` of a problem leads."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from api.problems import FOLDER, TOLD_OF_ALL, TYPES, Refusal

router = APIRouter(prefix="/v1/problems", tags=["service"], responses=TOLD_OF_ALL)
FOR_AN_HOUR = "public, max-age=3600"


class ProblemPage(BaseModel):
    """One type of problem."""

    model_config = ConfigDict(extra="forbid")
    type: Annotated[str, Field(max_length=60)]
    status: Annotated[int, Field(ge=400, le=599)]
    title: Annotated[str, Field(max_length=100)]
    title_zh: Annotated[str, Field(max_length=100)]
    remedy: Annotated[str, Field(max_length=300)]


class ProblemPages(BaseModel):
    """Every type of problem."""

    model_config = ConfigDict(extra="forbid")
    problems: Annotated[list[ProblemPage], Field(max_length=100)]


@router.get("", response_model=ProblemPages)
async def list_problems(response: Response) -> ProblemPages:
    """Every type of problem that the service tells."""
    response.headers["Cache-Control"] = FOR_AN_HOUR
    return ProblemPages(problems=[_page(slug) for slug in TYPES])


@router.get("/{slug}", response_model=ProblemPage)
async def show_problem(
    slug: Annotated[str, Path(min_length=1, max_length=40, pattern=r"^[a-z-]+$")], response: Response
) -> ProblemPage:
    """One type of problem: its status, titles, and what to do."""
    if slug not in TYPES:
        raise Refusal("no-such-address")
    response.headers["Cache-Control"] = FOR_AN_HOUR
    return _page(slug)


def _page(slug: str) -> ProblemPage:
    kind = TYPES[slug]
    return ProblemPage(
        type=FOLDER + slug, status=kind.status, title=kind.title, title_zh=kind.title_zh, remedy=kind.remedy
    )
