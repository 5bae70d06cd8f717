"""An index of the log's few events about points: a course's latest are found without reading its runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ABOUT_POINTS = sa.text("type IN ('org.learnflow.submission.graded.v1', 'org.learnflow.points.given.v1')")


def upgrade() -> None:
    """Make it, for each month of the log as well."""
    op.create_index(
        "ix_event_log_points",
        "event_log",
        ["course", "sequence"],
        postgresql_where=ABOUT_POINTS,
        sqlite_where=ABOUT_POINTS,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_event_log_points", "event_log")
