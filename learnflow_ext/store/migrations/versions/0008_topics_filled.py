"""Topics, what practises them, and quizzes, of the assignments that are there already."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """As `store.courses` writes them from now on: an assignment stands for a topic."""
    op.execute(
        "INSERT INTO topics (course, name, title) SELECT course, assignment, title FROM modules "
        "WHERE NOT EXISTS (SELECT 1 FROM topics "
        "WHERE topics.course = modules.course AND topics.name = modules.assignment)"
    )
    op.execute(
        "INSERT INTO exercise_topics (exercise_id, topic_id) SELECT exercises.id, topics.id FROM exercises "
        "JOIN modules ON modules.id = exercises.module_id "
        "JOIN topics ON topics.course = modules.course AND topics.name = modules.assignment WHERE NOT EXISTS "
        "(SELECT 1 FROM exercise_topics WHERE exercise_id = exercises.id AND topic_id = topics.id)"
    )
    op.execute(
        "INSERT INTO quizzes (module_id, pass_ratio) SELECT id, 0.5 FROM modules "
        "WHERE lower(assignment) LIKE '%quiz%' AND id NOT IN (SELECT module_id FROM quizzes)"
    )


def downgrade() -> None:
    """Nothing: version 0007 has the tables and looks at none of them."""
