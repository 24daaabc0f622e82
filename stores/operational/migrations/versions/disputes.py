"""Disputes of facts and links, and the corrections that come of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "dispute",
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
    op.create_table(
        "correction",
        sa.Column("correction_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("dispute_id", sa.String, sa.ForeignKey("dispute.dispute_id"), nullable=False),
        sa.Column("register", sa.String, nullable=False),
        sa.Column("record_id", sa.BigInteger, nullable=False),
        sa.Column("version", sa.String, nullable=True),
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
    op.create_table(
        "correction_event",
        sa.Column("event_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("correction_id", sa.Integer, sa.ForeignKey("correction.correction_id"), nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sqlite_autoincrement=True,
    )
