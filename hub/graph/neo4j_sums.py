"""One number for each label and type, the same from the graph tables in the warehouse and from the graph on the server.

A row's number is made of every declared property and of both end keys, so that no two rows can swap a value unseen.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from hub.graph.neo4j import Neo4jServer
from hub.graph.neo4j_texts import LEASE, SNAPSHOT
from schemas.readers.graph import End, GraphModel, NodeLabel, Property, RelationshipType
from schemas.readers.registers import FieldType
from stores.warehouse import Warehouse

# Squares of what is below it fit into the integers of both engines, and so do sums of hundreds of millions of them.
PRIME = 2**31 - 1
FIRST, EMPTY, FACTOR = 11, 7, 31
# Columns with fewer different texts are looked up whole on the server, not letter by letter.
FEW_TEXTS = 1000
CODES = "text_code"
NODES, RELATIONSHIPS = "all nodes", "all relationships"
AT_ONCE = 4
TEXTS_AT_ONCE = 200_000


@dataclass(frozen=True)
class Sum:
    """How many rows there are, and the sum of their numbers."""

    rows: int
    total: int


@dataclass(frozen=True)
class Alphabet:
    """What the server needs to number texts: letters, and whole texts that are frequent."""

    letters: Mapping[str, int]
    words: Mapping[str, int]


def differences(wanted: Mapping[str, Sum], found: Mapping[str, Sum]) -> list[str]:
    """What differs, in words; empty where nothing does."""
    return [
        f"{name} has {found[name].rows:,} of {wanted[name].rows:,} rows"
        if found[name].rows != wanted[name].rows
        else f"{name} has other contents"
        for name in wanted
        if found[name] != wanted[name]
    ]


def wanted_sums(tables: Warehouse, model: GraphModel) -> tuple[Mapping[str, Sum], Alphabet]:
    """The sums of the graph tables by label and type, and what the server needs to compute its own."""
    alphabet = _number_texts(tables, model)
    try:
        sums = {label.label: _sum(tables, node_sum_sql(label)) for label in model.labels.values()}
        sums |= {each.type: _sum(tables, relationship_sum_sql(each)) for each in model.types.values()}
    finally:
        tables.execute(f"DROP TABLE temp.{CODES}")
    sums["anything else"] = Sum(0, 0)
    return sums, alphabet


def found_sums(server: Neo4jServer, model: GraphModel, alphabet: Alphabet) -> Mapping[str, Sum]:
    """The sums of the graph on the server; `anything else` are nodes and relationships that nobody declared.

    Computed side by side: the server works at one question with one core alone.
    """
    parameters = {"letters": dict(alphabet.letters), "words": dict(alphabet.words)}
    texts = [(label.label, node_sum_cypher(label)) for label in model.labels.values()]
    texts += [(each.type, relationship_sum_cypher(each, end)) for each in model.types.values() for end in each.ends]
    texts += [(NODES, f"MATCH (n) WHERE NOT n:`{SNAPSHOT}` AND NOT n:`{LEASE}` RETURN count(n), 0")]
    texts += [(RELATIONSHIPS, "MATCH ()-[r]->() RETURN count(r), 0")]

    def summed(named: tuple[str, str]) -> tuple[str, Sum]:
        [[rows, total]] = server.read(
            lambda transaction: transaction.rows(named[1], parameters), seconds=server.settings.write_seconds
        )
        return named[0], Sum(rows, total)

    sums = dict.fromkeys([*model.labels, *model.types, NODES, RELATIONSHIPS], Sum(0, 0))
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, server.settings.pool_size)) as apart:
        for name, part in apart.map(summed, texts):
            sums[name] = Sum(sums[name].rows + part.rows, sums[name].total + part.total)
    nodes, relationships = sums.pop(NODES).rows, sums.pop(RELATIONSHIPS).rows
    known = sum(sums[name].rows for name in model.labels), sum(sums[name].rows for name in model.types)
    sums["anything else"] = Sum(nodes - known[0] + relationships - known[1], 0)
    return sums


def node_sum_sql(label: NodeLabel) -> str:
    """Rows of a label's table and the sum of their numbers."""
    return _sum_sql(label.table, label.properties, [])


def relationship_sum_sql(each: RelationshipType) -> str:
    """Rows of a type's table and the sum of their numbers, of which the end keys are the first part."""
    return _sum_sql(each.table, each.stored_properties, ["start_id", "end_id"])


def node_sum_cypher(label: NodeLabel) -> str:
    """The same of the nodes on the server; a property or a label too many changes the number."""
    codes = [_code_cypher(f"n.`{each.name}`", each.type) for each in label.properties]
    number = _number_cypher([*codes, "size(keys(n)) * 100 + size(labels(n))"])
    return f"MATCH (n:`{label.label}`) RETURN count(n), sum({number})"


def relationship_sum_cypher(each: RelationshipType, end: End) -> str:
    """The same of the relationships of a type between two labels."""
    codes = [_code_cypher(f"r.`{one.name}`", one.type) for one in each.stored_properties]
    number = _number_cypher(["k", _letters_cypher("b.id"), *codes, "size(keys(r)) * 100 + 1"])
    return (
        f"MATCH (a:`{end.start}`) WITH a, {_letters_cypher('a.id')} AS k "
        f"MATCH (a)-[r:`{each.type}`]->(b:`{end.end}`) RETURN count(r), sum({number})"
    )


def _number_cypher(codes: Sequence[str]) -> str:
    return f"reduce(h = {FIRST}, c IN [{', '.join(codes)}] | (h * h + c) % {PRIME})"


def _code_cypher(value: str, kind: FieldType) -> str:
    match kind:
        case FieldType.TEXT:
            code = f"coalesce($words[{value}], {_letters_cypher(value)})"
        case FieldType.DATE:
            code = f"{value}.year * 10000 + {value}.month * 100 + {value}.day"
        case FieldType.INTEGER:
            code = f"({value} % {PRIME} + {PRIME}) % {PRIME}"
        case FieldType.DECIMAL:
            code = f"(toInteger(floor({value} * 1000000.0 + 0.5)) % {PRIME} + {PRIME}) % {PRIME}"
        case FieldType.BOOLEAN:
            code = f"CASE {value} WHEN true THEN 2 WHEN false THEN 1 END"
    return f"coalesce({code}, 0)"


def _letters_cypher(value: str) -> str:
    step = f"(t * {FACTOR} + coalesce($letters[x], 1)) % {PRIME}"
    return f"reduce(t = {EMPTY}, x IN split({value}, '') | {step})"


def _sum_sql(table: str, properties: Sequence[Property], keys: Sequence[str]) -> str:
    """Nested from the inside out: each step mixes one more column into the number."""
    texts = [*keys, *(each.name for each in properties if each.type is FieldType.TEXT)]
    joins = "".join(f' LEFT JOIN temp.{CODES} AS "c_{name}" ON "c_{name}".text = s."{name}"' for name in texts)
    present = " + ".join(f'("{each.name}" IS NOT NULL)::BIGINT' for each in properties)
    codes = (
        [f'"c_{name}".code' for name in keys] + [_code_sql(each) for each in properties] + [f"({present}) * 100 + 1"]
    )
    columns = ", ".join(f"{code} AS k{place}" for place, code in enumerate(codes))
    number = str(FIRST)
    rows = f"SELECT {columns} FROM {table} AS s{joins}"
    inner = f"SELECT *, {FIRST}::BIGINT AS h FROM ({rows})"
    for place in range(len(codes)):
        number = f"(h * h + coalesce(k{place}, 0)) % {PRIME}"
        inner = f"SELECT * REPLACE ({number} AS h) FROM ({inner})"
    return f"SELECT count(*), coalesce(sum(h), 0) FROM ({inner})"


def _code_sql(each: Property) -> str:
    value = f's."{each.name}"'
    match each.type:
        case FieldType.TEXT:
            return f'"c_{each.name}".code'
        case FieldType.DATE:
            return f"year({value}) * 10000 + month({value}) * 100 + day({value})"
        case FieldType.INTEGER:
            return f"({value} % {PRIME} + {PRIME}) % {PRIME}"
        case FieldType.DECIMAL:
            return f"(floor({value} * 1000000.0::DOUBLE + 0.5::DOUBLE)::BIGINT % {PRIME} + {PRIME}) % {PRIME}"
        case FieldType.BOOLEAN:
            return f"CASE WHEN {value} THEN 2 WHEN NOT {value} THEN 1 END"


def _sum(tables: Warehouse, sql: str) -> Sum:
    [(rows, total)] = tables.rows(sql)
    return Sum(int(rows), int(total))


def _number_texts(tables: Warehouse, model: GraphModel) -> Alphabet:
    """Makes the table of all texts with their numbers; texts of columns with few of them are the words."""
    words: list[str] = [""]
    sources = []
    for table, column in _text_columns(model):
        source = f'SELECT DISTINCT "{column}" AS text FROM {table} WHERE "{column}" IS NOT NULL'
        few = [text for (text,) in tables.rows(f"{source} LIMIT {FEW_TEXTS + 1}")]
        if len(few) <= FEW_TEXTS:
            words += few
        sources.append(source)
    texts = tables.arrow(f"SELECT DISTINCT text FROM ({' UNION ALL '.join(sources)})")
    letters: dict[str, int] = {}
    codes = []
    for batch in texts.to_batches(max_chunksize=TEXTS_AT_ONCE):
        numbers, used = text_codes(batch["text"].to_pylist())
        codes.append(pa.array(numbers))
        letters |= used
    tables.register_arrow("numbered", texts.append_column("code", pa.chunked_array(codes, pa.int64())))
    tables.execute(f"CREATE OR REPLACE TEMP TABLE {CODES} AS FROM numbered")
    tables.unregister("numbered")
    numbers, _ = text_codes(words)
    return Alphabet(letters, dict(zip(words, map(int, numbers), strict=True)))


def _text_columns(model: GraphModel) -> Iterator[tuple[str, str]]:
    for label in model.labels.values():
        yield from ((label.table, each.name) for each in label.properties if each.type is FieldType.TEXT)
    for each in model.types.values():
        yield from ((each.table, one.name) for one in each.stored_properties if one.type is FieldType.TEXT)


def text_codes(texts: Sequence[str]) -> tuple["np.ndarray[tuple[int], np.dtype[np.int64]]", Mapping[str, int]]:
    """The number of each text, and the letters by which the server gets the same.

    The server takes a text apart into UTF-16 units; halves of a pair cannot be sent to it, so all of them count alike.
    """
    encoded = [text.encode("utf-16-le") for text in texts]
    units = np.frombuffer(b"".join(encoded), "<u2").astype(np.int64)
    lengths = np.array([len(each) // 2 for each in encoded], np.int64)
    starts = np.cumsum(lengths) - lengths
    halves = (units >= 0xD800) & (units <= 0xDFFF)
    values = np.where(halves, 1, units + 2)
    codes = np.full(len(encoded), EMPTY, np.int64)
    for place in range(int(lengths.max(initial=0))):
        longer = np.flatnonzero(lengths > place)
        codes[longer] = (codes[longer] * FACTOR + values[starts[longer] + place]) % PRIME
    return codes, {chr(unit): int(unit) + 2 for unit in np.unique(units[~halves])}
