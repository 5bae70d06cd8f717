"""What a course consists of, and what students answered to its quizzes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from learnflow_ext.store import texts
from learnflow_ext.store.base import Base, BigId, UtcDateTime
from learnflow_ext.store.models.rules import not_empty, not_negative


class Module(Base):
    """An assignment of a course, as the service released it."""

    __tablename__ = "modules"
    __table_args__ = (UniqueConstraint("course", "assignment"), *not_empty("course", "assignment"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    course: Mapped[str] = mapped_column(String(texts.NAME))
    assignment: Mapped[str] = mapped_column(String(texts.NAME))
    title: Mapped[str] = mapped_column(String(texts.NAME))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Exercise(Base):
    """A graded cell of an assignment."""

    __tablename__ = "exercises"
    __table_args__ = (
        UniqueConstraint("module_id", "notebook", "name"),
        *not_empty("name"),
        *not_negative("max_score", "position"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    module_id: Mapped[int] = mapped_column(BigId, ForeignKey("modules.id", ondelete="CASCADE"))
    notebook: Mapped[str] = mapped_column(String(texts.NAME))
    name: Mapped[str] = mapped_column(String(texts.NAME))
    max_score: Mapped[float]
    position: Mapped[int]
    """Order within the assignment, from 0."""


class Topic(Base):
    """What a course teaches, finer than its assignments: loops, lists."""

    __tablename__ = "topics"
    __table_args__ = (UniqueConstraint("course", "name"), *not_empty("course", "name"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    course: Mapped[str] = mapped_column(String(texts.NAME))
    name: Mapped[str] = mapped_column(String(texts.NAME))
    title: Mapped[str] = mapped_column(String(texts.NAME))


class ExerciseTopic(Base):
    """An exercise practises a topic."""

    __tablename__ = "exercise_topics"
    __table_args__ = (Index("ix_exercise_topics_topic", "topic_id"),)

    exercise_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("exercises.id", ondelete="CASCADE"), primary_key=True
    )
    topic_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True
    )


class Quiz(Base):
    """An assignment that asks rather than practises; its results are its graded submissions."""

    __tablename__ = "quizzes"
    __table_args__ = (CheckConstraint("pass_ratio BETWEEN 0 AND 1", name="pass_ratio_is_one"),)

    module_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    pass_ratio: Mapped[float]
    """Share of the points below which it counts as not passed, 0 to 1."""


class QuizAnswer(Base):
    """What a student answered to one question of a notebook's quiz, as the service judged it."""

    __tablename__ = "quiz_answers"
    __table_args__ = (
        Index("ix_quiz_answers_module", "module_id"),
        *not_empty("question"),
        CheckConstraint("attempts >= 1", name="attempts_positive"),
    )

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    module_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True
    )
    question: Mapped[str] = mapped_column(String(texts.NAME), primary_key=True)
    """Its id in the key."""
    first_choices: Mapped[str] = mapped_column(String(texts.ANSWER))
    """Texts of what was chosen, as a JSON list."""
    first_right: Mapped[bool]
    """Counts for mastery, whatever comes later."""
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    latest_choices: Mapped[str] = mapped_column(String(texts.ANSWER))
    latest_right: Mapped[bool]
    latest_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int]
