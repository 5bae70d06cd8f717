"""Which assignments' points and feedback a teacher gave out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "results_released",
        sa.Column("module_id", BigId, nullable=False),
        sa.Column("released_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_results_released_module_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("module_id", name=op.f("pk_results_released")),
    )


def downgrade() -> None:
    """Drop it; what was given out by hand is held back again."""
    op.drop_table("results_released")
