"""Figures of an evaluation as tables for people."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from hub.suites import SuiteRun
from hub.terminal import table
from resolution.evaluate import Evaluation
from resolution.evaluate_households import HouseholdScore
from schemas.declarations import Declarations

REGISTER_TITLES = {"person": "persons 实有人口", "house": "houses 实有房屋", "unit": "units 实有单位"}


def evaluation_tables(evaluation: Evaluation, declarations: Declarations) -> Iterator[Group]:
    """Links per register, residence, and questions with planted truth; a part without truth is left out."""
    if evaluation.registers:
        yield _registers(evaluation)
    if evaluation.residence is not None:
        yield _residence(evaluation)
    if evaluation.households is not None:
        yield _households(evaluation.households)
    if evaluation.questions:
        yield _questions(evaluation, declarations)


def suite_tables(found: SuiteRun) -> Iterator[RenderableType]:
    """A suite's threshold, its links beside plain Splink's, those of each two feeds, and what each stage took."""
    threshold = found.suite.threshold
    yield Text(found.suite.title, style="bold")
    yield Text(f"Threshold {threshold.accept}, declared on {threshold.declared_on}: {threshold.why}\n", style="dim")
    yield _beside_stock(found)
    if any(len(each.feeds) > 1 for each in found.evaluation.registers.values()):
        yield _feed_pairs(found)
    yield _stages(found)


def _beside_stock(found: SuiteRun) -> Group:
    columns = ["linked by", "#precision", "#recall", "#F1", "#B³ F1", "#blocking", "#mixed", "#largest", "#records"]
    rows: list[tuple[object, ...]] = []
    for name, each in found.evaluation.registers.items():
        for who, one in (("hub", each), ("stock Splink", each.stock)):
            if one is not None:
                pairs, clusters = one.pairs, one.clusters
                blocked = each.blocking_recall if one is each else None
                told = (pairs.precision, pairs.recall, pairs.f1, clusters.b3_f1, blocked)
                rows.append((f"{name}: {who}", *told, clusters.wrongly_merged, clusters.largest, each.records))
    caption = (
        "pairs of records within clusters; blocking: share of the true pairs that were compared; mixed: clusters of "
        "more than one; both at the suite's threshold, both trained on these records without truth"
    )
    return table("Links against truth 归并与真值", columns, rows, caption=caption)


def _feed_pairs(found: SuiteRun) -> Group:
    columns = ["feeds", "#true pairs", "#precision", "#recall", "#F1", "#stock F1"]
    rows = []
    for each in found.evaluation.registers.values():
        stock = {(pair.feed_l, pair.feed_r): pair.pairs for pair in (each.stock.feeds if each.stock else ())}
        for pair in each.feeds:
            beside = stock.get((pair.feed_l, pair.feed_r))
            told = (pair.pairs.true, pair.pairs.precision, pair.pairs.recall, pair.pairs.f1)
            rows.append((f"{pair.feed_l} – {pair.feed_r}", *told, beside.f1 if beside else None))
    return table("By the feeds of a pair 来源之间", columns, rows)


def _stages(found: SuiteRun) -> Group:
    rows = [(use.stage, use.seconds, use.cpu_seconds, use.peak_gib) for use in found.uses]
    return table("What it took 用时与内存", ["stage", "#seconds", "#CPU seconds", "#peak GiB"], rows)


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


def _households(score: HouseholdScore) -> Group:
    columns = ["#pairs living together", "#made one person", "#share", "#entities with two valid ID numbers"]
    share = None if score.share is None else f"{score.share:.4%}"
    row = (score.together, score.merged, share, score.two_numbers)
    caption = "pairs of people who ever truly lived in one dwelling at one time"
    return table("Households against truth 同住人员", columns, [row], caption=caption)


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
