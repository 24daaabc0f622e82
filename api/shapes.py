"""Shapes that answers of several routes share."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.desk import OWN_ID

Register = Literal["person", "house", "unit"]
OfRegister = Annotated[Register, Field(alias="register", description="What it is.")]
"""For the attribute `of`: a model has a method `register` of its own."""
OwnId = Annotated[str, Field(pattern=OWN_ID, max_length=29, description="The id by which your department knows it.")]
SnapshotId = Annotated[str, Field(max_length=100, description="The snapshot that was read.")]
Sureness = Annotated[float | None, Field(ge=0, le=1)]
FeedId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
RecordKey = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$", max_length=64)]
Note = Annotated[str, Field(max_length=2_000)]
Notes = Annotated[list[Note], Field(max_length=20)]
MOST_AT_ONCE = 1_000
MOST_CANDIDATES = 100


class Shape(BaseModel):
    """A body that has what it declares and nothing else."""

    model_config = ConfigDict(extra="forbid")
