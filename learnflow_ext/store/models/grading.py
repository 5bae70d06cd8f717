"""Work that was handed in, its points and feedback, and what teachers decided about it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from learnflow_ext.store import texts
from learnflow_ext.store.base import Base, BigId, UtcDateTime
from learnflow_ext.store.models.rules import not_empty, not_negative, one_of

NO_DEADLINE = 2**40
"""Urgency of what no deadline presses; others have their deadline in seconds since 1970."""
REGRADE = 2**41
"""Urgency of what is graded again: nobody waits for it who has just handed in."""
STATUSES = ("queued", "grading", "graded", "failed")


class Submission(Base):
    """Work that was handed in, and what became of it. `urgency`, then `number`, is the queue's order."""

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("submission_id"),
        Index("ix_submissions_queue", "status", "urgency", "number"),
        Index("ix_submissions_owner", "user_id", "module_id", "number"),
        Index("ix_submissions_module", "module_id", "user_id"),
        one_of("status", STATUSES),
        *not_negative("size", "attempts", "score", "max_score", "duration_ms"),
        *not_empty("submission_id", "files_path"),
        # SQLite turns NaN into NULL; a graded submission without a score must not come to be that way.
        CheckConstraint(
            "status <> 'graded' OR (score IS NOT NULL AND max_score IS NOT NULL)", name="graded_has_score"
        ),
    )

    number: Mapped[int] = mapped_column(BigId, primary_key=True)
    urgency: Mapped[int] = mapped_column(BigInteger, server_default=str(NO_DEADLINE))
    """The less, the sooner it is graded; see `store.claims`."""
    submission_id: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"))
    module_id: Mapped[int] = mapped_column(BigId, ForeignKey("modules.id"))
    status: Mapped[str] = mapped_column(String(16))
    files_path: Mapped[str] = mapped_column(String(texts.PATH))
    size: Mapped[int]
    """Bytes of all files together."""
    attempts: Mapped[int]
    """How often grading began."""
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    grader: Mapped[str | None] = mapped_column(Text)
    """While it is graded, by whom: the id of a `store.presence`."""
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    score: Mapped[float | None]
    max_score: Mapped[float | None]
    needs_review: Mapped[bool]
    message: Mapped[str] = mapped_column(String(texts.PATH))
    duration_ms: Mapped[int]
    points: Mapped[str | None] = mapped_column(Text)
    """What `grades` holds of it, as `store.cell_points` writes it, for reading a whole class. NULL before
    grading, and where an older version graded it."""
    review: Mapped[str | None] = mapped_column(Text)
    """A `contracts.grades.CodeReview` as JSON; NULL where no code was looked at."""


class Grade(Base):
    """Points of one graded cell of one submission."""

    __tablename__ = "grades"
    __table_args__ = (
        UniqueConstraint("submission_number", "notebook", "name"),
        *not_negative("score", "max_score"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    submission_number: Mapped[int] = mapped_column(
        BigId, ForeignKey("submissions.number", ondelete="CASCADE")
    )
    notebook: Mapped[str] = mapped_column(String(texts.NAME))
    name: Mapped[str] = mapped_column(String(texts.NAME))
    score: Mapped[float]
    max_score: Mapped[float]
    message: Mapped[str] = mapped_column(String(texts.PATH))
    provisional: Mapped[str] = mapped_column(Text, server_default="")
    """Why the test ran beside the student's code; empty for a trusted test."""


class FeedbackFile(Base):
    """One page of feedback, compressed with zlib."""

    __tablename__ = "feedback_files"

    submission_number: Mapped[int] = mapped_column(
        BigId, ForeignKey("submissions.number", ondelete="CASCADE"), primary_key=True
    )
    path: Mapped[str] = mapped_column(String(texts.PATH), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Regrading(Base):
    """All that was handed in for an assignment, graded again."""

    __tablename__ = "regradings"
    __table_args__ = (Index("ix_regradings_module", "module_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    module_id: Mapped[int] = mapped_column(BigId, ForeignKey("modules.id", ondelete="CASCADE"))
    started_by: Mapped[str] = mapped_column(String(texts.NAME))
    """The teacher; empty once they were erased."""
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Regraded(Base):
    """One submission of a regrading: its points before, and after. NULL where it had none."""

    __tablename__ = "regraded"
    __table_args__ = (
        Index("ix_regraded_submission", "submission_number", "state"),
        one_of("state", ("waiting", "graded", "failed", "cancelled")),
    )

    regrading_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("regradings.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    submission_number: Mapped[int] = mapped_column(
        BigId, ForeignKey("submissions.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    state: Mapped[str] = mapped_column(String(16))
    before_score: Mapped[float | None]
    before_max: Mapped[float | None]
    after_score: Mapped[float | None]
    after_max: Mapped[float | None]


class RegradeRequest(Base):
    """What a student says against a grade, and what a teacher answered."""

    __tablename__ = "regrade_requests"
    __table_args__ = (one_of("state", ("open", "regraded", "declined")),)

    submission_number: Mapped[int] = mapped_column(
        BigId, ForeignKey("submissions.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    reason: Mapped[str] = mapped_column(String(texts.PATH))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16))
    answer: Mapped[str] = mapped_column(String(texts.PATH))
    answered_by: Mapped[str] = mapped_column(String(texts.NAME))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ResultRelease(Base):
    """A teacher gave out the points and feedback of an assignment."""

    __tablename__ = "results_released"

    module_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    released_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NamesShown(Base):
    """A teacher ended the blind grading of an assignment, for the teachers, before giving out its results."""

    __tablename__ = "names_shown"

    module_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    shown_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Allowance(Base):
    """More time for one student, given on the dashboard: in exams, or a deadline of their own."""

    __tablename__ = "allowances"
    __table_args__ = (
        Index("ix_allowances_course", "course"),
        one_of("kind", ("extra_time", "extension")),
        CheckConstraint(
            "kind = 'extra_time' OR (assignment <> '' AND due IS NOT NULL)", name="extension_complete"
        ),
        *not_empty("course"),
        *not_negative("minutes", "percent"),
    )

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    course: Mapped[str] = mapped_column(String(texts.NAME), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    assignment: Mapped[str] = mapped_column(String(texts.NAME), primary_key=True)
    """Empty for all exams."""
    minutes: Mapped[float]
    percent: Mapped[float]
    """Both of extra time; 0 where it has none, and for an extension."""
    due: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Of an extension."""
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
