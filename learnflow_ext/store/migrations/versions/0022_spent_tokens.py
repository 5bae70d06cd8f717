"""Tokens of outside clients that were used, where each is good once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "spent_tokens",
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("good_until", UtcDateTime(), nullable=False),
        sa.CheckConstraint("mark <> ''", name=op.f("ck_spent_tokens_mark_not_empty")),
        sa.CheckConstraint("length(mark) <= 64", name=op.f("ck_spent_tokens_mark_length")),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_spent_tokens")),
    )
    op.create_index("ix_spent_tokens_age", "spent_tokens", ["good_until"])


def downgrade() -> None:
    """Drop it: what was used may be used again until it expires."""
    op.drop_table("spent_tokens")
