"""What students answered to the questions in their notebooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "quiz_answers",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("module_id", BigId, nullable=False),
        sa.Column("question", sa.String(length=255), nullable=False),
        sa.Column("first_choices", sa.String(length=20000), nullable=False),
        sa.Column("first_right", sa.Boolean(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("latest_choices", sa.String(length=20000), nullable=False),
        sa.Column("latest_right", sa.Boolean(), nullable=False),
        sa.Column("latest_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint("question <> ''", name=op.f("ck_quiz_answers_question_not_empty")),
        sa.CheckConstraint("attempts >= 1", name=op.f("ck_quiz_answers_attempts_positive")),
        sa.CheckConstraint("length(question) <= 255", name=op.f("ck_quiz_answers_question_length")),
        sa.CheckConstraint(
            "length(first_choices) <= 20000", name=op.f("ck_quiz_answers_first_choices_length")
        ),
        sa.CheckConstraint(
            "length(latest_choices) <= 20000", name=op.f("ck_quiz_answers_latest_choices_length")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_quiz_answers_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_quiz_answers_module_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "module_id", "question", name=op.f("pk_quiz_answers")),
    )
    op.create_index("ix_quiz_answers_module", "quiz_answers", ["module_id"])


def downgrade() -> None:
    """Drop it; what was answered is only in the log then."""
    op.drop_table("quiz_answers")
