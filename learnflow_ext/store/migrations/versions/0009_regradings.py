"""Grading all of an assignment again; which submission is the most urgent; points that are provisional."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NO_DEADLINE = str(2**40)
"""As in `store.submissions`, at the time of this migration."""


def upgrade() -> None:
    """Make the tables and columns."""
    op.create_table(
        "regradings",
        sa.Column("id", BigId, nullable=False),
        sa.Column("module_id", BigId, nullable=False),
        sa.Column("started_by", sa.String(length=255), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(started_by) <= 255", name=op.f("ck_regradings_started_by_length")),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_regradings_module_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regradings")),
    )
    op.create_index("ix_regradings_module", "regradings", ["module_id", "id"])
    op.create_table(
        "regraded",
        sa.Column("regrading_id", BigId, nullable=False),
        sa.Column("submission_number", BigId, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("before_score", sa.Double(), nullable=True),
        sa.Column("before_max", sa.Double(), nullable=True),
        sa.Column("after_score", sa.Double(), nullable=True),
        sa.Column("after_max", sa.Double(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'graded', 'failed', 'cancelled')", name=op.f("ck_regraded_state_known")
        ),
        sa.CheckConstraint("length(state) <= 16", name=op.f("ck_regraded_state_length")),
        sa.ForeignKeyConstraint(
            ["regrading_id"],
            ["regradings.id"],
            name=op.f("fk_regraded_regrading_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["submission_number"],
            ["submissions.number"],
            name=op.f("fk_regraded_submission_number"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("regrading_id", "submission_number", name=op.f("pk_regraded")),
    )
    op.create_index("ix_regraded_submission", "regraded", ["submission_number", "state"])
    # Not by batch: SQLite would copy the table, and deleting the old one deletes what hangs on it.
    op.add_column(
        "submissions", sa.Column("urgency", sa.BigInteger(), nullable=False, server_default=NO_DEADLINE)
    )
    op.add_column("grades", sa.Column("provisional", sa.Text(), nullable=False, server_default=""))
    op.drop_index("ix_submissions_queue", "submissions")
    op.create_index("ix_submissions_queue", "submissions", ["status", "urgency", "number"])


def downgrade() -> None:
    """Drop them; which scores were others before is lost."""
    op.drop_index("ix_submissions_queue", "submissions")
    op.create_index("ix_submissions_queue", "submissions", ["status", "number"])
    op.execute("ALTER TABLE grades DROP COLUMN provisional")
    op.execute("ALTER TABLE submissions DROP COLUMN urgency")
    op.drop_table("regraded")
    op.drop_table("regradings")
