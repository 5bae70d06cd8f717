"""Patterns of errors: whether a rule explains them, and what teachers call them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "error_patterns",
        sa.Column("course", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.CheckConstraint("fingerprint <> ''", name=op.f("ck_error_patterns_fingerprint_not_empty")),
        sa.CheckConstraint("length(course) <= 255", name=op.f("ck_error_patterns_course_length")),
        sa.CheckConstraint("length(fingerprint) <= 16", name=op.f("ck_error_patterns_fingerprint_length")),
        sa.CheckConstraint("length(name) <= 255", name=op.f("ck_error_patterns_name_length")),
        sa.PrimaryKeyConstraint("course", "fingerprint", name=op.f("pk_error_patterns")),
    )


def downgrade() -> None:
    """Drop it; the names are lost."""
    op.drop_table("error_patterns")
