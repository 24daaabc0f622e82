"""The page of questions."""

from itertools import groupby

from schemas.declarations import Declarations
from schemas.lineage import shown_by
from schemas.readers.questions import Parameter, Question
from tools.markdown import code, codes, page, table

INTRODUCTION = (
    "What can be asked with `hub ask NAME`. An answer is a reason to look, never a decision. Declared in "
    "`schemas/questions/`, where the Cypher is the definition. 可查询的问题。"
)


def questions_page(declarations: Declarations) -> str:
    """All questions by topic: an overview, then one section each."""
    questions = sorted(declarations.questions.values(), key=lambda each: (each.topic, each.id))
    overview = table(
        ["question", "中文", "in English", "about"],
        [(f"[{each.id}](#{each.id})", each.title_zh, each.title_en, each.subject) for each in questions],
    )
    parts = [overview]
    for topic, of_topic in groupby(questions, key=lambda each: each.topic):
        parts += [f"## {topic.capitalize()}", *(_section(each, declarations) for each in of_topic)]
    return page("Questions 问题", INTRODUCTION, parts)


def _section(question: Question, declarations: Declarations) -> str:
    shown = shown_by(question, declarations.registers, declarations.graph).columns
    parts = [
        f'<a id="{question.id}"></a>\n\n### {question.title_en} {question.title_zh}',
        f"{question.question_en}\n\n{question.question_zh}",
        f"Answers for it: {question.owner}. Legal basis: {question.legal_basis}. Purposes: {codes(question.purposes)}. "
        f"Kept {question.retention_days} days; to be reviewed by {question.review_on.isoformat()}.",
        table(
            ["column", "type", "meaning", "中文", "shows"],
            [
                (code(each.name), each.type, each.meaning_en, each.meaning_zh, codes(sorted(shown[each.name])))
                for each in question.columns
            ],
        ),
    ]
    if question.parameters:
        rows = [(code(each.name), each.type, _default(each), each.meaning) for each in question.parameters]
        parts.append(table(["parameter", "type", "default", "meaning"], rows))
    parts.append(f"When it is wrong: {question.when_wrong_en}\n\n{question.when_wrong_zh}")
    return "\n\n".join(parts)


def _default(parameter: Parameter) -> str:
    if parameter.before is not None:
        return f"computed: {parameter.before.amount} {parameter.before.unit} before {parameter.before.date}"
    return "date of the snapshot" if parameter.default is None else code(parameter.default)
