"""Exercises that were made for one student."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "practices",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("course", sa.String(255), nullable=False),
        sa.Column("assignment", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("topic", sa.String(64), nullable=False),
        sa.Column("difficulty", sa.Integer(), nullable=False),
        sa.Column("made_of", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("max_score", sa.Double(), nullable=True),
        sa.Column("checked_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("length(course) <= 255", name=op.f("ck_practices_course_length")),
        sa.CheckConstraint("length(assignment) <= 255", name=op.f("ck_practices_assignment_length")),
        sa.CheckConstraint("length(name) <= 255", name=op.f("ck_practices_name_length")),
        sa.CheckConstraint("length(title) <= 255", name=op.f("ck_practices_title_length")),
        sa.CheckConstraint("length(topic) <= 64", name=op.f("ck_practices_topic_length")),
        sa.CheckConstraint("course <> ''", name=op.f("ck_practices_course_not_empty")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_practices_name_not_empty")),
        sa.CheckConstraint("topic <> ''", name=op.f("ck_practices_topic_not_empty")),
        sa.CheckConstraint("difficulty BETWEEN 1 AND 5", name=op.f("ck_practices_difficulty_one_to_five")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_practices_attempts_not_negative")),
        sa.CheckConstraint("score >= 0", name=op.f("ck_practices_score_not_negative")),
        sa.CheckConstraint("max_score >= 0", name=op.f("ck_practices_max_score_not_negative")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_practices_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practices")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_practices_user_id_name")),
    )
    op.create_index("ix_practices_course", "practices", ["course", "user_id"])


def downgrade() -> None:
    """Drop it; the exercises' notebooks stay where students have them."""
    op.drop_table("practices")
