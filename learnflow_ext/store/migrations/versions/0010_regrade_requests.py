"""Students' requests to have something graded again, and what teachers answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "regrade_requests",
        sa.Column("submission_number", BigId, nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.String(length=1000), nullable=False),
        sa.Column("answered_by", sa.String(length=255), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'regraded', 'declined')", name=op.f("ck_regrade_requests_state_known")
        ),
        sa.CheckConstraint("length(reason) <= 1000", name=op.f("ck_regrade_requests_reason_length")),
        sa.CheckConstraint("length(state) <= 16", name=op.f("ck_regrade_requests_state_length")),
        sa.CheckConstraint("length(answer) <= 1000", name=op.f("ck_regrade_requests_answer_length")),
        sa.CheckConstraint("length(answered_by) <= 255", name=op.f("ck_regrade_requests_answered_by_length")),
        sa.ForeignKeyConstraint(
            ["submission_number"],
            ["submissions.number"],
            name=op.f("fk_regrade_requests_submission_number"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_number", name=op.f("pk_regrade_requests")),
    )


def downgrade() -> None:
    """Drop it; what was asked is lost."""
    op.drop_table("regrade_requests")
