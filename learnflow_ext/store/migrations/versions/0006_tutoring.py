"""Votes on answers, what students chose, and what was sent to a model."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_CALL_LENGTHS = {
    "course": 255,
    "agent": 32,
    "model": 255,
    "endpoint": 300,
    "prompt": 32,
    "sent": 20_000,
    "outcome": 32,
}
_CALL_COUNTS = ("tokens_in", "tokens_out", "cost", "duration_ms")


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "help_votes",
        sa.Column("turn_id", BigId, nullable=False, autoincrement=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("voted_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["turn_id"], ["help_turns.id"], name=op.f("fk_help_votes_turn_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("turn_id", name=op.f("pk_help_votes")),
    )
    op.create_table(
        "tutor_choices",
        sa.Column("user_id", BigId, nullable=False, autoincrement=False),
        sa.Column("model", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_tutor_choices_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_tutor_choices")),
    )
    op.create_table(
        "model_calls",
        sa.Column("turn_id", BigId, nullable=False, autoincrement=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("course", sa.String(length=255), nullable=False),
        sa.Column("agent", sa.String(length=32), nullable=False),
        sa.Column("model", sa.String(length=255), nullable=False),
        sa.Column("endpoint", sa.String(length=300), nullable=False),
        sa.Column("prompt", sa.String(length=32), nullable=False),
        sa.Column("sent", sa.String(length=20_000), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("tokens_in", sa.Integer(), nullable=False),
        sa.Column("tokens_out", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Double(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("called_at", UtcDateTime(), nullable=False),
        *(
            sa.CheckConstraint(f"length({name}) <= {length}", name=op.f(f"ck_model_calls_{name}_length"))
            for name, length in _CALL_LENGTHS.items()
        ),
        *(
            sa.CheckConstraint(f"{name} >= 0", name=op.f(f"ck_model_calls_{name}_not_negative"))
            for name in _CALL_COUNTS
        ),
        sa.ForeignKeyConstraint(
            ["turn_id"], ["help_turns.id"], name=op.f("fk_model_calls_turn_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_model_calls_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("turn_id", name=op.f("pk_model_calls")),
    )
    op.create_index("ix_model_calls_account", "model_calls", ["course", "user_id"])


def downgrade() -> None:
    """Drop them; what they held is lost."""
    op.drop_index("ix_model_calls_account", "model_calls")
    for table in ("model_calls", "tutor_choices", "help_votes"):
        op.drop_table(table)
