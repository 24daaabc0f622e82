"""Double reviews, the versions that decisions were made about, dates of lineage, how much each generation changed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables and columns; the number of an event that was dropped is never given out again."""
    for column in ("version_l", "version_r"):
        op.add_column("decision", sa.Column(column, sa.String, nullable=True))
    op.add_column("generation", sa.Column("churn", sa.JSON, nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("lineage", recreate="always", table_kwargs={"sqlite_autoincrement": True}) as lineage:
            lineage.add_column(sa.Column("as_of", sa.Date, nullable=True))
    else:
        op.add_column("lineage", sa.Column("as_of", sa.Date, nullable=True))
    op.create_table(
        "double_review",
        sa.Column("review_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("register", sa.String, nullable=False),
        sa.Column("record_l", sa.BigInteger, nullable=False),
        sa.Column("record_r", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
    )
    op.create_table(
        "judgement",
        sa.Column("review_id", sa.Integer, sa.ForeignKey("double_review.review_id"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("decided_at", sa.DateTime, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("version_l", sa.String, nullable=True),
        sa.Column("version_r", sa.String, nullable=True),
    )
