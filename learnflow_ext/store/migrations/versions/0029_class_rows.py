"""A class in short rows: who was last at work in a course, and what all that one handed in comes to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

EMPTY = (
    "UPDATE progress SET latest = NULL, best_points = NULL, evidence = NULL"
    " WHERE user_id = {} AND module_id = {}"
)
CHANGED = "UPDATE OF points, score, max_score, submitted_at"
ON_SQLITE = {
    "insert": ("INSERT", "NEW"),
    "update": (CHANGED, "NEW"),
    "delete": ("DELETE", "OLD"),
}
"""Trigger, when it fires, and whose row it means."""


def upgrade() -> None:
    """Make them. Log and standings say who was last at work; sums are filled by and by: see `handed_in`."""
    op.create_table(
        "attendance",
        sa.Column("course", sa.String(255), nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("last_activity", UtcDateTime(), nullable=False),
        sa.CheckConstraint("course <> ''", name=op.f("ck_attendance_course_not_empty")),
        sa.CheckConstraint("length(course) <= 255", name=op.f("ck_attendance_course_length")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_attendance_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("course", "user_id", name=op.f("pk_attendance")),
    )
    # Not who was erased, who has no pseudonym any more. What is older than the log is known by the standing.
    op.execute(
        "INSERT INTO attendance (course, user_id, last_activity)"
        " SELECT course, user_id, max(moment) FROM ("
        "SELECT course, user_id, time AS moment FROM event_log"
        " WHERE type IN ('org.learnflow.help.asked.v1', 'org.learnflow.run.finished.v1',"
        " 'org.learnflow.assignment.submitted.v1')"
        " UNION ALL SELECT modules.course, progress.user_id, progress.last_activity FROM progress"
        " JOIN modules ON modules.id = progress.module_id WHERE progress.last_activity IS NOT NULL"
        ") AS seen WHERE course <> '' AND user_id IN (SELECT user_id FROM pseudonyms)"
        " GROUP BY course, user_id"
    )
    # Not by batch: SQLite would copy the table.
    op.add_column("progress", sa.Column("latest", BigId, nullable=True))
    op.add_column("progress", sa.Column("best_points", sa.Text(), nullable=True))
    op.add_column("progress", sa.Column("evidence", sa.Text(), nullable=True))
    if op.get_context().dialect.name == "postgresql":
        whose = [f"coalesce(NEW.{key}, OLD.{key})" for key in ("user_id", "module_id")]
        op.execute(
            "CREATE FUNCTION submissions_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"{EMPTY.format(*whose)}; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER submissions_changed AFTER INSERT OR DELETE OR {CHANGED} ON submissions"
            " FOR EACH ROW EXECUTE FUNCTION submissions_changed()"
        )
        return
    for name, (when, row) in ON_SQLITE.items():
        op.execute(
            f"CREATE TRIGGER submissions_changed_{name} AFTER {when} ON submissions BEGIN "
            f"{EMPTY.format(f'{row}.user_id', f'{row}.module_id')}; END"
        )


def downgrade() -> None:
    """Drop them: the log and the submissions hold the same."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP TRIGGER submissions_changed ON submissions")
        op.execute("DROP FUNCTION submissions_changed()")
    else:
        for name in ON_SQLITE:
            op.execute(f"DROP TRIGGER submissions_changed_{name}")
    for column in ("evidence", "best_points", "latest"):
        op.execute(f"ALTER TABLE progress DROP COLUMN {column}")
    op.drop_table("attendance")
