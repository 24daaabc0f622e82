"""A snapshot beside truth files: figures, which name nobody, and the export of its partition, through the door."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from hub.errors import UsageError
from hub.findings import parameters_key
from hub.questions import bind_parameters
from hub.reading.reader import Reader
from hub.sharing.request import Answer, Disclosure, Reading
from resolution.evaluate import Evaluation, evaluate, partition
from resolution.evaluate_truth import truth_files
from resolution.stock import filled_names, link_by_stock, stock_model, stock_records
from schemas.items import RECORDS
from schemas.readers.purposes import Verb
from stores.snapshots import Snapshot
from stores.warehouse import Warehouse


def figures(reader: Reader, truth: Path) -> Evaluation:
    """How well the snapshot agrees with the truth folder; counts and shares only, so that no purpose is needed."""
    if not truth.is_dir():
        raise UsageError(f"{truth} is not a folder with truth files (person.csv, house.csv, …)")
    with reader.opened() as snapshot, reader.entities(snapshot) as tables:
        answers = _answers(reader, snapshot, tables)
        return evaluate(tables, truth_files(truth), declarations=reader.declarations, answers=answers)


def figures_beside_stock(reader: Reader, truth: Mapping[str, Path], stock: Mapping[str, pa.Table]) -> Evaluation:
    """The same figures of links alone, each with those of plain Splink's clusters (unique_id, cluster_id)."""
    with reader.opened() as snapshot, reader.entities(snapshot) as tables:
        return evaluate(tables, truth, declarations=reader.declarations, stock=stock)


def link_register_by_stock(reader: Reader, register: str, threshold: float) -> pa.Table:
    """Plain Splink's clusters of the register's standard records in the snapshot: unique_id, cluster_id."""
    model = reader.declarations.linkage[register]
    with reader.opened() as snapshot, reader.entities(snapshot) as tables:
        records = stock_records(tables, model)
    return link_by_stock(records, stock_model(register, filled_names(records)), threshold=threshold).clusters


def export(reader: Reader) -> Disclosure:
    """Every record's entity: feed, record_key, entity_id."""
    records = frozenset(f"{register}.{RECORDS}" for register in reader.declarations.registers)

    def run(snapshot: Snapshot) -> Answer:
        with reader.entities(snapshot) as tables:
            return Answer(partition(tables), shows={"feed": records, "record_key": records}, ids=("entity_id",))

    return reader.read(Reading(Verb.EXPORT, "partition"), run)


def _answers(reader: Reader, snapshot: Snapshot, tables: Warehouse) -> Mapping[str, list[str]]:
    found = {}
    for question in reader.declarations.questions.values():
        key = parameters_key(bind_parameters(question, {}, as_of=snapshot.manifest.as_of))
        rows = tables.rows(
            "SELECT DISTINCT subject_id FROM finding WHERE question = ? AND parameters = ? ORDER BY subject_id",
            [question.id, key],
        )
        found[question.id] = [subject for (subject,) in rows]
    return found
