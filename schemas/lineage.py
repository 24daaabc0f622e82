"""What each column of a question shows: its Cypher is followed back to the properties that its values come from.

The text is the definition, so nobody declares this by hand. What cannot be followed is an error of the question.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from schemas.items import COUNT, PUBLIC_LABELS, label_items, type_items
from schemas.readers.cypher import KEYWORDS, NODE, RELATIONSHIP, CypherText, parse_cypher
from schemas.readers.graph import GraphModel
from schemas.readers.questions import Question
from schemas.readers.registers import Register

CLAUSES = re.compile(r"\b(OPTIONAL\s+MATCH|MATCH|WITH|WHERE|UNWIND|RETURN|ORDER\s+BY|SKIP|LIMIT)\b")
DEFINING = frozenset({"WITH", "RETURN", "UNWIND"})
ALIASED = re.compile(r"(.*)\bAS\s+(\w+)\s*", re.DOTALL)
PLAIN_ID = re.compile(r"(\w+)\.id")
COUNTED = re.compile(r"\bcount\s*\(")
NESTED = re.compile(r"\b(?:EXISTS|COUNT)\s*\{")
REFERENCE = re.compile(r"(?<![.$\w])([A-Za-z_]\w*)(?:\.([A-Za-z_]\w*))?(?!\s*\()\b(?!\s*\()")
WORDS = KEYWORDS | frozenset({"IS", "NULL", "END", "ASC", "DESC", "true", "false", "null", "TRUE", "FALSE", "CONTAINS"})


class UnfollowedError(Exception):
    """A value whose origin cannot be told."""


@dataclass(frozen=True)
class Shown:
    """Items that each column shows, and the columns that hold the id of one entity or place."""

    columns: Mapping[str, frozenset[str]]
    ids: tuple[str, ...]


def shown_by(question: Question, registers: Mapping[str, Register], graph: GraphModel) -> Shown:
    """What the columns of a question show.

    A column that cannot be followed back is missing from the columns, so that nobody sees it.
    """
    lineage = _lineage(question, registers, graph)
    columns = {}
    for column in question.columns:
        try:
            columns[column.name] = lineage.items(column.name)
        except UnfollowedError:
            continue
    return Shown(columns, tuple(each.name for each in question.columns if lineage.is_id(each.name)))


def lineage_mistakes(
    question: Question, registers: Mapping[str, Register], graph: GraphModel
) -> Iterator[tuple[str, str]]:
    """Columns whose values cannot be followed back, and such that hold ids other than one by one."""
    lineage = _lineage(question, registers, graph)
    if lineage.subject is None:
        yield f"columns.{question.columns[0].name}", "the first column is the id of the subject, as `p.id AS person_id`"
        return
    for column in question.columns:
        key = f"columns.{column.name}"
        try:
            lineage.items(column.name)
        except UnfollowedError as error:
            yield key, f"cannot tell what it shows: {error}"
            continue
        if lineage.carries_id(column.name) and not lineage.is_id(column.name):
            yield key, "ids are returned one a column, as `p.id AS person_id`, or counted"


def _lineage(question: Question, registers: Mapping[str, Register], graph: GraphModel) -> "_Lineage":
    return _Lineage(parse_cypher(question.cypher), question.columns[0].name, registers, graph)


@dataclass(frozen=True)
class _Lineage:
    cypher: CypherText
    first: str
    registers: Mapping[str, Register]
    graph: GraphModel

    @cached_property
    def variables(self) -> Mapping[str, frozenset[str]]:
        """Labels and types of each variable, all of them where a name is used twice."""
        found: dict[str, frozenset[str]] = {}
        for pattern in (NODE, RELATIONSHIP):
            for match in pattern.finditer(self.cypher.text):
                if match[1] and match[2]:
                    named = frozenset(name.strip() for name in match[2].split("|"))
                    found[match[1]] = found.get(match[1], frozenset()) | named
        return found

    @cached_property
    def subject(self) -> str | None:
        """The variable whose id is the first column."""
        told = {match[1] for each in self.definitions.get(self.first, ()) if (match := PLAIN_ID.fullmatch(each))}
        return told.pop() if len(told) == 1 and self.is_id(self.first) else None

    @cached_property
    def walks(self) -> tuple[tuple[str, str, str, frozenset[str]], ...]:
        """Both ends, variable and types of each relationship that is walked, those inside braces apart."""
        found = []
        for pattern in CypherText(_outside_braces(self.cypher.text)).patterns:
            names = [name for name, _ in pattern.nodes]
            for start, end, (name, types, _) in zip(names, names[1:], pattern.relationships, strict=False):
                found.append((start, end, name, frozenset(types)))
        return tuple(found)

    def way(self, variable: str) -> frozenset[str]:
        """Items that a value of the variable shows by being told of the subject: the ties between the two."""
        ends = {variable} | {end for *both, name, _ in self.walks if name == variable for end in both}
        types = frozenset().union(*(self._ties(end, frozenset({end})) or frozenset() for end in ends))
        return frozenset().union(*(type_items(self.graph.types[each]) for each in types if each in self.graph.types))

    def _ties(self, variable: str, passed: frozenset[str]) -> frozenset[str] | None:
        """Types on all ways to the subject that pass no variable twice; None where there is no way."""
        if variable == self.subject:
            return frozenset()
        found = None
        for start, end, _, types in self.walks:
            other = end if start == variable else start
            if variable in (start, end) and other not in passed:
                further = self._ties(other, passed | {other})
                if further is not None:
                    found = (found or frozenset()) | types | further
        return found

    @cached_property
    def definitions(self) -> Mapping[str, frozenset[str]]:
        """The expressions that a name stands for, in any clause."""
        found: dict[str, frozenset[str]] = {}
        for expression, name in _definitions(self.cypher.text):
            found[name] = found.get(name, frozenset()) | {expression}
        return found

    def items(self, name: str, seen: frozenset[str] = frozenset()) -> frozenset[str]:
        """Items that a name's value comes from."""
        if name in seen:
            return frozenset()
        return frozenset().union(*(self._expression(each, seen | {name}) for each in self._stands_for(name)))

    def is_id(self, name: str) -> bool:
        """Whether the name is the id of one node, in every clause that defines it."""
        told = self.definitions.get(name, frozenset())
        return bool(told) and all(self._is_plain_id(each) for each in told)

    def carries_id(self, name: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether an id of a person, house or unit flows into the name, other than into a count."""
        for expression in self.definitions.get(name, frozenset()) if name not in seen else ():
            for variable, read in _references(_without_counts(expression)[0]):
                is_entity = bool(self.variables.get(variable, frozenset()) - PUBLIC_LABELS)
                if (read == "id" and is_entity) or (not read and self.carries_id(variable, seen | {name})):
                    return True
        return False

    def _is_plain_id(self, expression: str) -> bool:
        match = PLAIN_ID.fullmatch(expression)
        return match is not None and bool(self.variables.get(match[1], frozenset()) & frozenset(self.graph.labels))

    def _stands_for(self, name: str) -> frozenset[str]:
        if name not in self.definitions:
            raise UnfollowedError(f"{name} is defined nowhere")
        return self.definitions[name]

    def _expression(self, expression: str, seen: frozenset[str]) -> frozenset[str]:
        if NESTED.search(expression):
            raise UnfollowedError("it looks into a pattern; say so in a WITH after an OPTIONAL MATCH")
        rest, counted = _without_counts(expression)
        items = [self._reference(*each, seen) for each in _references(rest)]
        items += [self._counted(*each, seen) for part in counted for each in _references(part)]
        return frozenset().union(*items)

    def _reference(self, name: str, read: str, seen: frozenset[str]) -> frozenset[str]:
        if name not in self.variables:
            return self.items(name, seen)
        if not read:
            raise UnfollowedError(f"{name} is a whole node or relationship")
        own = frozenset().union(*(self._property(owner, read) for owner in self.variables[name]))
        return own | self.way(name)

    def _counted(self, name: str, read: str, seen: frozenset[str]) -> frozenset[str]:
        """A number of persons, houses or units says how many they are, not who; of ties, that they are there."""
        if name not in self.variables:
            return self.items(name, seen)
        items = set()
        for owner in self.variables[name]:
            if owner.lower() in self.registers:
                items.add(f"{owner.lower()}.{COUNT}")
            else:
                items |= self._property(owner, read)
        return frozenset(items)

    def _property(self, owner: str, name: str) -> frozenset[str]:
        if owner in self.graph.types:
            return type_items(self.graph.types[owner])
        found = label_items(self.graph.labels[owner], name, self.registers) if owner in self.graph.labels else None
        if found is None:
            raise UnfollowedError(f"nothing says what {owner}.{name} is made of")
        return found


def _definitions(text: str) -> Iterator[tuple[str, str]]:
    """Expression and name of everything that WITH, UNWIND and RETURN define; a name passed on defines nothing."""
    outside = _outside_braces(text)
    starts = [(match[1], match.start(), match.end()) for match in CLAUSES.finditer(outside)]
    ends = [start for _, start, _ in starts[1:]] + [len(text)]
    for (word, _, begin), end in zip(starts, ends, strict=True):
        if word in DEFINING:
            for part in _at_commas(re.sub(r"^\s*DISTINCT\b", "", text[begin:end])):
                aliased = ALIASED.fullmatch(part.strip())
                if aliased and aliased[1].strip() != aliased[2]:
                    yield aliased[1].strip(), aliased[2]


def _references(expression: str) -> list[tuple[str, str]]:
    found = REFERENCE.findall(expression)
    return [(name, read) for name, read in found if name not in WORDS and name.upper() not in WORDS]


def _without_counts(expression: str) -> tuple[str, list[str]]:
    """The expression without its counts, and what they count."""
    counted = []
    while match := COUNTED.search(expression):
        end = _closing(expression, match.end())
        counted.append(expression[match.end() : end])
        expression = f"{expression[: match.start()]} {expression[end + 1 :]}"
    return expression, counted


def _closing(text: str, start: int) -> int:
    depth = 1
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return len(text)


def _outside_braces(text: str) -> str:
    depth, kept = 0, []
    for character in text:
        depth -= character == "}"
        kept.append(" " if depth else character)
        depth += character == "{"
    return "".join(kept)


def _at_commas(text: str) -> Iterator[str]:
    depth, begin = 0, 0
    for place, character in enumerate(text):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(character, 0)
        if character == "," and depth == 0:
            yield text[begin:place]
            begin = place + 1
    yield text[begin:]
