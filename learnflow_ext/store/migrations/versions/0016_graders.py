"""Who grades a submission: several processes share the queue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column. What is being graded has nobody there, and so is taken over."""
    # Not by batch: SQLite would copy the table, and deleting the old one deletes what hangs on it.
    op.add_column("submissions", sa.Column("grader", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop it; stop all graders but one first, for they would take each other's work."""
    op.execute("ALTER TABLE submissions DROP COLUMN grader")
