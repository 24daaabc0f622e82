"""Reads the Cypher of a question, just far enough to hold it to the subset that both engines answer alike."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from schemas.readers.graph import GraphModel


def _words_in(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTIONS = _words_in(
    "count sum avg min max collect coalesce size abs ceil floor sqrt toLower toUpper trim left range "
    "round any all none single date"
)
WORDS_BEFORE_PARENTHESIS = _words_in(
    "MATCH WHERE WITH RETURN BY AND OR XOR NOT IN WHEN THEN ELSE CASE DISTINCT UNWIND AS ON"
)
FORBIDDEN_WORDS = _words_in(
    "CREATE MERGE SET DELETE DETACH REMOVE FOREACH CALL LOAD COPY DROP ALTER YIELD EXPLAIN PROFILE "
    "shortestPath allShortestPaths SHORTEST UNION"
)
FORBIDDEN_FORMS = {
    r"\[\s*\w+\s+IN\b(?![^\]]*\)\s*\])": "a list comprehension; use UNWIND, WHERE and collect",
    r"\[\s*\(": "a pattern comprehension; use OPTIONAL MATCH and collect",
    r"\bcollect\s*\(\s*(?!DISTINCT\b)": "collect without DISTINCT; the engines order and repeat differently",
    r"\bdate\s*\(\s*\)": "today's date; pass $as_of",
    r"\bround\s*\([^,()]*\)": "round with one argument; give the digits too",
    r"\bround\s*\(.*?,\s*[1-9]": "round to a fraction; the engines part at halves: floor(x * 10 + 0.5) / 10",
    r"--|-->|<--": "a relationship without a type",
    r"\)\s*\[": "indexing a list; the engines count from different ends",
}
KEYWORDS = WORDS_BEFORE_PARENTHESIS | {"OPTIONAL", "ORDER", "LIMIT", "SKIP", "EXISTS"}
CLAUSE = r"\b(?:OPTIONAL\s+MATCH|MATCH|WITH|UNWIND|RETURN|ORDER\s+BY|SKIP|LIMIT)\b"
NODE = re.compile(r"\(\s*(\w+)?\s*(?::\s*([\w|\s]+?))?\s*\)")
RELATIONSHIP = re.compile(r"-\[\s*(\w+)?\s*(?::\s*([\w|\s]+?))?\s*(\*[^\]]*)?\]-")
INEQUALITY = re.compile(r"\b(\w+)\.id\s*(?:<>|<|>)\s*(\w+)\.id\b")


@dataclass(frozen=True)
class Pattern:
    """One MATCH, also inside EXISTS or COUNT: its pattern and its WHERE."""

    pattern: str
    where: str

    @property
    def nodes(self) -> list[tuple[str, tuple[str, ...]]]:
        """Variable (may be empty) and labels of each node."""
        return [(node[1] or "", _names(node[2])) for node in NODE.finditer(self.pattern)]

    @property
    def relationships(self) -> list[tuple[str, tuple[str, ...], bool]]:
        """Variable (may be empty), types, and whether of variable length, of each relationship."""
        return [(each[1] or "", _names(each[2]), bool(each[3])) for each in RELATIONSHIP.finditer(self.pattern)]


@dataclass(frozen=True)
class CypherText:
    """The body of a question, without comments and with emptied strings."""

    text: str

    @cached_property
    def parameters(self) -> frozenset[str]:
        """Names of the parameters it uses."""
        return frozenset(re.findall(r"\$(\w+)", self.text))

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """All its MATCH clauses, nested ones too."""
        return tuple(
            Pattern(*_pattern_and_where(self.text[match.end() :])) for match in re.finditer(r"\bMATCH\b", self.text)
        )

    @cached_property
    def aliases(self) -> tuple[str | None, ...]:
        """Names of the returned columns in their order; None where one has no alias."""
        returned = re.search(
            r"\bRETURN\b\s*(?:DISTINCT\b)?(.*?)(?:\bORDER\s+BY\b|\bSKIP\b|\bLIMIT\b|$)", self.text, re.S
        )
        items = _split_at_commas(returned[1]) if returned else []
        found = [re.search(r"\bAS\s+(\w+)\s*$", item) for item in items]
        return tuple(each[1] if each else None for each in found)

    @cached_property
    def order(self) -> frozenset[str]:
        """Names in the last ORDER BY."""
        parts = re.split(r"\bORDER\s+BY\b", self.text)
        return (
            frozenset(re.findall(r"\w+", re.split(r"\bLIMIT\b|\bSKIP\b", parts[-1])[0])) if parts[1:] else frozenset()
        )

    @cached_property
    def bound(self) -> Mapping[str, tuple[str, ...]]:
        """Labels or types of each variable."""
        found: dict[str, tuple[str, ...]] = {}
        for pattern in self.patterns:
            named = pattern.nodes + [(name, types) for name, types, _ in pattern.relationships]
            found |= {name: names for name, names in named if name and names}
        return found

    @cached_property
    def properties(self) -> frozenset[tuple[str, str]]:
        """Variable and property of each property read."""
        return frozenset(re.findall(r"\b([A-Za-z_]\w*)\.([A-Za-z_]\w*)", self.text))

    @cached_property
    def types(self) -> frozenset[str]:
        """Relationship types it walks."""
        return frozenset(name for each in self.patterns for _, types, _ in each.relationships for name in types)


def parse_cypher(body: str) -> CypherText:
    """The body without comments and with the contents of strings taken out."""
    without_strings = re.sub(r"'[^']*'|\"[^\"]*\"", "''", body)
    return CypherText(re.sub(r"//[^\n]*", "", without_strings).strip())


def portability_mistakes(cypher: CypherText, graph: GraphModel) -> list[str]:
    """Everything in the text that one of the engines lacks or answers differently, and every undeclared name."""
    return [
        *_words(cypher.text),
        *_functions(cypher.text),
        *_braces(cypher.text),
        *_declared(cypher, graph),
        *_chains(cypher),
        *(mistake for pattern in cypher.patterns for mistake in _walk(pattern, cypher, graph)),
    ]


def _words(text: str) -> Iterator[str]:
    for word in re.findall(r"(?<![.:$\w])[A-Za-z]+\b", text):
        if word.upper() in KEYWORDS and not word.isupper():
            yield f"write {word} in capitals"
    for word in sorted(FORBIDDEN_WORDS):
        if re.search(rf"\b{word}\b", text, re.IGNORECASE):
            yield f"{word} is not in the portable subset"
    for form, why in FORBIDDEN_FORMS.items():
        if re.search(form, text):
            yield f"not portable: {why}"
    for word in re.findall(r"(\w+)\s*\[", text):
        if word not in ("IN", "UNWIND", "RETURN", "WITH", "THEN", "ELSE"):
            yield f"not portable: {word}[…]; the engines count from different ends"


def _functions(text: str) -> Iterator[str]:
    called = set(re.findall(r"(?<![\w:$|])([A-Za-z_][\w.]*)\s*\(", text))
    for name in sorted(called - FUNCTIONS - WORDS_BEFORE_PARENTHESIS):
        yield f"{name}() is not in the portable subset"


def _braces(text: str) -> Iterator[str]:
    opened = len(re.findall(r"\{", text))
    if opened != len(re.findall(r"\b(?:EXISTS|COUNT)\s*\{\s*MATCH\b", text)):
        yield "braces only open EXISTS { MATCH … } and COUNT { MATCH … }; conditions belong in WHERE"
    if re.search(r"\{[^{}]*\bRETURN\b", text):
        yield "RETURN inside braces is not in the portable subset"


def _chains(cypher: CypherText) -> Iterator[str]:
    # Ladybug 0.22 loses and mixes up rows where it walks on from a filtered walk; after a WITH it joins instead.
    if any(len(pattern.relationships) > 1 for pattern in cypher.patterns):
        yield "one relationship a MATCH: where a walk goes on after a filter one engine loses rows"
    clauses = re.findall(r"\b(MATCH|WITH)\b", _blank_nested(cypher.text))
    if any(pair == ("MATCH", "MATCH") for pair in pairwise(clauses)):
        yield "a WITH must stand between two MATCH: where a walk goes on after a filter one engine loses rows"


def _declared(cypher: CypherText, graph: GraphModel) -> Iterator[str]:
    for variable, name in sorted(cypher.properties):
        for owner in cypher.bound.get(variable, ()):
            if name not in _properties_of(owner, graph):
                yield f"{variable}.{name}: {owner} has no property {name}"
    for pattern in cypher.patterns:
        for variable, labels in pattern.nodes:
            yield from (f"label {label} is not declared" for label in labels if label not in graph.labels)
            if not labels and variable not in cypher.bound:
                yield f"({variable}) has no label"
        for variable, types, _ in pattern.relationships:
            yield from (f"relationship type {name} is not declared" for name in types if name not in graph.types)
            if not types:
                yield f"[{variable}] has no type"


def _properties_of(owner: str, graph: GraphModel) -> frozenset[str]:
    if owner in graph.labels:
        return frozenset(each.name for each in graph.labels[owner].properties)
    if owner in graph.types:
        return frozenset(each.name for each in graph.types[owner].stored_properties)
    return frozenset()


def _walk(pattern: Pattern, cypher: CypherText, graph: GraphModel) -> Iterator[str]:
    walked = [name for _, types, _ in pattern.relationships for name in set(types)]
    twice = sorted({name for name in walked if walked.count(name) > 1})
    if twice and not any(one != other for one, other in INEQUALITY.findall(pattern.where)):
        yield f"{', '.join(twice)} occurs twice in one MATCH: say which ids differ (a.id <> b.id)"
    for variable, types, variable_length in pattern.relationships:
        if variable_length:
            yield "relationships of variable length walk differently in the two engines; write the hops"
        if any(graph.types[name].is_dated for name in types if name in graph.types):
            ends = ("valid_from", "valid_to")
            missing = [end for end in ends if not re.search(rf"\b{variable}\.{end}\s*[<>]=?\s*\$", cypher.text)]
            if missing or not variable:
                name = f"[{variable}:{'|'.join(types)}]"
                yield f"{name} is not limited to a date: {' and '.join(missing or ends)} not compared"


def _pattern_and_where(text: str) -> tuple[str, str]:
    own = _until_closed(text)
    clause = re.split(CLAUSE, _blank_nested(own))[0]
    own = own[: len(clause)]
    where = re.search(r"\bWHERE\b", own)
    return (own[: where.start()], own[where.end() :]) if where else (own, "")


def _until_closed(text: str) -> str:
    depth = 0
    for place, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            return text[:place]
    return text


def _blank_nested(text: str) -> str:
    depth, kept = 0, []
    for character in text:
        depth -= character == "}"
        kept.append(" " if depth else character)
        depth += character == "{"
    return "".join(kept)


def _split_at_commas(text: str) -> list[str]:
    depth, parts = 0, [""]
    for character in text:
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split("|")) if text else ()
