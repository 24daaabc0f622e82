"""Answers of questions against planted situations and their lawful look-alikes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from resolution.evaluate_residence import majority_sql
from stores.warehouse import Warehouse


@dataclass(frozen=True)
class QuestionScore:
    """What a question answered, what it should have answered, and how many look-alikes it took."""

    answers: int
    situations: int
    right: int
    decoys: int
    decoys_answered: int

    @property
    def precision(self) -> float | None:
        """Share of the answers that are situations."""
        return self.right / self.answers if self.answers else None

    @property
    def recall(self) -> float | None:
        """Share of the situations that are answered."""
        return self.right / self.situations if self.situations else None

    @property
    def decoys_flagged(self) -> float | None:
        """Share of the look-alikes that are answered."""
        return self.decoys_answered / self.decoys if self.decoys else None

    def as_json(self) -> dict[str, Any]:
        """The shares and the counts behind them."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "decoys_flagged": self.decoys_flagged,
            "answers": self.answers,
            "situations": self.situations,
            "right": self.right,
            "decoys": self.decoys,
        }


def score_questions(snapshot: Warehouse, answers: Mapping[str, Iterable[str]]) -> dict[str, QuestionScore]:
    """Scores of the questions that were asked and have truth; an answered entity is what most of its records are.

    Two answered entities that are truly one count once; an entity without truth counts as a wrong answer.
    """
    asked = [(question, entity) for question, entities in sorted(answers.items()) for entity in sorted(set(entities))]
    table = pa.table(
        {
            "question": pa.array([question for question, _ in asked], pa.string()),
            "entity_id": pa.array([entity for _, entity in asked], pa.string()),
        }
    )
    snapshot.register_arrow("answered", table)
    try:
        rows = snapshot.rows(scores_sql())
    finally:
        snapshot.unregister("answered")
    return {question: QuestionScore(*counts) for question, *counts in rows if question in answers}


def scores_sql() -> str:
    """Rows question, answers, situations, right, decoys, decoys answered."""
    truth_of = " UNION ALL ".join(
        f"SELECT '{register}' AS register, * FROM ({majority_sql(register, 'entity_id', 'truth_id')})"
        for register in ("person", "house", "unit")
    )
    return f"""
        WITH truth_of AS ({truth_of}), subject AS (
            SELECT question, min(register) AS register FROM truth_questions GROUP BY question
        ), answer AS (
            SELECT DISTINCT question, coalesce(truth_of.truth_id, answered.entity_id) AS entity_id
            FROM answered JOIN subject USING (question)
            LEFT JOIN truth_of ON truth_of.entity_id = answered.entity_id AND truth_of.register = subject.register
        ), expected AS (
            SELECT question, entity_id, bool_or(kind = 'situation') AS situation
            FROM truth_questions GROUP BY question, entity_id
        )
        SELECT question, count(answer.entity_id), count(*) FILTER (situation),
               count(answer.entity_id) FILTER (situation), count(*) FILTER (NOT situation),
               count(answer.entity_id) FILTER (NOT situation)
        FROM expected FULL JOIN answer USING (question, entity_id)
        GROUP BY question ORDER BY question
    """
