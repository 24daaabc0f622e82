"""Compares a published snapshot with truth files: links, clusters, blocking, residence, answers to questions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from resolution.evaluate_blocking import blocking_recall
from resolution.evaluate_households import HouseholdScore, score_households
from resolution.evaluate_pairs import Clusters, FeedPair, PairCounts, count_clusters, count_feed_pairs, count_pairs
from resolution.evaluate_questions import QuestionScore, score_questions
from resolution.evaluate_residence import ResidenceScore, score_residence
from resolution.evaluate_truth import drop_truth, label_records, read_truth, relabel_records
from schemas.declarations import Declarations
from stores.warehouse import Warehouse

REGISTERS = ("person", "house", "unit")


@dataclass(frozen=True)
class OtherLinking:
    """How well somebody else linked the same records, who knows nothing of blocks."""

    pairs: PairCounts
    clusters: Clusters
    feeds: tuple[FeedPair, ...]

    def as_json(self) -> dict[str, Any]:
        """The figures by the names that the hub's have."""
        return {
            **self.pairs.as_json(),
            **self.clusters.as_json(),
            "feeds": [pair.as_json() for pair in self.feeds],
        }


@dataclass(frozen=True)
class RegisterEvaluation:
    """How well the records of one register are linked.

    `decidable` counts only true pairs that some recorded field can decide. `without_truth` are records that the
    truth files do not name; they take no part in any figure. `missing_records` are truth rows that no record has.
    `stock` is plain Splink on the same records, where it was asked.
    """

    pairs: PairCounts
    decidable: PairCounts
    clusters: Clusters
    blocking_recall: float | None
    feeds: tuple[FeedPair, ...]
    records: int
    without_truth: int
    missing_records: int
    stock: OtherLinking | None = None

    def as_json(self) -> dict[str, Any]:
        """The figures by the names that `hub evaluate --format json` prints."""
        return {
            **self.pairs.as_json(),
            "recall_of_decidable": self.decidable.recall,
            **self.clusters.as_json(),
            "blocking_recall": self.blocking_recall,
            "records": self.records,
            "records_without_truth": self.without_truth,
            "truth_rows_without_record": self.missing_records,
            "feeds": [pair.as_json() for pair in self.feeds],
            **({"stock": self.stock.as_json()} if self.stock is not None else {}),
        }


@dataclass(frozen=True)
class Evaluation:
    """All figures of one snapshot against truth files; a part without truth files is absent."""

    registers: Mapping[str, RegisterEvaluation]
    residence: ResidenceScore | None
    households: HouseholdScore | None = None
    questions: Mapping[str, QuestionScore] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The figures as `hub evaluate --format json` prints them."""
        return {
            "registers": {name: register.as_json() for name, register in self.registers.items()},
            "residence": self.residence.as_json() if self.residence is not None else {},
            "households": self.households.as_json() if self.households is not None else {},
            "questions": {name: score.as_json() for name, score in self.questions.items()},
        }


def evaluate(
    snapshot: Warehouse,
    truth: Mapping[str, Path],
    *,
    declarations: Declarations,
    answers: Mapping[str, Iterable[str]] | None = None,
    stock: Mapping[str, pa.Table] | None = None,
) -> Evaluation:
    """Figures of a snapshot's `entities.duckdb` against truth files, by what they tell of (see `truth_files`).

    `answers` maps a question to the entity ids of its subjects, `stock` a register to plain Splink's clusters
    (unique_id, cluster_id). Registers are evaluated that have truth: feed, record_key, entity_id and, if known,
    decidable_group. Raises TruthError on a file that cannot be used.
    """
    tables = read_truth(truth)
    for name, table in tables.items():
        snapshot.register_arrow(f"truth_{name}", table)
    try:
        found = _evaluate(snapshot, declarations, tables.keys(), answers or {})
        others = {name: _other(snapshot, name, clusters) for name, clusters in (stock or {}).items()}
    finally:
        drop_truth(snapshot, tables)
    registers = {name: replace(each, stock=others.get(name)) for name, each in found.registers.items()}
    return replace(found, registers=registers)


def partition(snapshot: Warehouse) -> pa.Table:
    """Every record's entity: feed, record_key, entity_id, in this order."""
    parts = " UNION ALL ".join(
        f"SELECT record.feed, record.record_key, member.entity_id FROM {register}_record record"
        f" JOIN member ON member.record_id = record.record_id AND member.register = '{register}'"
        for register in REGISTERS
    )
    return snapshot.arrow(f"SELECT * FROM ({parts}) ORDER BY feed, record_key, entity_id")


def export(snapshot: Warehouse, file: Path) -> int:
    """Writes the partition as CSV; returns the number of rows."""
    table = partition(snapshot)
    pyarrow.csv.write_csv(table, file)
    return int(table.num_rows)


def _evaluate(
    snapshot: Warehouse, declarations: Declarations, parts: Iterable[str], answers: Mapping[str, Iterable[str]]
) -> Evaluation:
    present = set(parts)
    registers = [register for register in REGISTERS if register in present]
    for register in registers:
        label_records(snapshot, register)
    return Evaluation(
        registers={register: _register(snapshot, declarations, register) for register in registers},
        residence=score_residence(snapshot) if {"residence", "person", "house"} <= present else None,
        households=score_households(snapshot) if {"residence", "person"} <= present else None,
        questions=score_questions(snapshot, answers) if "questions" in present else {},
    )


def _register(snapshot: Warehouse, declarations: Declarations, register: str) -> RegisterEvaluation:
    [(records, without_truth, missing)] = snapshot.rows(f"""
        SELECT count(*), count(*) FILTER (truth_id IS NULL),
               (SELECT count(*) FROM truth_{register} truth ANTI JOIN {register}_record USING (feed, record_key))
        FROM labelled_{register}
    """)
    return RegisterEvaluation(
        pairs=count_pairs(snapshot, register),
        decidable=count_pairs(snapshot, register, within="decidable_group"),
        clusters=count_clusters(snapshot, register),
        blocking_recall=blocking_recall(snapshot, declarations, register),
        feeds=count_feed_pairs(snapshot, register),
        records=records,
        without_truth=without_truth,
        missing_records=missing,
    )


def _other(snapshot: Warehouse, register: str, clusters: pa.Table) -> OtherLinking:
    relabel_records(snapshot, register, clusters)
    return OtherLinking(
        count_pairs(snapshot, register), count_clusters(snapshot, register), count_feed_pairs(snapshot, register)
    )
