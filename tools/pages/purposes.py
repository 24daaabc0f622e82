"""The page of purposes."""

from schemas.declarations import Declarations
from schemas.readers.purposes import Purpose, Reach
from tools.markdown import code, codes, page, table

INTRODUCTION = (
    "What data may be read for, with `--purpose CODE`. Declared in `schemas/purposes/`; what the keys mean, and how an "
    "answer is cut to them, is told in [purposes.md](../purposes.md). 查询目的登记。"
)


def purposes_page(declarations: Declarations) -> str:
    """All purposes: an overview, then one section each."""
    purposes = list(declarations.purposes.values())
    overview = table(
        ["purpose", "中文", "in English", "owner", "until"],
        [
            (f"[{each.code}](#{each.code})", each.title_zh, each.title_en, code(each.owner), _until(each.reach))
            for each in purposes
        ],
    )
    return page("Purposes 查询目的", INTRODUCTION, [overview, *(_section(each, declarations) for each in purposes)])


def _until(reach: Reach | None) -> str:
    return "no end" if reach is None else reach.expires_on.isoformat()


def _section(purpose: Purpose, declarations: Declarations) -> str:
    asked = [each.id for each in declarations.questions.values() if purpose.code in each.purposes]
    parts = [
        f'<a id="{purpose.code}"></a>\n\n## {purpose.title_en} {purpose.title_zh}',
        f"Legal basis: {purpose.legal_basis}. Answers for it: {code(purpose.owner)}. "
        f"Results are kept {purpose.retention_days} days.",
        "Everybody may read everything, where all people are made up."
        if purpose.reach is None
        else table(["what", "which"], _rows(purpose.reach)),
        f"Questions: {codes(asked) or 'none'}.",
    ]
    return "\n\n".join(parts)


def _rows(reach: Reach) -> list[tuple[str, str]]:
    departments = sorted({department for department, _ in reach.readers})
    readers = [
        f"{code(department)}: {', '.join(sorted(role for of, role in reach.readers if of == department))}"
        for department in departments
    ]
    rows = [("who may", "; ".join(readers)), ("verbs", codes(sorted(reach.verbs)))]
    rows += [(f"fields of {code(register)}", codes(sorted(names))) for register, names in reach.fields.items()]
    rows += [
        ("relationships", codes(sorted(reach.relationships))),
        ("numbers of", codes(sorted(reach.counts))),
        ("numbers are rounded to", f"multiples of {reach.rounded_to}" if reach.rounded_to else ""),
        ("areas", codes(sorted(reach.areas))),
        ("case number", "needed" if reach.case_number else "not needed"),
        ("in force", f"{reach.granted_on} to {reach.expires_on}"),
    ]
    return [row for row in rows if row[1]]
