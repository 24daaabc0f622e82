"""Figures of an evaluation as tables for people."""

from collections.abc import Iterator

from rich.console import Group

from hub.terminal import table
from resolution.evaluate import Evaluation
from schemas.declarations import Declarations

REGISTER_TITLES = {"person": "persons 实有人口", "house": "houses 实有房屋", "unit": "units 实有单位"}


def evaluation_tables(evaluation: Evaluation, declarations: Declarations) -> Iterator[Group]:
    """Links per register, residence, and questions with planted truth; a part without truth is left out."""
    if evaluation.registers:
        yield _registers(evaluation)
    if evaluation.residence is not None:
        yield _residence(evaluation)
    if evaluation.questions:
        yield _questions(evaluation, declarations)


def _registers(evaluation: Evaluation) -> Group:
    columns = [
        "register 登记",
        "#precision",
        "#recall",
        "#decidable",
        "#F1",
        "#B³ F1",
        "#mixed",
        "#records",
    ]
    rows = [
        (
            REGISTER_TITLES.get(name, name),
            each.pairs.precision,
            each.pairs.recall,
            each.decidable.recall,
            each.pairs.f1,
            each.clusters.b3_f1,
            each.clusters.wrongly_merged,
            each.records,
        )
        for name, each in evaluation.registers.items()
    ]
    caption = "decidable: recall of the pairs that some recorded field can decide; mixed: entities of more than one"
    return table("Links against truth 归并与真值 (pairs of records)", columns, rows, caption=caption)


def _residence(evaluation: Evaluation) -> Group:
    score = evaluation.residence
    assert score is not None
    columns = ["#persons who live here", "#placed", "#in their true dwelling", "#share", "#of decidable"]
    row = (score.persons, score.placed, score.right, score.accuracy, score.accuracy_of_decidable)
    caption = "decidable: persons whose true dwelling some evidence in force tells of"
    return table("Residence against truth 实际居住", columns, [row], caption=caption)


def _questions(evaluation: Evaluation, declarations: Declarations) -> Group:
    columns = ["question 问题", "#answers", "#situations", "#precision", "#recall", "#decoys flagged"]
    rows = [
        (
            f"{name}\n{declarations.questions[name].title_zh}" if name in declarations.questions else name,
            score.answers,
            score.situations,
            score.precision,
            score.recall,
            score.decoys_flagged,
        )
        for name, score in evaluation.questions.items()
    ]
    return table("Answers against planted situations 查询与真值", columns, rows)
