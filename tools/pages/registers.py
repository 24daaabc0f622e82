"""The page of registers, golden records and residence."""

from schemas.declarations import Declarations
from schemas.readers.golden import FieldRule, GoldenRules
from schemas.readers.registers import Field, Register
from schemas.readers.residence import ResidenceRules
from tools.markdown import code, codes, page, table

INTRODUCTION = (
    "The three registers, how each field of an entity is chosen among its records, and what counts as evidence of "
    "living. Declared in `schemas/registers/`, `schemas/golden.yml` and `schemas/residence.yml`. 三个实有库的字段。"
)


def registers_page(declarations: Declarations) -> str:
    """Each register with its fields, then the rules of residence."""
    sections = [_section(each, declarations) for each in declarations.registers.values()]
    return page("Registers 实有库", INTRODUCTION, [*sections, _residence(declarations.residence)])


def _section(register: Register, declarations: Declarations) -> str:
    rules = declarations.golden.get(register.id)
    rows = [
        (
            code(each.name),
            each.type,
            each.sensitivity,
            _meaning(each),
            _filled_by(each, register, declarations),
            _chosen(each, rules),
        )
        for each in register.fields
    ]
    authority = f" Its list is {code(register.authority)}." if register.authority else ""
    return "\n\n".join(
        [
            f"## {register.title_en} {register.title_zh} (`{register.id}`)",
            register.meaning + authority,
            table(["field", "type", "sensitivity", "meaning", "filled by", "chosen"], rows),
        ]
    )


def _meaning(field: Field) -> str:
    return field.meaning + (f": {codes(field.codes)}" if field.codes else "")


def _filled_by(field: Field, register: Register, declarations: Declarations) -> str:
    if field.derived_from is not None:
        return f"derived from {code(field.derived_from)}"
    feeds = {
        contract.id
        for contract in declarations.contracts.values()
        for record in contract.records
        if record.register == register.id
        for mapping in record.fields
        if mapping.field == field.name
    }
    return codes(sorted(feeds)) or "no feed in force"


def _chosen(field: Field, rules: GoldenRules | None) -> str:
    if rules is None or field.derived_from is not None:
        return ""
    return _rule(rules.rule(field.name))


def _rule(rule: FieldRule) -> str:
    preferred = [f"{codes(values, ' before ')} by {code(name)}" for name, values in rule.prefer.items()]
    return ", then ".join([*preferred, rule.choice.value.replace("_", " ")])


def _residence(rules: ResidenceRules) -> str:
    rows = [
        (
            code(each.kind),
            code(each.department),
            each.weight,
            each.half_life_days,
            each.in_force_days,
            "yes" if each.registers else "no",
            each.why,
        )
        for each in rules.evidence.values()
    ]
    copied = [f"{code(each.kind)} is copied from {code(each.origin)}: {each.why}" for each in rules.copied]
    return "\n\n".join(
        [
            "## Evidence of living 居住依据",
            f"Nobody is placed where the confidence stays below {rules.minimum_confidence}.",
            table(["kind", "department", "weight", "half-life, days", "in force, days", "registers", "why"], rows),
            *copied,
        ]
    )
