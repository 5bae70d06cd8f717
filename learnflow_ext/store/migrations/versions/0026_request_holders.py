"""Who answers a request with an `Idempotency-Key`: when they are gone, another goes on at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column. What is reserved now has nobody named, and so is waited for as before."""
    # Not by batch: SQLite would copy the table.
    op.add_column("answered_requests", sa.Column("holder", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop it."""
    op.execute("ALTER TABLE answered_requests DROP COLUMN holder")
