"""Tables of the operational database; the migrations under `migrations/` make them."""

from typing import Any

import sqlalchemy as sa


class Quoting(sa.TypeDecorator[str]):
    """A text that may quote what a delivery holds: PostgreSQL keeps every character but the one numbered 0."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """The text with a picture of that character in its place."""
        return value if value is None else value.replace("\0", "␀")


metadata = sa.MetaData()

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("delivery_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("feed", sa.String, nullable=False),
    sa.Column("mode", sa.String, nullable=False),
    sa.Column("date", sa.Date, nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("file", Quoting, nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("note", Quoting, nullable=False),
    sa.Column("outcome", sa.JSON, nullable=False),
    sa.UniqueConstraint("feed", "mode", "date", "sequence", name="one_delivery_per_sequence"),
    sqlite_autoincrement=True,
)

archive_key = sa.Table(
    "archive_key",
    metadata,
    sa.Column("delivery_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)

run = sa.Table(
    "run",
    metadata,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
)

run_stage = sa.Table(
    "run_stage",
    metadata,
    sa.Column("run_id", sa.String, sa.ForeignKey("run.run_id"), primary_key=True),
    sa.Column("stage", sa.String, primary_key=True),
    sa.Column("detail", sa.JSON, nullable=False),
)

decision = sa.Table(
    "decision",
    metadata,
    sa.Column("decision_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("register", sa.String, nullable=False),
    sa.Column("record_l", sa.BigInteger, nullable=False),
    sa.Column("record_r", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("who", sa.String, nullable=False),
    sa.Column("decided_at", sa.DateTime, nullable=False),
    sa.Column("why", Quoting, nullable=False),
    sa.Column("ended_by", sa.Integer, nullable=True),
    sa.Column("version_l", Quoting, nullable=True),
    sa.Column("version_r", Quoting, nullable=True),
)

generation = sa.Table(
    "generation",
    metadata,
    sa.Column("register", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("members_sha256", sa.String, nullable=False),
    sa.Column("entities_sha256", sa.String, nullable=False),
    sa.Column("churn", sa.JSON, nullable=True),
)

lineage = sa.Table(
    "lineage",
    metadata,
    sa.Column("event_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("register", sa.String, nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("entity_id", sa.String, nullable=False),
    sa.Column("other_id", sa.String, nullable=True),
    sa.Column("as_of", sa.Date, nullable=True),
    sqlite_autoincrement=True,
)

double_review = sa.Table(
    "double_review",
    metadata,
    sa.Column("review_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("register", sa.String, nullable=False),
    sa.Column("record_l", sa.BigInteger, nullable=False),
    sa.Column("record_r", sa.BigInteger, nullable=False),
    sa.Column("outcome", sa.String, nullable=False),
)

judgement = sa.Table(
    "judgement",
    metadata,
    sa.Column("review_id", sa.Integer, sa.ForeignKey("double_review.review_id"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("who", sa.String, nullable=False),
    sa.Column("decided_at", sa.DateTime, nullable=False),
    sa.Column("why", Quoting, nullable=False),
    sa.Column("version_l", Quoting, nullable=True),
    sa.Column("version_r", Quoting, nullable=True),
)

account = sa.Table(
    "account",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("department", sa.String, nullable=False),
    sa.Column("holder", Quoting, nullable=True),
    sa.Column("subject", sa.String, nullable=True),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("areas", sa.JSON, nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.Column("made_by", sa.String, nullable=False),
    sa.Column("revoked_at", sa.DateTime, nullable=True),
    sa.Column("revoked_by", sa.String, nullable=True),
    sa.Column("revoked_why", Quoting, nullable=True),
)

credential = sa.Table(
    "credential",
    metadata,
    sa.Column("credential_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("account", sa.String, sa.ForeignKey("account.name"), nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("content", sa.String, nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.Column("made_by", sa.String, nullable=False),
    sa.Column("ends_at", sa.DateTime, nullable=True),
    sqlite_autoincrement=True,
)

own_id_key = sa.Table(
    "own_id_key",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("fingerprint", sa.String, nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.Column("made_by", sa.String, nullable=False),
)

dispute = sa.Table(
    "dispute",
    metadata,
    sa.Column("dispute_id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("register", sa.String, nullable=False),
    sa.Column("entity_id", sa.String, nullable=False),
    sa.Column("other_id", sa.String, nullable=True),
    sa.Column("field", sa.String, nullable=True),
    sa.Column("record_id", sa.BigInteger, nullable=True),
    sa.Column("made_by", sa.String, nullable=False),
    sa.Column("department", sa.String, nullable=True),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.Column("request_hash", sa.String, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("decided_by", sa.String, nullable=True),
    sa.Column("decided_at", sa.DateTime, nullable=True),
    sa.Column("decided_after", sa.Integer, nullable=True),
    sa.Column("sealed_decision", sa.LargeBinary, nullable=True),
)

correction = sa.Table(
    "correction",
    metadata,
    sa.Column("correction_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("dispute_id", sa.String, sa.ForeignKey("dispute.dispute_id"), nullable=False),
    sa.Column("register", sa.String, nullable=False),
    sa.Column("record_id", sa.BigInteger, nullable=False),
    sa.Column("version", Quoting, nullable=True),
    sa.Column("feed", sa.String, nullable=False),
    sa.Column("field", sa.String, nullable=False),
    sa.Column("wrong_value", sa.String, nullable=False),
    sa.Column("wrong_text", sa.String, nullable=True),
    sa.Column("made_by", sa.String, nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("ended_by", sa.String, sa.ForeignKey("dispute.dispute_id"), nullable=True),
    sqlite_autoincrement=True,
)

correction_event = sa.Table(
    "correction_event",
    metadata,
    sa.Column("event_id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("correction_id", sa.Integer, sa.ForeignKey("correction.correction_id"), nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sqlite_autoincrement=True,
)
