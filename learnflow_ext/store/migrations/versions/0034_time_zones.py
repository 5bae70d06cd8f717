"""In which time zone a student's days begin and end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; browsers fill it."""
    op.create_table(
        "time_zones",
        sa.Column("user_id", BigId, autoincrement=False, nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.CheckConstraint("time_zone <> ''", name=op.f("ck_time_zones_time_zone_not_empty")),
        sa.CheckConstraint("length(time_zone) <= 64", name=op.f("ck_time_zones_time_zone_length")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_time_zones_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_time_zones")),
    )


def downgrade() -> None:
    """Drop it: browsers say it again."""
    op.drop_table("time_zones")
