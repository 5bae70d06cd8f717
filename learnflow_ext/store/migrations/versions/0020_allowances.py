"""More time for single students, given on the dashboard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0020"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "allowances",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("course", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("assignment", sa.String(length=255), nullable=False),
        sa.Column("minutes", sa.Double(), nullable=False),
        sa.Column("percent", sa.Double(), nullable=False),
        sa.Column("due", UtcDateTime(), nullable=True),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('extra_time', 'extension')", name=op.f("ck_allowances_kind_known")),
        sa.CheckConstraint(
            "kind = 'extra_time' OR (assignment <> '' AND due IS NOT NULL)",
            name=op.f("ck_allowances_extension_complete"),
        ),
        sa.CheckConstraint("course <> ''", name=op.f("ck_allowances_course_not_empty")),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_allowances_minutes_not_negative")),
        sa.CheckConstraint("percent >= 0", name=op.f("ck_allowances_percent_not_negative")),
        *(
            sa.CheckConstraint(f"length({column}) <= {most}", name=op.f(f"ck_allowances_{column}_length"))
            for column, most in (("course", 255), ("kind", 16), ("assignment", 255))
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_allowances_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "course", "kind", "assignment", name=op.f("pk_allowances")),
    )
    op.create_index("ix_allowances_course", "allowances", ["course"])


def downgrade() -> None:
    """Drop it: what `course.yaml` says holds alone then."""
    op.drop_table("allowances")
