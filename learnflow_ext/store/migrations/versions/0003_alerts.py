"""Alerts about students who seem stuck, and runs by time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LENGTHS = {
    "alert_id": 64,
    "course": 255,
    "assignment": 255,
    "exercise": 255,
    "trigger": 32,
    "state": 16,
    "verdict": 16,
    "finding": 20_000,
    "marked_by": 255,
}


def upgrade() -> None:
    """Make the table and the indexes."""
    op.create_table(
        "alerts",
        sa.Column("id", BigId, nullable=False),
        sa.Column("alert_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("course", sa.String(length=255), nullable=False),
        sa.Column("assignment", sa.String(length=255), nullable=False),
        sa.Column("exercise", sa.String(length=255), nullable=False),
        sa.Column("trigger", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("finding", sa.String(length=20_000), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("marked_at", UtcDateTime(), nullable=True),
        sa.Column("marked_by", sa.String(length=255), nullable=False),
        sa.CheckConstraint("state IN ('held', 'open', 'handled')", name=op.f("ck_alerts_state_known")),
        *(
            sa.CheckConstraint(f"{name} <> ''", name=op.f(f"ck_alerts_{name}_not_empty"))
            for name in ("alert_id", "course", "trigger")
        ),
        *(
            sa.CheckConstraint(f"length({name}) <= {length}", name=op.f(f"ck_alerts_{name}_length"))
            for name, length in _LENGTHS.items()
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_alerts_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("alert_id", name=op.f("uq_alerts_alert_id")),
    )
    op.create_index("ix_alerts_course", "alerts", ["course", "state", "raised_at"])
    op.create_index("ix_alerts_user", "alerts", ["user_id", "course", "raised_at"])
    op.create_index("ix_runs_time", "runs", ["user_id", "course", "finished_at"])
    op.create_index("ix_runs_course", "runs", ["course", "recorded_at"])


def downgrade() -> None:
    """Drop them; what they held is lost."""
    op.drop_index("ix_runs_course", "runs")
    op.drop_index("ix_runs_time", "runs")
    op.drop_index("ix_alerts_user", "alerts")
    op.drop_index("ix_alerts_course", "alerts")
    op.drop_table("alerts")
