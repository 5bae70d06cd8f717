"""Notes to the class."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "notes",
        sa.Column("id", BigId, nullable=False),
        sa.Column("course", sa.String(length=255), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("posted_by", sa.String(length=255), nullable=False),
        sa.Column("posted_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("course <> ''", name=op.f("ck_notes_course_not_empty")),
        sa.CheckConstraint("text <> ''", name=op.f("ck_notes_text_not_empty")),
        sa.CheckConstraint("length(course) <= 255", name=op.f("ck_notes_course_length")),
        sa.CheckConstraint("length(text) <= 1000", name=op.f("ck_notes_text_length")),
        sa.CheckConstraint("length(posted_by) <= 255", name=op.f("ck_notes_posted_by_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index("ix_notes_course", "notes", ["course", "id"])


def downgrade() -> None:
    """Drop it; the notes are lost."""
    op.drop_table("notes")
