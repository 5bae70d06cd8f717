"""Exercises that students asked for, until somebody has made them: the queue of all who make exercises."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "practice_wishes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("course", sa.String(255), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("maker", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.CheckConstraint("course <> ''", name=op.f("ck_practice_wishes_course_not_empty")),
        sa.CheckConstraint("wish <> ''", name=op.f("ck_practice_wishes_wish_not_empty")),
        sa.CheckConstraint("length(course) <= 255", name=op.f("ck_practice_wishes_course_length")),
        sa.CheckConstraint("length(maker) <= 16", name=op.f("ck_practice_wishes_maker_length")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_practice_wishes_attempts_not_negative")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_practice_wishes_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_wishes")),
        sa.UniqueConstraint("user_id", name=op.f("uq_practice_wishes_user_id")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop it: who asked is told that it did not work, and asks again."""
    op.drop_table("practice_wishes")
