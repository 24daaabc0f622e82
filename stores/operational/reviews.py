"""Judgements of stewards: in force at once, or, for the share reviewed twice, once two agree or a third decides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import sqlalchemy as sa

from stores.errors import StoreError
from stores.operational.decisions import Decision, DecisionKind, Decisions
from stores.operational.tables import decision as decision_table
from stores.operational.tables import double_review, judgement

SECOND, THIRD = 2, 3


class ReviewError(StoreError):
    """A judgement that cannot be kept: it says nothing, or its giver may not give it."""


class Outcome(StrEnum):
    """Where a double review stands.

    `open` awaits the second steward, `agreed` is in force, `disagreed` awaits a third, `adjudicated` is in force as the
    third decided, `withdrawn` ended before the second had judged.
    """

    OPEN = "open"
    AGREED = "agreed"
    DISAGREED = "disagreed"
    ADJUDICATED = "adjudicated"
    WITHDRAWN = "withdrawn"


UNSETTLED = (Outcome.OPEN, Outcome.DISAGREED)


@dataclass(frozen=True)
class DoubleReview:
    """One pair that is judged twice, with its judgements in order; those of the first two were given blind."""

    review_id: int
    register: str
    record_l: int
    record_r: int
    outcome: Outcome
    judgements: Sequence[Decision]

    @property
    def judges(self) -> frozenset[str]:
        """Who has judged."""
        return frozenset(each.who for each in self.judgements)


class Reviews:
    """Judgements and double reviews in the operational database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._decisions = Decisions(engine)

    def judge(self, given: Decision, *, twice: bool) -> Outcome | None:
        """Keeps a steward's judgement; None where it is in force at once.

        With `twice` it only opens a double review: the pair stays as it was until another steward has judged, too.
        Where the two disagree it stays so until a third decides. Raises ReviewError where nobody or no reason is named,
        and for somebody who has judged the pair in this review before.
        """
        check(given)
        with self._engine.begin() as connection:
            unsettled = self._read(connection, *_pair(double_review, given), _is_unsettled())
            if not unsettled and not twice:
                self._decisions.insert(connection, given)
                return None
            if not unsettled:
                _open(connection, given)
                return Outcome.OPEN
            [found] = unsettled
            if given.who in found.judges:
                raise ReviewError(f"{given.who} has judged this pair already: it now awaits somebody else")
            return self._go_on(connection, found, given)

    def _go_on(self, connection: sa.Connection, found: DoubleReview, given: Decision) -> Outcome:
        _add_judgement(connection, found.review_id, len(found.judgements) + 1, given)
        outcome, settled = Outcome.ADJUDICATED, given
        if found.outcome is Outcome.OPEN:
            [first] = found.judgements
            outcome, settled = Outcome.AGREED, _together(first, given)
            if first.kind is not given.kind:
                outcome = Outcome.DISAGREED
        _set_outcome(connection, found.review_id, outcome)
        if outcome is not Outcome.DISAGREED:
            self._decisions.insert(connection, settled)
        return outcome

    def undo(self, given: Decision) -> None:
        """Leaves a pair to the model again: ends the decision in force, or the giver's own that awaits another.

        `given` is of the kind `withdrawn`. Raises ReviewError where there is neither.
        """
        check(given)
        with self._engine.begin() as connection:
            for found in self._read(connection, *_pair(double_review, given), _is_unsettled()):
                if found.outcome is Outcome.OPEN and given.who in found.judges:
                    _set_outcome(connection, found.review_id, Outcome.WITHDRAWN)
                    return
            in_force = sa.select(decision_table.c.decision_id).where(
                *_pair(decision_table, given),
                decision_table.c.ended_by.is_(None),
                decision_table.c.kind != DecisionKind.WITHDRAWN.value,
            )
            if connection.execute(in_force).first() is None:
                raise ReviewError(
                    "there is no decision in force about these two, and no judgement of yours to withdraw"
                )
            self._decisions.insert(connection, given)

    def unsettled(self) -> list[DoubleReview]:
        """The double reviews that await a second or a third steward."""
        with self._engine.connect() as connection:
            return self._read(connection, _is_unsettled())

    def double_reviews(self) -> list[DoubleReview]:
        """Every double review, in the order in which they were opened."""
        with self._engine.connect() as connection:
            return self._read(connection)

    def _read(self, connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[DoubleReview]:
        reviews = connection.execute(
            sa.select(double_review).where(*conditions).order_by(double_review.c.review_id)
        ).all()
        statement = sa.select(judgement).join(double_review).where(*conditions)
        given: dict[int, list[sa.Row[tuple[object, ...]]]] = {}
        for row in connection.execute(statement.order_by(judgement.c.review_id, judgement.c.place)):
            given.setdefault(row.review_id, []).append(row)
        return [
            DoubleReview(
                *(row.review_id, row.register, row.record_l, row.record_r, Outcome(row.outcome)),
                judgements=[_judgement(row, each) for each in given.get(row.review_id, [])],
            )
            for row in reviews
        ]


def check(given: Decision) -> None:
    """Raises ReviewError where a judgement names nobody or no reason, or is about one record."""
    if not given.who.strip():
        raise ReviewError("nobody is named: a decision is a person's, who answers for it")
    if not given.why.strip():
        raise ReviewError("no reason is given: say why with --why")
    if given.record_l == given.record_r:
        raise ReviewError("both sides are the same record: a decision is about two")


def _together(first: Decision, second: Decision) -> Decision:
    """The decision that two have made: that of the second, with the names and the reasons of both."""
    return replace(
        second,
        who=", ".join(dict.fromkeys((first.who, second.who))),
        why="; ".join(dict.fromkeys((first.why, second.why))),
    )


def _pair(table: sa.Table, given: Decision) -> tuple[sa.ColumnElement[bool], ...]:
    left, right = sorted((given.record_l, given.record_r))
    return table.c.register == given.register, table.c.record_l == left, table.c.record_r == right


def _is_unsettled() -> sa.ColumnElement[bool]:
    return double_review.c.outcome.in_([each.value for each in UNSETTLED])


def _open(connection: sa.Connection, given: Decision) -> None:
    left, right = sorted((given.record_l, given.record_r))
    values = {"register": given.register, "record_l": left, "record_r": right, "outcome": Outcome.OPEN.value}
    inserted = connection.execute(double_review.insert().values(**values)).inserted_primary_key
    assert inserted is not None
    _add_judgement(connection, inserted[0], 1, given)


def _add_judgement(connection: sa.Connection, review_id: int, place: int, given: Decision) -> None:
    given = given.in_order()
    said = {name: getattr(given, name) for name in ("who", "decided_at", "why", "version_l", "version_r")}
    connection.execute(judgement.insert().values(review_id=review_id, place=place, kind=given.kind.value, **said))


def _set_outcome(connection: sa.Connection, review_id: int, outcome: Outcome) -> None:
    here = double_review.c.review_id == review_id
    connection.execute(double_review.update().where(here).values(outcome=outcome.value))


def _judgement(review: sa.Row[tuple[object, ...]], row: sa.Row[tuple[object, ...]]) -> Decision:
    kind = DecisionKind(row.kind)
    return Decision(
        *(review.register, review.record_l, review.record_r, kind, row.who, row.decided_at, row.why),
        version_l=row.version_l,
        version_r=row.version_r,
    )
