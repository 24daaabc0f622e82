"""Suites: any data set with its contracts, delivered files, truth, and one threshold that was fixed beforehand."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import Field, NonNegativeInt

from schemas.declarations import Declarations, load_declarations
from schemas.errors import DeclarationError, Problem
from schemas.files import StrictModel, read_yaml


class DeliveryEntry(StrictModel):
    """One delivered file."""

    file: Path
    feed: str
    mode: Literal["full", "delta"] = "full"
    date: date
    sequence: NonNegativeInt = 1


class ThresholdEntry(StrictModel):
    """The match probability from which two records are linked, and when and why it was chosen."""

    accept: float = Field(gt=0, lt=1)
    declared_on: date
    why: str = Field(min_length=1)


class SuiteFile(StrictModel):
    """`suite.yml`; its paths are relative to its own folder."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1)
    people: Literal["synthetic", "real"]
    schemas: Path
    deliveries: tuple[DeliveryEntry, ...] = Field(min_length=1)
    truth: dict[Literal["person", "house", "unit"], Path] = Field(min_length=1)
    threshold: ThresholdEntry


@dataclass(frozen=True)
class Delivery:
    """A file that is there, and the delivery that it is."""

    file: Path
    feed: str
    mode: str
    date: date
    sequence: int


@dataclass(frozen=True)
class Threshold:
    """The match probability that links, fixed before the truth was opened: when, and why this one."""

    accept: float
    declared_on: date
    why: str


@dataclass(frozen=True)
class Suite:
    """A suite whose files are all there and whose contracts are sound; `people` is the kind of its scratch home."""

    id: str
    title: str
    people: str
    schemas: Path
    declarations: Declarations
    deliveries: tuple[Delivery, ...]
    truth: Mapping[str, Path]
    threshold: Threshold


def read_suite(file: Path) -> Suite:
    """The suite and its declarations; raises DeclarationError with every mistake of both, each with file and key.

    Truth files are only seen to be there: nobody opens them before the records are linked.
    """
    if not file.is_file():
        raise DeclarationError([Problem(file, "", "is no file; --suite names a suite.yml")])
    content = read_yaml(file, SuiteFile)
    problems = [Problem(file, key, message) for key, message in _missing(content, file.parent)]
    declarations = None
    try:
        declarations = load_declarations(file.parent / content.schemas)
    except DeclarationError as error:
        problems += error.problems
    if declarations is not None:
        problems += [Problem(file, key, message) for key, message in _contradictions(content, declarations)]
    if problems or declarations is None:
        raise DeclarationError(sorted(set(problems)))
    folder = file.parent
    return Suite(
        id=content.id,
        title=content.title,
        people=content.people,
        schemas=folder / content.schemas,
        declarations=declarations,
        deliveries=tuple(
            Delivery(folder / each.file, each.feed, each.mode, each.date, each.sequence) for each in content.deliveries
        ),
        truth=MappingProxyType({register: folder / path for register, path in content.truth.items()}),
        threshold=Threshold(**content.threshold.model_dump()),
    )


def _missing(content: SuiteFile, folder: Path) -> Iterator[tuple[str, str]]:
    files = [(f"deliveries.{place}.file", each.file) for place, each in enumerate(content.deliveries)]
    files += [(f"truth.{register}", path) for register, path in content.truth.items()]
    for key, path in files:
        if not (folder / path).is_file():
            yield key, f"{folder / path} is no file"


def _contradictions(content: SuiteFile, declarations: Declarations) -> Iterator[tuple[str, str]]:
    filled: set[str] = set()
    for place, each in enumerate(content.deliveries):
        contract = declarations.contracts.get(each.feed)
        if contract is None:
            yield f"deliveries.{place}.feed", f"{each.feed} is no feed of {content.schemas} nor of the hub"
        else:
            filled |= {record.register for record in contract.records}
    names = [(each.feed, each.date, each.sequence) for each in content.deliveries]
    for (feed, day, sequence), times in Counter(names).items():
        if times > 1:
            yield "deliveries", f"{feed} of {day} has number {sequence} {times} times"
    for register in content.truth:
        if filled and register not in filled:
            yield f"truth.{register}", f"no feed of the suite has records of {register}"
