"""All declarations, read once: the shipped ones with a deployment's own laid over them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from schemas.checks.analysis import analysis_problems
from schemas.checks.crossing import ReadParts, crossing_problems
from schemas.checks.feeds import feed_problems
from schemas.checks.purposes import PurposeParts, purpose_problems
from schemas.checks.strays import stray_problems
from schemas.errors import DeclarationError, Problem
from schemas.files import DeclarationTree
from schemas.readers.analysis import AnalysisRules, read_analysis
from schemas.readers.contracts import FeedContract, read_contracts
from schemas.readers.gazetteer import Gazetteer, read_gazetteer
from schemas.readers.golden import GoldenRules, read_golden
from schemas.readers.graph import GraphModel, read_graph
from schemas.readers.linkage import LinkageModel, read_linkage
from schemas.readers.matching import MatchingRules, read_matching
from schemas.readers.purposes import Purpose, read_purposes
from schemas.readers.questions import Question, read_questions
from schemas.readers.registers import Register, read_registers
from schemas.readers.residence import ResidenceRules, read_residence

Read = TypeVar("Read")


@dataclass(frozen=True)
class Declarations:
    """Everything that the files under schemas/ declare, checked against each other."""

    contracts: Mapping[str, FeedContract]
    registers: Mapping[str, Register]
    linkage: Mapping[str, LinkageModel]
    golden: Mapping[str, GoldenRules]
    residence: ResidenceRules
    graph: GraphModel
    analysis: AnalysisRules
    questions: Mapping[str, Question]
    gazetteer: Gazetteer
    purposes: Mapping[str, Purpose]
    matching: MatchingRules
    tree: DeclarationTree

    @property
    def departments(self) -> frozenset[str]:
        """The departments that hand in feeds."""
        return frozenset(each.department for each in self.contracts.values())

    def feeds_of(self, department: str | None) -> frozenset[str]:
        """Ids of the feeds that the department hands in."""
        return frozenset(each.id for each in self.contracts.values() if each.department == department)


def load_declarations(overlay: Path | None = None) -> Declarations:
    """All declarations, those under `overlay` in place of or beside the shipped ones, file by file.

    Raises DeclarationError with every problem of every file, and with what the files say against each other.
    """
    tree = DeclarationTree(overlay)
    problems = stray_problems(tree)
    contracts = _read(read_contracts, tree, problems)
    registers = _read(read_registers, tree, problems)
    linkage = _read(read_linkage, tree, problems)
    golden = _read(read_golden, tree, problems)
    residence = _read(read_residence, tree, problems)
    graph = _read(read_graph, tree, problems)
    analysis = _read(read_analysis, tree, problems)
    questions = _read(read_questions, tree, problems)
    gazetteer = _read(read_gazetteer, tree, problems)
    purposes = _read(read_purposes, tree, problems)
    matching = _read(read_matching, tree, problems)
    if contracts is not None and registers is not None:
        problems += feed_problems(contracts, registers, tree)
        problems += crossing_problems(ReadParts(tree, contracts, registers, linkage, golden, residence, graph))
    if analysis is not None and graph is not None:
        problems += analysis_problems(analysis, graph, tree)
    if contracts is not None and registers is not None and graph is not None and gazetteer is not None:
        departments = frozenset(each.department for each in contracts.values())
        if analysis is not None and questions is not None and purposes is not None:
            parts = PurposeParts(registers, graph, departments, gazetteer, analysis)
            problems += purpose_problems(purposes, questions, parts, tree)
    if problems:
        raise DeclarationError(sorted(set(problems)))
    assert contracts is not None and registers is not None and linkage is not None and golden is not None
    assert residence is not None and graph is not None and questions is not None and gazetteer is not None
    assert analysis is not None and purposes is not None and matching is not None
    return Declarations(
        contracts,
        registers,
        linkage,
        golden,
        residence,
        graph,
        analysis,
        questions,
        gazetteer,
        purposes,
        matching,
        tree,
    )


def check_declarations(overlay: Path | None = None) -> list[Problem]:
    """Every problem of the declarations; an empty list where they can be used."""
    try:
        load_declarations(overlay)
    except DeclarationError as error:
        return error.problems
    return []


def _read(reader: Callable[[DeclarationTree], Read], tree: DeclarationTree, problems: list[Problem]) -> Read | None:
    try:
        return reader(tree)
    except DeclarationError as error:
        problems += error.problems
        return None
