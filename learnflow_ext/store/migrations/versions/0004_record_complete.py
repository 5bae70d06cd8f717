"""Topics, quizzes; views; the one door to the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

VIEWS = {
    "user_progress_summary": """CREATE VIEW user_progress_summary AS
        SELECT u.name AS student, m.course AS course,
            count(*) AS assignments,
            count(p.best_score) AS graded,
            sum(CASE WHEN p.level = 'Mastered' THEN 1 ELSE 0 END) AS mastered,
            sum(p.runs) AS runs, sum(p.failed_runs) AS failed_runs,
            sum(p.questions) AS questions, sum(p.submissions) AS submissions,
            coalesce(sum(p.best_score), 0) AS points, coalesce(sum(p.max_score), 0) AS max_points,
            max(p.last_activity) AS last_activity
        FROM progress p JOIN users u ON u.id = p.user_id JOIN modules m ON m.id = p.module_id
        GROUP BY u.name, m.course""",
    "struggling_students": """CREATE VIEW struggling_students AS
        SELECT u.name AS student, a.course AS course,
            count(*) AS open_alerts, count(DISTINCT a.trigger) AS triggers,
            min(a.raised_at) AS since, max(a.raised_at) AS latest,
            coalesce(max(s.runs), 0) AS runs, coalesce(max(s.failed_runs), 0) AS failed_runs,
            coalesce(max(s.questions), 0) AS questions
        FROM alerts a JOIN users u ON u.id = a.user_id
        LEFT JOIN (
            SELECT p.user_id AS user_id, m.course AS course, sum(p.runs) AS runs,
                sum(p.failed_runs) AS failed_runs, sum(p.questions) AS questions
            FROM progress p JOIN modules m ON m.id = p.module_id GROUP BY p.user_id, m.course
        ) s ON s.user_id = a.user_id AND s.course = a.course
        WHERE a.state = 'open'
        GROUP BY u.name, a.course""",
}

UNCHANGED = ("sequence", "event_id", "time", "topic", "type", "course", "user_id")
"""What redacting leaves as it is."""

_SAME_ON_SQLITE = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in UNCHANGED)
_ROW = "({})".format
_SAME_ON_POSTGRESQL = " IS NOT DISTINCT FROM ".join(
    _ROW(", ".join(f"{row}.{column}" for column in UNCHANGED)) for row in ("NEW", "OLD")
)

DOOR = {
    "sqlite": (
        "DROP TRIGGER event_log_no_update",
        "DROP TRIGGER event_log_no_delete",
        f"""CREATE TRIGGER event_log_no_update BEFORE UPDATE ON event_log
        WHEN NOT (EXISTS (SELECT 1 FROM event_log_door WHERE purpose = 'redact') AND {_SAME_ON_SQLITE})
        BEGIN SELECT RAISE(ABORT, 'event_log is append-only'); END""",  # noqa: S608 - names of columns
        """CREATE TRIGGER event_log_no_delete BEFORE DELETE ON event_log
        WHEN NOT EXISTS (SELECT 1 FROM event_log_door WHERE purpose = 'expire')
        BEGIN SELECT RAISE(ABORT, 'event_log is append-only'); END""",
    ),
    # The door is looked for in the log's own schema: nobody puts a temporary table of that name before it.
    "postgresql": (
        f"""CREATE OR REPLACE FUNCTION event_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE purpose text;
        BEGIN
            IF TG_OP <> 'TRUNCATE' THEN
                EXECUTE format('SELECT purpose FROM %I.event_log_door', TG_TABLE_SCHEMA) INTO purpose;
            END IF;
            IF TG_OP = 'DELETE' AND purpose = 'expire' THEN
                RETURN OLD;
            END IF;
            IF TG_OP = 'UPDATE' AND purpose = 'redact' AND {_SAME_ON_POSTGRESQL} THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'event_log is append-only' USING ERRCODE = 'restrict_violation';
        END $$""",  # noqa: S608 - names of columns
    ),
}

CLOSED = {
    "sqlite": (
        "DROP TRIGGER event_log_no_update",
        "DROP TRIGGER event_log_no_delete",
        """CREATE TRIGGER event_log_no_update BEFORE UPDATE ON event_log
        BEGIN SELECT RAISE(ABORT, 'event_log is append-only'); END""",
        """CREATE TRIGGER event_log_no_delete BEFORE DELETE ON event_log
        BEGIN SELECT RAISE(ABORT, 'event_log is append-only'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION event_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'event_log is append-only' USING ERRCODE = 'restrict_violation';
        END $$""",
    ),
}


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "topics",
        sa.Column("id", BigId, nullable=False),
        sa.Column("course", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.CheckConstraint("course <> ''", name=op.f("ck_topics_course_not_empty")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_topics_name_not_empty")),
        sa.CheckConstraint("length(course) <= 255", name=op.f("ck_topics_course_length")),
        sa.CheckConstraint("length(name) <= 255", name=op.f("ck_topics_name_length")),
        sa.CheckConstraint("length(title) <= 255", name=op.f("ck_topics_title_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topics")),
        sa.UniqueConstraint("course", "name", name=op.f("uq_topics_course_name")),
    )
    op.create_table(
        "exercise_topics",
        sa.Column("exercise_id", BigId, nullable=False),
        sa.Column("topic_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["exercise_id"], ["exercises.id"], name=op.f("fk_exercise_topics_exercise_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topics.id"], name=op.f("fk_exercise_topics_topic_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("exercise_id", "topic_id", name=op.f("pk_exercise_topics")),
    )
    op.create_index("ix_exercise_topics_topic", "exercise_topics", ["topic_id"])
    op.create_table(
        "quizzes",
        sa.Column("module_id", BigId, autoincrement=False, nullable=False),
        sa.Column("pass_ratio", sa.Double(), nullable=False),
        sa.CheckConstraint("pass_ratio BETWEEN 0 AND 1", name=op.f("ck_quizzes_pass_ratio_is_one")),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_quizzes_module_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("module_id", name=op.f("pk_quizzes")),
    )
    op.create_table(
        "event_log_door",
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("must_close", BigId, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_event_log_door_one_row")),
        sa.CheckConstraint("must_close = 2", name=op.f("ck_event_log_door_never_satisfied")),
        sa.CheckConstraint("purpose IN ('redact', 'expire')", name=op.f("ck_event_log_door_purpose_known")),
        sa.CheckConstraint("length(purpose) <= 16", name=op.f("ck_event_log_door_purpose_length")),
        sa.ForeignKeyConstraint(
            ["must_close"],
            ["event_log_door.id"],
            name=op.f("fk_event_log_door_must_close"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_log_door")),
    )
    for statement in (*DOOR[op.get_context().dialect.name], *VIEWS.values()):
        op.execute(statement)


def downgrade() -> None:
    """Drop them; what they held is lost."""
    for view in reversed(VIEWS):
        op.execute(f"DROP VIEW {view}")
    for statement in CLOSED[op.get_context().dialect.name]:
        op.execute(statement)
    for table in ("event_log_door", "quizzes", "exercise_topics", "topics"):
        op.drop_table(table)
