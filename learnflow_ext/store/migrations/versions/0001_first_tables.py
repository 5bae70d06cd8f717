"""The first tables: people, courses, submissions, help, runs, progress, and the record of events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from learnflow_ext.store.base import BigId, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "consumed",
    "modules",
    "users",
    "event_log",
    "exercises",
    "help_turns",
    "progress",
    "pseudonyms",
    "runs",
    "submissions",
    "feedback_files",
    "grades",
    "outbox",
)
"""In the order in which they refer to each other."""

APPEND_ONLY = {
    "sqlite": (
        """CREATE TRIGGER event_log_no_update BEFORE UPDATE ON event_log
        BEGIN SELECT RAISE(ABORT, 'event_log is append-only'); END""",
        """CREATE TRIGGER event_log_no_delete BEFORE DELETE ON event_log
        BEGIN SELECT RAISE(ABORT, 'event_log is append-only'); END""",
        # INSERT OR REPLACE removes rows without asking the trigger above, unless recursive triggers are on.
        """CREATE TRIGGER event_log_no_replace BEFORE INSERT ON event_log
        WHEN EXISTS (SELECT 1 FROM event_log WHERE sequence = NEW.sequence OR event_id = NEW.event_id)
        BEGIN SELECT RAISE(ABORT, 'event_log is append-only'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION event_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'event_log is append-only' USING ERRCODE = 'restrict_violation';
        END $$""",
        """CREATE TRIGGER event_log_no_change BEFORE UPDATE OR DELETE ON event_log
        FOR EACH ROW EXECUTE FUNCTION event_log_refuse()""",
        """CREATE TRIGGER event_log_no_truncate BEFORE TRUNCATE ON event_log
        FOR EACH STATEMENT EXECUTE FUNCTION event_log_refuse()""",
        """CREATE TRIGGER event_log_no_truncate BEFORE TRUNCATE ON event_log_rest
        FOR EACH STATEMENT EXECUTE FUNCTION event_log_refuse()""",
    ),
}


def upgrade() -> None:
    """Make the tables, and make the log append-only."""
    op.create_table(
        "consumed",
        sa.Column("consumer", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("consumer <> ''", name=op.f("ck_consumed_consumer_not_empty")),
        sa.CheckConstraint("event_id <> ''", name=op.f("ck_consumed_event_id_not_empty")),
        sa.CheckConstraint("outcome IN ('done', 'dead')", name=op.f("ck_consumed_outcome_known")),
        sa.CheckConstraint("length(consumer) <= 64", name=op.f("ck_consumed_consumer_length")),
        sa.CheckConstraint("length(error) <= 300", name=op.f("ck_consumed_error_length")),
        sa.CheckConstraint("length(event_id) <= 36", name=op.f("ck_consumed_event_id_length")),
        sa.CheckConstraint("length(outcome) <= 8", name=op.f("ck_consumed_outcome_length")),
        sa.PrimaryKeyConstraint("consumer", "event_id", name=op.f("pk_consumed")),
    )
    op.create_table(
        "modules",
        sa.Column("id", BigId, nullable=False),
        sa.Column("course", sa.String(length=255), nullable=False),
        sa.Column("assignment", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("assignment <> ''", name=op.f("ck_modules_assignment_not_empty")),
        sa.CheckConstraint("course <> ''", name=op.f("ck_modules_course_not_empty")),
        sa.CheckConstraint("length(assignment) <= 255", name=op.f("ck_modules_assignment_length")),
        sa.CheckConstraint("length(course) <= 255", name=op.f("ck_modules_course_length")),
        sa.CheckConstraint("length(title) <= 255", name=op.f("ck_modules_title_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_modules")),
        sa.UniqueConstraint("course", "assignment", name=op.f("uq_modules_course_assignment")),
    )
    op.create_table(
        "users",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_users_name_not_empty")),
        sa.CheckConstraint("length(name) <= 255", name=op.f("ck_users_name_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )
    _create_event_log()
    op.create_index("ix_event_log_course", "event_log", ["course", "sequence"])
    op.create_index("ix_event_log_course_user", "event_log", ["course", "user_id", "sequence"])
    op.create_index("ix_event_log_topic", "event_log", ["topic", "sequence"])
    op.create_index("ix_event_log_user", "event_log", ["user_id", "sequence"])
    op.create_table(
        "exercises",
        sa.Column("id", BigId, nullable=False),
        sa.Column("module_id", BigId, nullable=False),
        sa.Column("notebook", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("max_score", sa.Double(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_exercises_name_not_empty")),
        sa.CheckConstraint("length(name) <= 255", name=op.f("ck_exercises_name_length")),
        sa.CheckConstraint("length(notebook) <= 255", name=op.f("ck_exercises_notebook_length")),
        sa.CheckConstraint("max_score >= 0", name=op.f("ck_exercises_max_score_not_negative")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_exercises_position_not_negative")),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_exercises_module_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exercises")),
        sa.UniqueConstraint(
            "module_id", "notebook", "name", name=op.f("uq_exercises_module_id_notebook_name")
        ),
    )
    op.create_table(
        "help_turns",
        sa.Column("id", BigId, nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("course", sa.String(length=255), nullable=False),
        sa.Column("assignment", sa.String(length=255), nullable=False),
        sa.Column("notebook", sa.String(length=1000), nullable=False),
        sa.Column("cell_id", sa.String(length=255), nullable=False),
        sa.Column("conversation", sa.String(length=255), nullable=False),
        sa.Column("question", sa.String(length=8000), nullable=False),
        sa.Column("exception", sa.String(length=255), nullable=False),
        sa.Column("asked_agent", sa.String(length=32), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("agent", sa.String(length=32), nullable=False),
        sa.Column("intent", sa.String(length=32), nullable=False),
        sa.Column("answer", sa.String(length=20000), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.Column("first_words_ms", sa.Integer(), nullable=False),
        sa.Column("last_word_ms", sa.Integer(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("request_id <> ''", name=op.f("ck_help_turns_request_id_not_empty")),
        sa.CheckConstraint("first_words_ms >= 0", name=op.f("ck_help_turns_first_words_ms_not_negative")),
        sa.CheckConstraint("last_word_ms >= 0", name=op.f("ck_help_turns_last_word_ms_not_negative")),
        sa.CheckConstraint("length(agent) <= 32", name=op.f("ck_help_turns_agent_length")),
        sa.CheckConstraint("length(answer) <= 20000", name=op.f("ck_help_turns_answer_length")),
        sa.CheckConstraint("length(asked_agent) <= 32", name=op.f("ck_help_turns_asked_agent_length")),
        sa.CheckConstraint("length(assignment) <= 255", name=op.f("ck_help_turns_assignment_length")),
        sa.CheckConstraint("length(cell_id) <= 255", name=op.f("ck_help_turns_cell_id_length")),
        sa.CheckConstraint("length(conversation) <= 255", name=op.f("ck_help_turns_conversation_length")),
        sa.CheckConstraint("length(course) <= 255", name=op.f("ck_help_turns_course_length")),
        sa.CheckConstraint("length(exception) <= 255", name=op.f("ck_help_turns_exception_length")),
        sa.CheckConstraint("length(intent) <= 32", name=op.f("ck_help_turns_intent_length")),
        sa.CheckConstraint("length(notebook) <= 1000", name=op.f("ck_help_turns_notebook_length")),
        sa.CheckConstraint("length(question) <= 8000", name=op.f("ck_help_turns_question_length")),
        sa.CheckConstraint("length(request_id) <= 64", name=op.f("ck_help_turns_request_id_length")),
        sa.CheckConstraint("rung >= 0", name=op.f("ck_help_turns_rung_not_negative")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_help_turns_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_turns")),
        sa.UniqueConstraint("request_id", name=op.f("uq_help_turns_request_id")),
    )
    op.create_index("ix_help_turns_owner", "help_turns", ["user_id", "id"])
    op.create_table(
        "progress",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("module_id", BigId, nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("failed_runs", sa.Integer(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("submissions", sa.Integer(), nullable=False),
        sa.Column("best_score", sa.Double(), nullable=True),
        sa.Column("max_score", sa.Double(), nullable=True),
        sa.Column("level", sa.String(length=16), nullable=True),
        sa.Column("last_activity", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "level IN ('Beginner', 'Learning', 'Proficient', 'Mastered')",
            name=op.f("ck_progress_level_known"),
        ),
        sa.CheckConstraint(
            "(best_score IS NULL) = (max_score IS NULL) AND (best_score IS NULL) = (level IS NULL)",
            name=op.f("ck_progress_standing_is_whole"),
        ),
        sa.CheckConstraint("best_score >= 0", name=op.f("ck_progress_best_score_not_negative")),
        sa.CheckConstraint("failed_runs <= runs", name=op.f("ck_progress_failed_runs_are_runs")),
        sa.CheckConstraint("failed_runs >= 0", name=op.f("ck_progress_failed_runs_not_negative")),
        sa.CheckConstraint("length(level) <= 16", name=op.f("ck_progress_level_length")),
        sa.CheckConstraint("max_score >= 0", name=op.f("ck_progress_max_score_not_negative")),
        sa.CheckConstraint("questions >= 0", name=op.f("ck_progress_questions_not_negative")),
        sa.CheckConstraint("runs >= 0", name=op.f("ck_progress_runs_not_negative")),
        sa.CheckConstraint("submissions >= 0", name=op.f("ck_progress_submissions_not_negative")),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("fk_progress_module_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_progress_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "module_id", name=op.f("pk_progress")),
    )
    op.create_index("ix_progress_module", "progress", ["module_id"])
    op.create_table(
        "pseudonyms",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("pseudonym", sa.String(length=64), nullable=False),
        sa.CheckConstraint("pseudonym <> ''", name=op.f("ck_pseudonyms_pseudonym_not_empty")),
        sa.CheckConstraint("length(pseudonym) <= 64", name=op.f("ck_pseudonyms_pseudonym_length")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_pseudonyms_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_pseudonyms")),
        sa.UniqueConstraint("pseudonym", name=op.f("uq_pseudonyms_pseudonym")),
    )
    op.create_table(
        "runs",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("run_id", sa.String(length=255), nullable=False),
        sa.Column("course", sa.String(length=255), nullable=False),
        sa.Column("assignment", sa.String(length=255), nullable=False),
        sa.Column("notebook", sa.String(length=1000), nullable=False),
        sa.Column("cell_id", sa.String(length=255), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("exception", sa.String(length=255), nullable=False),
        sa.Column("message", sa.String(length=300), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("run_id <> ''", name=op.f("ck_runs_run_id_not_empty")),
        sa.CheckConstraint("duration_ms >= 0", name=op.f("ck_runs_duration_ms_not_negative")),
        sa.CheckConstraint("length(assignment) <= 255", name=op.f("ck_runs_assignment_length")),
        sa.CheckConstraint("length(cell_id) <= 255", name=op.f("ck_runs_cell_id_length")),
        sa.CheckConstraint("length(course) <= 255", name=op.f("ck_runs_course_length")),
        sa.CheckConstraint("length(exception) <= 255", name=op.f("ck_runs_exception_length")),
        sa.CheckConstraint("length(message) <= 300", name=op.f("ck_runs_message_length")),
        sa.CheckConstraint("length(notebook) <= 1000", name=op.f("ck_runs_notebook_length")),
        sa.CheckConstraint("length(run_id) <= 255", name=op.f("ck_runs_run_id_length")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_runs_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "run_id", name=op.f("pk_runs")),
    )
    op.create_table(
        "submissions",
        sa.Column("number", BigId, nullable=False),
        sa.Column("submission_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("module_id", BigId, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("files_path", sa.String(length=1000), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("max_score", sa.Double(), nullable=True),
        sa.Column("needs_review", sa.Boolean(), nullable=False),
        sa.Column("message", sa.String(length=1000), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.CheckConstraint("files_path <> ''", name=op.f("ck_submissions_files_path_not_empty")),
        sa.CheckConstraint(
            "status <> 'graded' OR (score IS NOT NULL AND max_score IS NOT NULL)",
            name=op.f("ck_submissions_graded_has_score"),
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'grading', 'graded', 'failed')", name=op.f("ck_submissions_status_known")
        ),
        sa.CheckConstraint("submission_id <> ''", name=op.f("ck_submissions_submission_id_not_empty")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_submissions_attempts_not_negative")),
        sa.CheckConstraint("duration_ms >= 0", name=op.f("ck_submissions_duration_ms_not_negative")),
        sa.CheckConstraint("length(files_path) <= 1000", name=op.f("ck_submissions_files_path_length")),
        sa.CheckConstraint("length(message) <= 1000", name=op.f("ck_submissions_message_length")),
        sa.CheckConstraint("length(status) <= 16", name=op.f("ck_submissions_status_length")),
        sa.CheckConstraint("length(submission_id) <= 64", name=op.f("ck_submissions_submission_id_length")),
        sa.CheckConstraint("max_score >= 0", name=op.f("ck_submissions_max_score_not_negative")),
        sa.CheckConstraint("score >= 0", name=op.f("ck_submissions_score_not_negative")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_submissions_size_not_negative")),
        sa.ForeignKeyConstraint(["module_id"], ["modules.id"], name=op.f("fk_submissions_module_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_submissions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_submissions")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_submissions_submission_id")),
    )
    op.create_index("ix_submissions_module", "submissions", ["module_id", "user_id"])
    op.create_index("ix_submissions_owner", "submissions", ["user_id", "module_id", "number"])
    op.create_index("ix_submissions_queue", "submissions", ["status", "number"])
    op.create_table(
        "feedback_files",
        sa.Column("submission_number", BigId, nullable=False),
        sa.Column("path", sa.String(length=1000), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(path) <= 1000", name=op.f("ck_feedback_files_path_length")),
        sa.ForeignKeyConstraint(
            ["submission_number"],
            ["submissions.number"],
            name=op.f("fk_feedback_files_submission_number"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("submission_number", "path", name=op.f("pk_feedback_files")),
    )
    op.create_table(
        "grades",
        sa.Column("id", BigId, nullable=False),
        sa.Column("submission_number", BigId, nullable=False),
        sa.Column("notebook", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("max_score", sa.Double(), nullable=False),
        sa.Column("message", sa.String(length=1000), nullable=False),
        sa.CheckConstraint("length(message) <= 1000", name=op.f("ck_grades_message_length")),
        sa.CheckConstraint("length(name) <= 255", name=op.f("ck_grades_name_length")),
        sa.CheckConstraint("length(notebook) <= 255", name=op.f("ck_grades_notebook_length")),
        sa.CheckConstraint("max_score >= 0", name=op.f("ck_grades_max_score_not_negative")),
        sa.CheckConstraint("score >= 0", name=op.f("ck_grades_score_not_negative")),
        sa.ForeignKeyConstraint(
            ["submission_number"],
            ["submissions.number"],
            name=op.f("fk_grades_submission_number"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grades")),
        sa.UniqueConstraint(
            "submission_number", "notebook", "name", name=op.f("uq_grades_submission_number_notebook_name")
        ),
    )
    op.create_table(
        "outbox",
        sa.Column("sequence", BigId, autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("time", UtcDateTime(), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=128), nullable=False),
        sa.Column("course", sa.String(length=255), nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.CheckConstraint("event_id <> ''", name=op.f("ck_outbox_event_id_not_empty")),
        sa.CheckConstraint("topic <> ''", name=op.f("ck_outbox_topic_not_empty")),
        sa.CheckConstraint("type <> ''", name=op.f("ck_outbox_type_not_empty")),
        sa.CheckConstraint("length(course) <= 255", name=op.f("ck_outbox_course_length")),
        sa.CheckConstraint("length(data) <= 200000", name=op.f("ck_outbox_data_length")),
        sa.CheckConstraint("length(event_id) <= 36", name=op.f("ck_outbox_event_id_length")),
        sa.CheckConstraint("length(topic) <= 64", name=op.f("ck_outbox_topic_length")),
        sa.CheckConstraint("length(type) <= 128", name=op.f("ck_outbox_type_length")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["pseudonyms.user_id"], name=op.f("fk_outbox_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_outbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_outbox_event_id")),
    )
    for statement in APPEND_ONLY[op.get_context().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Drop everything."""
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION event_log_refuse()")


def _create_event_log() -> None:
    """PostgreSQL keeps the log in one table a month. There a key must hold the column that divides."""
    columns: tuple[sa.schema.SchemaItem, ...] = (
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("time", UtcDateTime(), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=128), nullable=False),
        sa.Column("course", sa.String(length=255), nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.CheckConstraint("event_id <> ''", name=op.f("ck_event_log_event_id_not_empty")),
        sa.CheckConstraint("topic <> ''", name=op.f("ck_event_log_topic_not_empty")),
        sa.CheckConstraint("type <> ''", name=op.f("ck_event_log_type_not_empty")),
        sa.CheckConstraint("length(course) <= 255", name=op.f("ck_event_log_course_length")),
        sa.CheckConstraint("length(data) <= 200000", name=op.f("ck_event_log_data_length")),
        sa.CheckConstraint("length(event_id) <= 36", name=op.f("ck_event_log_event_id_length")),
        sa.CheckConstraint("length(topic) <= 64", name=op.f("ck_event_log_topic_length")),
        sa.CheckConstraint("length(type) <= 128", name=op.f("ck_event_log_type_length")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_event_log_user_id")),
    )
    if op.get_context().dialect.name == "postgresql":
        op.create_table(
            "event_log",
            sa.Column("sequence", BigId, sa.Identity(), nullable=False),
            *columns,
            sa.PrimaryKeyConstraint("sequence", "time", name=op.f("pk_event_log")),
            sa.UniqueConstraint("event_id", "time", name=op.f("uq_event_log_event_id_time")),
            postgresql_partition_by="RANGE (time)",
        )
        op.execute("CREATE TABLE event_log_rest PARTITION OF event_log DEFAULT")
        return
    op.create_table(
        "event_log",
        sa.Column("sequence", BigId, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_event_log")),
        sa.UniqueConstraint("event_id", name=op.f("uq_event_log_event_id")),
        sqlite_autoincrement=True,
    )
