"""What a review saw in the code that was handed in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column. What was graded before is reviewed when it is graded again."""
    # Not by batch: SQLite would copy the table.
    op.add_column("submissions", sa.Column("review", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop it: the code is still there."""
    op.execute("ALTER TABLE submissions DROP COLUMN review")
