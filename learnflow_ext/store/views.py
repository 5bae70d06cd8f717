"""Views, for queries and for the teacher who opens the database with a tool of their own."""

from __future__ import annotations

from sqlalchemy import Column, Double, Integer, MetaData, String, Table

from learnflow_ext.store.base import UtcDateTime

metadata = MetaData()
"""Apart from the tables': migrations make views, and nothing else may."""

USER_PROGRESS_SUMMARY = Table(
    "user_progress_summary",
    metadata,
    Column("student", String),
    Column("course", String),
    Column("assignments", Integer),
    Column("graded", Integer),
    Column("mastered", Integer),
    Column("runs", Integer),
    Column("failed_runs", Integer),
    Column("questions", Integer),
    Column("submissions", Integer),
    Column("points", Double),
    Column("max_points", Double),
    Column("last_activity", UtcDateTime),
)
"""One row a student and course in which they did something. `points` are of the best graded attempts, of
`max_points` that were to be had in the assignments graded; both 0 before the first."""

STRUGGLING_STUDENTS = Table(
    "struggling_students",
    metadata,
    Column("student", String),
    Column("course", String),
    Column("open_alerts", Integer),
    Column("triggers", Integer),
    Column("since", UtcDateTime),
    Column("latest", UtcDateTime),
    Column("runs", Integer),
    Column("failed_runs", Integer),
    Column("questions", Integer),
)
"""One row a student and course with an open alert. `triggers` is how many different ones; the counts are of
the whole course, 0 for a student without any."""
