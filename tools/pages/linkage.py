"""The page of linkage models."""

from schemas.declarations import Declarations
from schemas.readers.linkage import KeyRule, LinkageModel
from tools.markdown import code, codes, page, table

INTRODUCTION = (
    "When two records mean one person, house or unit: rules that bring records together, comparisons with levels, "
    "and what cuts a cluster apart. Declared in `schemas/linkage/`. 记录归并规则。"
)


def linkage_page(declarations: Declarations) -> str:
    """One section per linkage model."""
    return page("Linkage 归并", INTRODUCTION, [_section(each) for each in declarations.linkage.values()])


def _section(model: LinkageModel) -> str:
    parts = [
        f"## {model.id.capitalize()} (model {model.version})",
        f"{model.why} Links from {model.accept} are accepted, from {model.review} put before a steward.",
        _columns(model),
        _rules("collapse: the same outright when all agree", model.collapse),
        _rules("blocking: compared when all agree", model.blocking),
        *(_comparison(model, place) for place in range(len(model.comparisons))),
    ]
    conflicts = [(code(each.id), each.en, each.zh) for each in model.repair.conflicts]
    if conflicts:
        parts.append(table(["never in one cluster", "in words", "中文"], conflicts))
    stewards = [(code(each.id), each.en, each.zh) for each in model.stewards]
    if stewards:
        parts.append(table(["always before a steward", "in words", "中文"], stewards))
    return "\n\n".join(part for part in parts if part)


def _columns(model: LinkageModel) -> str:
    rows: list[tuple[object, ...]] = [(code(each.id), code(each.value), each.why) for each in model.columns]
    rows += [
        (
            code(each.id),
            f"each {each.of} by {codes(each.kinds)}, shared by at most {each.max_records} records",
            each.why,
        )
        for each in model.contexts
    ]
    return table(["column", "computed from", "why"], rows)


def _rules(title: str, rules: tuple[KeyRule, ...]) -> str:
    rows = [(code(each.id), codes(each.on, " and "), each.max_block, each.why) for each in rules]
    return table([title, "on", "largest block", "why"], rows) if rows else ""


def _comparison(model: LinkageModel, place: int) -> str:
    comparison = model.comparisons[place]
    rows = [
        (
            code(each.id),
            each.en,
            each.zh,
            code(each.when) or "all other pairs",
            _fixed(each.m, each.u, each.term_frequency),
        )
        for each in comparison.levels
    ]
    return "\n\n".join(
        [
            f"### {model.id}: {comparison.id}",
            f"{comparison.why.capitalize()}. Needs {codes(comparison.needs)} on both sides.",
            table(["level", "in words", "中文", "when", "weights"], rows),
        ]
    )


def _fixed(m: float | None, u: float | None, term: str | None) -> str:
    given = [f"{name} = {value:g}" for name, value in (("m", m), ("u", u)) if value is not None]
    given += [f"adjusted for how common {code(term)} is"] if term else []
    return ", ".join(given) or "trained"
