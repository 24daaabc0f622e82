"""Checks of each feed contract against itself and against the registers."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from schemas.checks.columns import column_mistakes
from schemas.checks.mappings import fact_mistakes, record_mistakes
from schemas.errors import Problem
from schemas.files import DeclarationTree
from schemas.readers.contracts import FeedContract, FileFormat
from schemas.readers.registers import Register

Mistakes = Iterator[tuple[str, str]]

FILE_NAME_GROUPS = frozenset({"mode", "date", "sequence"})


def feed_problems(
    contracts: Mapping[str, FeedContract], registers: Mapping[str, Register], tree: DeclarationTree
) -> list[Problem]:
    """Every way in which a contract contradicts itself or a register."""
    return [
        Problem(tree.path(f"feeds/{contract.department}/{contract.id}.odcs.yml"), key, message)
        for contract in contracts.values()
        for key, message in dict.fromkeys(_mistakes(contract, registers))
    ]


def _mistakes(contract: FeedContract, registers: Mapping[str, Register]) -> Mistakes:
    yield from _delivery(contract)
    yield from _row_identity(contract)
    yield from _quality(contract)
    yield from column_mistakes(contract)
    yield from record_mistakes(contract, registers)
    yield from fact_mistakes(contract)


def _delivery(contract: FeedContract) -> Mistakes:
    delivery = contract.delivery
    wanted = {FileFormat.CSV: {"encoding", "delimiter"}, FileFormat.XLSX: {"sheet"}}.get(delivery.format, set())
    given = {name for name in ("encoding", "delimiter", "sheet") if getattr(delivery, name) is not None}
    if given != wanted:
        yield "servers", f"{delivery.format} is described by {', '.join(sorted(wanted)) or 'nothing more'}"
    try:
        groups = set(re.compile(delivery.file_pattern).groupindex)
    except re.error as error:
        yield "servers.filePattern", f"is no regular expression: {error}"
        return
    if not groups <= FILE_NAME_GROUPS:
        yield "servers.filePattern", f"its groups are {', '.join(sorted(FILE_NAME_GROUPS))} and no others"


def _row_identity(contract: FeedContract) -> Mistakes:
    names = {column.name: column for column in contract.columns}
    if not contract.key:
        yield "schema", "no column is the primary key"
    yield from (
        (f"column {name}", "is part of the key and must be required")
        for name in contract.key
        if not names[name].required
    )
    for key, name in (("versionColumn", contract.version_column), ("operationColumn", contract.operation_column)):
        if name is not None and name not in names:
            yield key, f"{name} is no column of the feed"
    if (contract.operation_column is None) != (not contract.operations):
        yield "operations", "operationColumn and operations are given together or not at all"


def _quality(contract: FeedContract) -> Mistakes:
    for rule, times in Counter(each.id for each in contract.quality).items():
        if times > 1:
            yield f"quality.{rule}", f"is declared {times} times"
