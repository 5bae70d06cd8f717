"""Requests that came with an `Idempotency-Key`, and what they were answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "answered_requests",
        sa.Column("slot", sa.String(length=64), nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("held_until", UtcDateTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("fingerprint <> ''", name=op.f("ck_answered_requests_fingerprint_not_empty")),
        sa.CheckConstraint("length(fingerprint) <= 64", name=op.f("ck_answered_requests_fingerprint_length")),
        sa.CheckConstraint("length(slot) <= 64", name=op.f("ck_answered_requests_slot_length")),
        sa.CheckConstraint("slot <> ''", name=op.f("ck_answered_requests_slot_not_empty")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_answered_requests_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_answered_requests")),
    )
    op.create_index("ix_answered_requests_age", "answered_requests", ["created_at"])
    op.create_index("ix_answered_requests_user", "answered_requests", ["user_id"])


def downgrade() -> None:
    """Drop it; a request that is sent again counts again."""
    op.drop_table("answered_requests")
