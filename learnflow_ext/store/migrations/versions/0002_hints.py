"""The hint ladder, and the pattern of the error that a question was about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "help_errors",
        sa.Column("turn_id", BigId, nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("exception", sa.String(length=255), nullable=False),
        sa.Column("message", sa.String(length=300), nullable=False),
        sa.Column("construct", sa.String(length=32), nullable=False),
        sa.CheckConstraint("fingerprint <> ''", name=op.f("ck_help_errors_fingerprint_not_empty")),
        sa.CheckConstraint("length(construct) <= 32", name=op.f("ck_help_errors_construct_length")),
        sa.CheckConstraint("length(exception) <= 255", name=op.f("ck_help_errors_exception_length")),
        sa.CheckConstraint("length(fingerprint) <= 16", name=op.f("ck_help_errors_fingerprint_length")),
        sa.CheckConstraint("length(message) <= 300", name=op.f("ck_help_errors_message_length")),
        sa.ForeignKeyConstraint(
            ["turn_id"], ["help_turns.id"], name=op.f("fk_help_errors_turn_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("turn_id", name=op.f("pk_help_errors")),
    )
    op.create_index("ix_help_errors_fingerprint", "help_errors", ["fingerprint", "turn_id"])
    op.create_table(
        "hint_ladders",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("course", sa.String(length=255), nullable=False),
        sa.Column("assignment", sa.String(length=255), nullable=False),
        sa.Column("exercise", sa.String(length=255), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("seen", sa.String(length=1000), nullable=False),
        sa.Column("tried", sa.Boolean(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(assignment) <= 255", name=op.f("ck_hint_ladders_assignment_length")),
        sa.CheckConstraint("length(course) <= 255", name=op.f("ck_hint_ladders_course_length")),
        sa.CheckConstraint("length(exercise) <= 255", name=op.f("ck_hint_ladders_exercise_length")),
        sa.CheckConstraint("length(seen) <= 1000", name=op.f("ck_hint_ladders_seen_length")),
        sa.CheckConstraint("rung BETWEEN 0 AND 4", name=op.f("ck_hint_ladders_rung_exists")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_hint_ladders_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "course", "assignment", "exercise", name=op.f("pk_hint_ladders")),
    )


def downgrade() -> None:
    """Drop them; what they held is lost."""
    op.drop_table("hint_ladders")
    op.drop_index("ix_help_errors_fingerprint", "help_errors")
    op.drop_table("help_errors")
