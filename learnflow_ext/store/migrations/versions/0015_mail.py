"""Mail to teachers: what each of them wants, and which alert went to whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "mail_wishes",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("course", sa.String(length=255), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("pace", sa.String(length=16), nullable=False),
        sa.Column("triggers", sa.String(length=255), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=False),
        sa.Column("quiet_until", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.CheckConstraint("pace IN ('off', 'at_once', 'daily')", name=op.f("ck_mail_wishes_pace_known")),
        sa.CheckConstraint("course <> ''", name=op.f("ck_mail_wishes_course_not_empty")),
        sa.CheckConstraint("time_zone <> ''", name=op.f("ck_mail_wishes_time_zone_not_empty")),
        sa.CheckConstraint(
            "quiet_from BETWEEN 0 AND 23 AND quiet_until BETWEEN 0 AND 23",
            name=op.f("ck_mail_wishes_hours_exist"),
        ),
        sa.CheckConstraint("pace = 'off' OR address <> ''", name=op.f("ck_mail_wishes_address_known")),
        *(
            sa.CheckConstraint(f"length({column}) <= {most}", name=op.f(f"ck_mail_wishes_{column}_length"))
            for column, most in (
                ("course", 255),
                ("address", 255),
                ("pace", 16),
                ("triggers", 255),
                ("time_zone", 64),
            )
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_mail_wishes_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "course", name=op.f("pk_mail_wishes")),
    )
    op.create_table(
        "mails",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("alert_id", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("batch", sa.String(length=32), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'failed', 'dropped')", name=op.f("ck_mails_state_known")
        ),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_mails_tries_not_negative")),
        sa.CheckConstraint("course <> ''", name=op.f("ck_mails_course_not_empty")),
        sa.CheckConstraint("alert_id <> ''", name=op.f("ck_mails_alert_id_not_empty")),
        *(
            sa.CheckConstraint(f"length({column}) <= {most}", name=op.f(f"ck_mails_{column}_length"))
            for column, most in (("alert_id", 64), ("course", 255), ("state", 16), ("batch", 32))
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_mails_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "alert_id", name=op.f("pk_mails")),
    )
    op.create_index("ix_mails_due", "mails", ["state", "due_at"])
    op.create_index("ix_mails_batch", "mails", ["batch"])


def downgrade() -> None:
    """Drop them; alerts that are open are mailed again after the next upgrade only to who asks anew."""
    op.drop_table("mails")
    op.drop_table("mail_wishes")
