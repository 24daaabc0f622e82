"""The catalogue of questions: one .cypher file each, with a YAML header in its leading comment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from schemas.errors import DeclarationError, Problem
from schemas.files import DeclarationTree, StrictModel, parse_yaml, validate
from schemas.readers.cypher import CypherText, parse_cypher, portability_mistakes
from schemas.readers.graph import GraphModel, read_graph

PATTERN = "questions/*/*.cypher"
FLAGS = "housing"
WHO_PEOPLE_ARE = frozenset({"hukou_in_city", "birth_date", "birth_year"})
KINSHIP = frozenset({"KIN_OF", "GUARDIAN_OF"})
SNAPSHOT_DATE = "snapshot"


class ValueType(StrEnum):
    """Type of a parameter or of an answer's column; `list` is a sorted list of texts."""

    TEXT = "text"
    DATE = "date"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    LIST = "list"


@dataclass(frozen=True)
class DateBefore:
    """A date computed from other parameters: `amount` days or years before `date`."""

    date: str
    amount: str
    unit: Literal["days", "years"]


@dataclass(frozen=True)
class Parameter:
    """One parameter; `default` None means the snapshot's date, `before` that the value is computed, never given."""

    name: str
    type: ValueType
    meaning: str
    default: object | None
    before: DateBefore | None


@dataclass(frozen=True)
class AnswerColumn:
    """One column of the answer."""

    name: str
    type: ValueType
    meaning_zh: str
    meaning_en: str


@dataclass(frozen=True)
class Question:
    """One question, whose Cypher is its definition; the first column is the id of the subject."""

    id: str
    topic: str
    title_zh: str
    title_en: str
    question_zh: str
    question_en: str
    subject: str
    parameters: tuple[Parameter, ...]
    columns: tuple[AnswerColumn, ...]
    purposes: tuple[str, ...]
    owner: str
    legal_basis: str
    retention_days: int
    review_on: date
    when_wrong_zh: str
    when_wrong_en: str
    cypher: str

    @property
    def given(self) -> tuple[Parameter, ...]:
        """Parameters that an asker may give."""
        return tuple(each for each in self.parameters if each.before is None)


Text = Annotated[str, Field(min_length=1)]


class _Bilingual(StrictModel):
    zh: Text
    en: Text


class _Subject(StrictModel):
    label: Text
    key: Text


class _Before(StrictModel):
    date: Text
    days: Text | None = None
    years: Text | None = None


class _ParameterModel(StrictModel):
    type: ValueType
    meaning: Text
    default: bool | int | float | date | str | None = None
    before: _Before | None = None


class _ColumnModel(StrictModel):
    type: ValueType
    zh: Text
    en: Text


class _QuestionModel(StrictModel):
    title: _Bilingual
    question: _Bilingual
    subject: _Subject
    parameters: dict[str, _ParameterModel]
    columns: Annotated[dict[str, _ColumnModel], Field(min_length=1)]
    purposes: Annotated[tuple[Text, ...], Field(min_length=1)]
    owner: Text
    legal_basis: Text
    retention_days: Annotated[int, Field(gt=0)]
    review_on: date
    when_wrong: _Bilingual
    kinship: Literal["exempts"] | None = None


def read_questions(tree: DeclarationTree) -> Mapping[str, Question]:
    """All questions by their id, the file's stem; raises DeclarationError with every mistake of every file."""
    graph = read_graph(tree)
    questions: dict[str, Question] = {}
    problems: list[Problem] = []
    for file in tree.glob(PATTERN):
        try:
            question = _read(file, graph)
        except DeclarationError as error:
            problems += error.problems
            continue
        if question.id in questions:
            problems.append(Problem(file, "", f"a question named {question.id} exists in another topic"))
        questions[question.id] = question
    if problems:
        raise DeclarationError(problems)
    return questions


def _read(file: Path, graph: GraphModel) -> Question:
    header, body = _header_and_body(file)
    model = validate(parse_yaml(header, file), _QuestionModel, file)
    cypher = parse_cypher(body)
    mistakes = [
        *_parameter_mistakes(model, cypher),
        *_answer_mistakes(model, cypher, graph),
        *_safeguard_mistakes(model, cypher, file.parent.name),
        *(("cypher", message) for message in portability_mistakes(cypher, graph)),
    ]
    if mistakes:
        raise DeclarationError([Problem(file, key, message) for key, message in dict.fromkeys(mistakes)])
    return _question(file, model, body)


def _header_and_body(file: Path) -> tuple[str, str]:
    parts = re.fullmatch(r"\s*/\*(.*?)\*/(.*)", file.read_text(encoding="utf-8"), re.DOTALL)
    if parts is None:
        raise DeclarationError([Problem(file, "", "starts with no header: /* YAML */ and then the Cypher")])
    return parts[1], parts[2].strip()


def _parameter_mistakes(model: _QuestionModel, cypher: CypherText) -> list[tuple[str, str]]:
    declared = model.parameters
    used = set(cypher.parameters)
    for each in declared.values():
        if each.before is not None:
            used |= {name for name in (each.before.date, each.before.days, each.before.years) if name}
    mistakes = [(f"parameters.{name}", "is declared but not used") for name in sorted(set(declared) - used)]
    mistakes += [(f"parameters.{name}", "is used but not declared") for name in sorted(used - set(declared))]
    for name, each in declared.items():
        if (each.default is None) == (each.before is None):
            mistakes.append((f"parameters.{name}", "has either a default or `before`"))
        elif each.before is None and not _fits(each.default, each.type):
            mistakes.append((f"parameters.{name}.default", f"{each.default!r} is no {each.type}"))
        elif each.before is not None and (each.before.days is None) == (each.before.years is None):
            mistakes.append((f"parameters.{name}.before", "counts either days or years"))
    return mistakes


def _fits(default: object, type_: ValueType) -> bool:
    fitting: dict[ValueType, tuple[type, ...]] = {
        ValueType.TEXT: (str,),
        ValueType.DATE: (date,),
        ValueType.INTEGER: (int,),
        ValueType.DECIMAL: (int, float),
        ValueType.BOOLEAN: (bool,),
    }
    if type_ is ValueType.DATE and default == SNAPSHOT_DATE:
        return True
    if isinstance(default, bool) and type_ is not ValueType.BOOLEAN:
        return False
    return isinstance(default, fitting.get(type_, ()))


def _answer_mistakes(model: _QuestionModel, cypher: CypherText, graph: GraphModel) -> list[tuple[str, str]]:
    mistakes = []
    if model.subject.label not in graph.labels or model.subject.key != "id":
        mistakes.append(("subject", "names a declared label and its key, id"))
    if cypher.aliases != tuple(model.columns):
        returned = ", ".join(alias or "a column without AS" for alias in cypher.aliases)
        mistakes.append(("columns", f"the text returns {returned}; declared are {', '.join(model.columns)}"))
    if next(iter(model.columns)) not in cypher.order:
        mistakes.append(("cypher", "ORDER BY must end ties by the subject's id, the first column"))
    for name in sorted(set(model.columns) & set(cypher.bound)):
        mistakes.append((f"columns.{name}", "is also the name of a node or relationship; one engine refuses that"))
    return mistakes


def _safeguard_mistakes(model: _QuestionModel, cypher: CypherText, topic: str) -> list[tuple[str, str]]:
    mistakes = []
    if cypher.types & KINSHIP and model.kinship is None:
        mistakes.append(("kinship", "kinship may only exempt; say `kinship: exempts` or leave it out of the text"))
    if topic == FLAGS:
        for name in sorted(WHO_PEOPLE_ARE & {name for _, name in cypher.properties}):
            mistakes.append(("cypher", f"{name} says who people are; a flag on a dwelling may not use it"))
    return mistakes


def _question(file: Path, model: _QuestionModel, body: str) -> Question:
    return Question(
        id=file.stem,
        topic=file.parent.name,
        title_zh=model.title.zh,
        title_en=model.title.en,
        question_zh=model.question.zh,
        question_en=model.question.en,
        subject=model.subject.label,
        parameters=tuple(_parameter(name, each) for name, each in model.parameters.items()),
        columns=tuple(AnswerColumn(name, each.type, each.zh, each.en) for name, each in model.columns.items()),
        purposes=model.purposes,
        owner=model.owner,
        legal_basis=model.legal_basis,
        retention_days=model.retention_days,
        review_on=model.review_on,
        when_wrong_zh=model.when_wrong.zh,
        when_wrong_en=model.when_wrong.en,
        cypher=body,
    )


def _parameter(name: str, model: _ParameterModel) -> Parameter:
    default = None if model.default == SNAPSHOT_DATE else model.default
    before = None
    if model.before is not None:
        unit: Literal["days", "years"] = "days" if model.before.days else "years"
        before = DateBefore(model.before.date, model.before.days or model.before.years or "", unit)
    return Parameter(name, model.type, model.meaning, default, before)
