"""The points of a submission's cells beside it, as one text: a class is read without a row for each cell."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

GATHERED = {
    "postgresql": "json_agg(json_build_array(g.notebook, g.name, g.score, g.max_score))::text",
    "sqlite": "json_group_array(json_array(g.notebook, g.name, g.score, g.max_score))",
}


def upgrade() -> None:
    """Add it, filled from the grades. What an older version grades meanwhile is read from these."""
    # Not by batch: SQLite would copy the table, and deleting the old one deletes what hangs on it.
    op.add_column("submissions", sa.Column("points", sa.Text(), nullable=True))
    gathered = GATHERED[op.get_context().dialect.name]
    op.execute(
        f"UPDATE submissions SET points = (SELECT {gathered} FROM"  # noqa: S608 - our own words
        " (SELECT * FROM grades WHERE submission_number = submissions.number ORDER BY id) g)"
        " WHERE EXISTS (SELECT 1 FROM grades WHERE submission_number = submissions.number)"
    )


def downgrade() -> None:
    """Drop it: the grades hold the same."""
    op.execute("ALTER TABLE submissions DROP COLUMN points")
