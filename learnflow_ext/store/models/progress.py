"""How far students are: their runs, their standing, and practice that was made for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from learnflow_ext.store import texts
from learnflow_ext.store.base import Base, BigId, UtcDateTime
from learnflow_ext.store.models.rules import not_empty, not_negative, one_of

LEVELS = ("Beginner", "Learning", "Proficient", "Mastered")


class Run(Base):
    """One executed cell, as the student's own server told it: a claim."""

    __tablename__ = "runs"
    __table_args__ = (
        Index("ix_runs_time", "user_id", "course", "finished_at"),
        Index("ix_runs_course", "course", "recorded_at"),
        *not_empty("run_id"),
        *not_negative("duration_ms"),
    )

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(texts.NAME), primary_key=True)
    course: Mapped[str] = mapped_column(String(texts.NAME))
    assignment: Mapped[str] = mapped_column(String(texts.NAME))
    notebook: Mapped[str] = mapped_column(String(texts.PATH))
    cell_id: Mapped[str] = mapped_column(String(texts.NAME))
    ok: Mapped[bool]
    exception: Mapped[str] = mapped_column(String(texts.NAME))
    message: Mapped[str] = mapped_column(String(texts.LINE))
    duration_ms: Mapped[int]
    finished_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """By the reporting server's clock, held within a day of ours."""
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Progress(Base):
    """One student's standing in one assignment. Counts are claims; the score is checked evidence."""

    __tablename__ = "progress"
    __table_args__ = (
        Index("ix_progress_module", "module_id"),
        one_of("level", LEVELS),
        *not_negative("runs", "failed_runs", "questions", "submissions", "best_score", "max_score"),
        CheckConstraint("failed_runs <= runs", name="failed_runs_are_runs"),
        CheckConstraint(
            "(best_score IS NULL) = (max_score IS NULL) AND (best_score IS NULL) = (level IS NULL)",
            name="standing_is_whole",
        ),
    )

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    module_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True
    )
    runs: Mapped[int]
    failed_runs: Mapped[int]
    questions: Mapped[int]
    submissions: Mapped[int]
    best_score: Mapped[float | None]
    max_score: Mapped[float | None]
    level: Mapped[str | None] = mapped_column(String(16))
    last_activity: Mapped[datetime | None] = mapped_column(UtcDateTime)
    latest: Mapped[int | None] = mapped_column(BigId)
    """The number of the submission that came last. It and the two texts are `store.handed_in`'s; NULL where
    nothing is summed up."""
    best_points: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[str | None] = mapped_column(Text)


class Practice(Base):
    """An exercise that was made for one student, and how far they came with it."""

    __tablename__ = "practices"
    __table_args__ = (
        UniqueConstraint("user_id", "name"),
        Index("ix_practices_course", "course", "user_id"),
        CheckConstraint("difficulty BETWEEN 1 AND 5", name="difficulty_one_to_five"),
        *not_empty("course", "name", "topic"),
        *not_negative("attempts", "score", "max_score"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"))
    course: Mapped[str] = mapped_column(String(texts.NAME))
    assignment: Mapped[str] = mapped_column(String(texts.NAME))
    """Whose topic it trains; empty for none of the course's."""
    name: Mapped[str] = mapped_column(String(texts.NAME))
    title: Mapped[str] = mapped_column(String(texts.NAME))
    topic: Mapped[str] = mapped_column(String(64))
    difficulty: Mapped[int]
    made_of: Mapped[str] = mapped_column(Text)
    """The whole exercise as JSON, solution and hidden tests too: never for a student's eyes."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int]
    """How many answers were graded."""
    score: Mapped[float | None]
    """Of the best answer; NULL before the first."""
    max_score: Mapped[float | None]
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PracticeReview(Base):
    """What a teacher said of an exercise that is read first; one that was given at once has no such row."""

    __tablename__ = "practice_reviews"
    __table_args__ = (
        one_of("state", ("waiting", "given", "refused")),
        *not_negative("mutants", "killed"),
    )

    practice_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("practices.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    state: Mapped[str] = mapped_column(String(16))
    mutants: Mapped[int]
    """Small mistakes that the gate put into the solution."""
    killed: Mapped[int]
    """How many of them the tests noticed."""
    edited: Mapped[bool]
    """Whether the teacher changed the statement."""
    reason: Mapped[str] = mapped_column(String(texts.PATH))
    """Why it was refused, for the student; empty otherwise."""
    decided_by: Mapped[str] = mapped_column(String(texts.NAME))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the student had the exercise, or read that it was refused; NULL before."""


class PracticeWish(Base):
    """An exercise that a student waits for; the row goes once they have heard what came of it."""

    __tablename__ = "practice_wishes"
    __table_args__ = (
        UniqueConstraint("user_id"),
        *not_empty("course", "wish"),
        *not_negative("attempts"),
        # Who makes one knows it by its number alone: no later one may get that.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"))
    """A student waits for one at a time."""
    course: Mapped[str] = mapped_column(String(texts.NAME))
    wish: Mapped[str] = mapped_column(Text)
    """As JSON, what is to be made."""
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the student waits no longer."""
    maker: Mapped[str] = mapped_column(String(16))
    """The presence of who makes it; empty while nobody does."""
    attempts: Mapped[int]
    """How often somebody began."""
    outcome: Mapped[str] = mapped_column(Text)
    """As JSON, what came of it; empty before."""
