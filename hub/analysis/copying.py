"""Makes the copy: working tables, rare combinations, the ladder, then graph tables under fresh pseudonyms.

All in the attached database `copy`; its graph tables are what the loaders of the graph take.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.analysis.errors import TooRevealingError
from hub.analysis.ladder import Descent, counts, descend, rows_left_out
from hub.analysis.levels import DATABASE, told_columns, work_table, work_table_sql
from hub.analysis.model import analysis_model
from hub.analysis.rare import smallest_sql
from hub.analysis.structure import RELATIONSHIP, Unique, relationships_sql, since_sql, unique_before, unique_now
from hub.graph.neo4j_batches import GraphTables
from hub.graph.tables import COLUMN_TYPES
from schemas.readers.analysis import AnalysisRules, Dates, KeptLabel, Study
from schemas.readers.graph import GraphModel, NodeLabel, RelationshipType
from stores.quoting import number_sql
from stores.warehouse import Warehouse

PSEUDONYM = f"{DATABASE}.work.pseudonym"
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Figures:
    """What a copy holds and what it cost.

    `rows` by label and type; `generalised` rows of each label that rarity made coarser, `coarser` by value; `steps`
    with rows changed and the share unique after each; `left_out` relationships; `smallest` group that shares values.
    """

    rows: Mapping[str, int]
    generalised: Mapping[str, int]
    coarser: Mapping[str, int]
    steps: tuple[tuple[str, int, float], ...]
    left_out: Mapping[str, int]
    smallest: Mapping[str, int]
    before: Unique
    after: Unique


@contextmanager
def scratch(warehouse: Warehouse, file: Path) -> Iterator[None]:
    """A database `copy` beside the warehouse's own tables; the file goes when the work is done, unless it was moved."""
    with warehouse.attached(file, DATABASE):
        for schema in ("work", "graph"):
            warehouse.execute(f"CREATE SCHEMA {DATABASE}.{schema}")
        yield


def make_copy(tables: GraphTables, rules: AnalysisRules, study: Study, tell: Tell) -> Figures:
    """Makes the graph tables of a release of this study in the attached `copy`, and says what it cost.

    Raises TooRevealingError, and leaves no graph tables, where at the end of the ladder more persons are unique than
    is declared.
    """
    warehouse, graph = tables.warehouse, tables.model
    on = f"DATE '{tables.edition.as_of.isoformat()}'"
    tell("exact values")
    for label, kept in rules.labels.items():
        warehouse.execute(work_table_sql(kept, graph.labels[label], on))
    warehouse.execute(relationships_sql(graph, rules, study, on))
    before, related = unique_before(warehouse, rules), counts(warehouse)
    descent = descend(warehouse, rules, study, tell)
    tell("measure")
    figures = Figures(
        rows={},
        generalised=descent.generalised,
        coarser=dict(descent.rare),
        steps=tuple((each.rung, each.rows, each.unique) for each in descent.steps),
        left_out=rows_left_out(warehouse, related),
        smallest={name: warehouse.rows(smallest_sql(kept))[0][0] for name, kept in rules.labels.items()},
        before=before,
        after=unique_now(warehouse, rules, descent.dates),
    )
    assert_unrevealing(figures, rules)
    tell("pseudonyms")
    return _with_rows(warehouse, _write(warehouse, graph, rules, study, descent), figures)


def assert_unrevealing(figures: Figures, rules: AnalysisRules) -> None:
    """Raises TooRevealingError where a combination is too rare or too many persons are unique."""
    wrong = [
        f"{label}: a combination of values is shared by {least} only, not by {rules.k}"
        for label, least in figures.smallest.items()
        if 0 < least < rules.k
    ]
    worst = max(figures.after.values, figures.after.structure)
    if worst > rules.max_unique_share:
        steps = "; ".join(f"{rung}: {unique:.2%}" for rung, _, unique in figures.steps)
        wrong.append(
            f"{worst:.2%} of persons are unique at the end of the ladder, {rules.max_unique_share:.2%} are allowed "
            f"(after each rung: {steps}): choose a study with fewer types, or lengthen its ladder"
        )
    if wrong:
        raise TooRevealingError("\n".join(wrong))


def pseudonyms_sql(labels: tuple[str, ...]) -> str:
    """Makes the table of pseudonyms; its one parameter is the key, which nobody keeps."""
    rows = " UNION ALL ".join(f"SELECT '{label}' AS label, id FROM {work_table(label)}" for label in labels)
    return (
        f"CREATE TABLE {PSEUDONYM} AS SELECT label, id, label[1] || sha256(concat(?::VARCHAR, label, id))[:20] AS name "
        f"FROM ({rows})"
    )


def node_copy_sql(kept: KeptLabel, label: NodeLabel) -> str:
    """Makes the graph table of a label, in the order of its pseudonyms, which is none."""
    told = dict(told_columns(kept))
    columns = ", ".join(
        f'CAST({told[each.name]} AS {COLUMN_TYPES[each.type]}) AS "{each.name}"' for each in label.properties[1:]
    )
    return (
        f"CREATE TABLE {DATABASE}.{label.table} AS SELECT p.name AS id, {columns} FROM {work_table(kept.label)} AS w "
        f"JOIN {PSEUDONYM} AS p ON p.label = '{kept.label}' AND p.id = w.id ORDER BY p.name"
    )


def relationship_copy_sql(each: RelationshipType, dates: Dates) -> str:
    """Makes the graph table of a type under fresh numbers, in their order; its one parameter is the key."""
    kind = ", kind" if each.properties else ""
    return (
        f"CREATE TABLE {DATABASE}.{each.table} AS SELECT start_label, s.name AS start_id, end_label, "
        f"e.name AS end_id, {number_sql('concat(?::VARCHAR, type, eid)')} AS eid, {since_sql(dates)} AS valid_from"
        f"{kind} FROM {RELATIONSHIP} AS r JOIN {PSEUDONYM} AS s ON s.label = start_label AND s.id = start_id "
        f"JOIN {PSEUDONYM} AS e ON e.label = end_label AND e.id = end_id WHERE type = '{each.type}' ORDER BY 5"
    )


def _write(warehouse: Warehouse, graph: GraphModel, rules: AnalysisRules, study: Study, descent: Descent) -> GraphModel:
    model = analysis_model(graph, rules, study)
    key = secrets.token_hex(32)
    warehouse.execute(pseudonyms_sql(tuple(rules.labels)), [key])
    for name, label in model.labels.items():
        if name in rules.labels:
            warehouse.execute(node_copy_sql(rules.labels[name], label))
        else:
            warehouse.execute(f"CREATE TABLE {DATABASE}.{label.table} AS FROM {label.table}")
    for name, each in model.types.items():
        if name in study.types:
            warehouse.execute(relationship_copy_sql(each, descent.dates), [key])
        else:
            columns = "start_label, start_id, end_label, end_id, eid"
            warehouse.execute(f"CREATE TABLE {DATABASE}.{each.table} AS SELECT {columns} FROM {each.table}")
    # What joins pseudonyms to persons goes before anybody may open the file.
    warehouse.execute(f"DROP SCHEMA {DATABASE}.work CASCADE")
    return model


def _with_rows(warehouse: Warehouse, model: GraphModel, figures: Figures) -> Figures:
    tables = {name: label.table for name, label in model.labels.items()}
    tables |= {name: each.table for name, each in model.types.items()}
    rows = {name: warehouse.rows(f"SELECT count(*) FROM {DATABASE}.{table}")[0][0] for name, table in tables.items()}
    return Figures(**{**vars(figures), "rows": rows})
