"""The page of feed contracts."""

from schemas.declarations import Declarations
from schemas.readers.contracts import Column, FactMapping, FeedContract
from tools.markdown import code, codes, page, table

INTRODUCTION = (
    "What each department hands over and what becomes of it. The contracts are Open Data Contract Standard files under "
    "`schemas/feeds/<department>/`; in what order deliveries count, what waits and what is told is in "
    "[deliveries](../deliveries.md). 各部门提供的数据及其去向。"
)


def feeds_page(declarations: Declarations) -> str:
    """All feeds: an overview, then one section each."""
    contracts = list(declarations.contracts.values())
    overview = table(
        ["feed", "中文", "department", "format", "rows at 1.5 million residents", "delivered within", "kept"],
        [
            (
                f"[{each.title_en}](#{each.id})",
                each.title_zh,
                code(each.department),
                _format(each),
                f"{each.rows_at_district_size:,}",
                f"{each.freshness_days} days",
                f"{each.retention_days} days",
            )
            for each in contracts
        ],
    )
    return page("Feeds 数据源", INTRODUCTION, [overview, *(_section(each) for each in contracts)])


def _section(contract: FeedContract) -> str:
    parts = [
        f'<a id="{contract.id}"></a>\n\n## {contract.title_en} {contract.title_zh}',
        f"{contract.purpose} Answers for it: {contract.owner}. Legal basis: {contract.legal_basis}",
        _identity(contract),
        table(
            ["column", "meaning", "becomes", "codes"],
            [(each.name, each.meaning, _becomes(contract, each), _code_list(each)) for each in contract.columns],
        ),
    ]
    if contract.derived:
        rows = [(each.name, each.meaning, _targets(contract, each.name)) for each in contract.derived]
        parts.append(table(["derived column", "meaning", "becomes"], rows))
    if contract.facts:
        facts = [_fact_row(contract, each) for each in contract.facts]
        parts.append(table(["fact", "from", "to", "holds", "value", "only where"], facts))
    rules = [(code(each.id), each.description, each.severity) for each in contract.quality]
    parts.append(table(["rule", "what must hold", "a row that breaks it"], rules))
    return "\n\n".join(parts)


def _format(contract: FeedContract) -> str:
    if contract.database is not None:
        return f"PostgreSQL, table {contract.database.schema}.{contract.database.table}"
    details = [detail for detail in (contract.delivery.encoding, contract.delivery.sheet) if detail]
    return " ".join([contract.delivery.format.value, *details])


def _identity(contract: FeedContract) -> str:
    version = f", version {contract.version_column}" if contract.version_column else ""
    operation = f", operation {contract.operation_column}" if contract.operation_column else ""
    share = f"{contract.min_share_of_previous:.0%}"
    return (
        f"Contract {contract.version}. Key {', '.join(contract.key)}{version}{operation}. A full dump with less than "
        f"{share} of the rows held waits for a person. {_rhythm(contract)}"
    )


def _rhythm(contract: FeedContract) -> str:
    every = {None: "No frequency is promised", 1: "A delivery is promised each day"}
    promised = every.get(contract.every_days, f"A delivery is promised every {contract.every_days} days")
    return f"{promised}; what begins may lie {contract.future_days} days after it."


def _becomes(contract: FeedContract, column: Column) -> str:
    if column.reason is not None:
        return f"{column.use}: {column.reason}"
    if column.use.value == "consumed":
        return "consumed by a derived column"
    return _targets(contract, column.name)


def _targets(contract: FeedContract, name: str) -> str:
    targets = [
        f"`{record.role}.{field.field}` ({field.standardiser})"
        for record in contract.records
        if record.each is None
        for field in record.fields
        if name in field.columns
    ]
    for record in contract.records:
        if record.each == name:
            targets += [f"`{record.role}.{field.field}` ({field.standardiser})" for field in record.fields]
    facts = dict.fromkeys(fact.kind for fact in contract.facts if name in _columns_of(fact))
    return ", ".join(targets + [f"fact `{kind}`" for kind in facts])


def _columns_of(fact: FactMapping) -> set[str]:
    named = (fact.valid_from, fact.valid_to, fact.observed_on, fact.value, fact.group)
    return {name for name in named if name} | set(fact.only_where or ()) | set(fact.group_head or ())


def _code_list(column: Column) -> str:
    return ", ".join(f"{raw} → {code(standard)}" for raw, standard in (column.codes or {}).items())


def _fact_row(contract: FeedContract, fact: FactMapping) -> tuple[object, ...]:
    registers = {record.role: record.register for record in contract.records}
    holds = f"{fact.valid_from or 'version'} to {fact.valid_to or 'open'}"
    about = f"{code(fact.object)} ({registers[fact.object]})"
    if fact.group is not None:
        about += f" of the head by {fact.group}"
    conditions = "; ".join(f"{column}: {codes(wanted)}" for column, wanted in (fact.only_where or {}).items())
    return (code(fact.kind), f"{code(fact.subject)} ({registers[fact.subject]})", about, holds, fact.value, conditions)
