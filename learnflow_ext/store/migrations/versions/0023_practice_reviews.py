"""Exercises that a teacher reads before the student who asked gets them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "practice_reviews",
        sa.Column("practice_id", BigId, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("mutants", sa.Integer(), nullable=False),
        sa.Column("killed", sa.Integer(), nullable=False),
        sa.Column("edited", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(1000), nullable=False),
        sa.Column("decided_by", sa.String(255), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'given', 'refused')", name=op.f("ck_practice_reviews_state_known")
        ),
        sa.CheckConstraint("length(state) <= 16", name=op.f("ck_practice_reviews_state_length")),
        sa.CheckConstraint("length(reason) <= 1000", name=op.f("ck_practice_reviews_reason_length")),
        sa.CheckConstraint("length(decided_by) <= 255", name=op.f("ck_practice_reviews_decided_by_length")),
        sa.CheckConstraint("mutants >= 0", name=op.f("ck_practice_reviews_mutants_not_negative")),
        sa.CheckConstraint("killed >= 0", name=op.f("ck_practice_reviews_killed_not_negative")),
        sa.ForeignKeyConstraint(
            ["practice_id"],
            ["practices.id"],
            name=op.f("fk_practice_reviews_practice_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("practice_id", name=op.f("pk_practice_reviews")),
    )


def downgrade() -> None:
    """Drop it; what still waited counts as given, and can only be had once it is released."""
    op.drop_table("practice_reviews")
