"""Questions, answers, and what became of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from learnflow_ext.store import texts
from learnflow_ext.store.base import Base, BigId, UtcDateTime
from learnflow_ext.store.models.rules import not_empty, not_negative


class HelpTurn(Base):
    """One question and its answer."""

    __tablename__ = "help_turns"
    __table_args__ = (
        UniqueConstraint("request_id"),
        Index("ix_help_turns_owner", "user_id", "id"),
        *not_empty("request_id"),
        *not_negative("rung", "first_words_ms", "last_word_ms"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    request_id: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"))
    course: Mapped[str] = mapped_column(String(texts.NAME))
    assignment: Mapped[str] = mapped_column(String(texts.NAME))
    notebook: Mapped[str] = mapped_column(String(texts.PATH))
    cell_id: Mapped[str] = mapped_column(String(texts.NAME))
    conversation: Mapped[str] = mapped_column(String(texts.NAME))
    question: Mapped[str] = mapped_column(String(texts.QUESTION))
    exception: Mapped[str] = mapped_column(String(texts.NAME))
    asked_agent: Mapped[str] = mapped_column(String(32))
    """Whom the student addressed."""
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agent: Mapped[str] = mapped_column(String(32))
    """Who was chosen to answer; empty before routing."""
    intent: Mapped[str] = mapped_column(String(32))
    answer: Mapped[str] = mapped_column(String(texts.ANSWER))
    rung: Mapped[int]
    withheld: Mapped[bool]
    first_words_ms: Mapped[int]
    last_word_ms: Mapped[int]
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class HelpError(Base):
    """The pattern of the error that a question was about (see `diagnosis.fingerprint`)."""

    __tablename__ = "help_errors"
    __table_args__ = (
        Index("ix_help_errors_fingerprint", "fingerprint", "turn_id"),
        *not_empty("fingerprint"),
    )

    turn_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("help_turns.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    fingerprint: Mapped[str] = mapped_column(String(16))
    exception: Mapped[str] = mapped_column(String(texts.NAME))
    message: Mapped[str] = mapped_column(String(texts.LINE))
    """Normalised: nothing of the student's is in it."""
    construct: Mapped[str] = mapped_column(String(32))


class PatternRow(Base):
    """A pattern of errors that came up in a course."""

    __tablename__ = "error_patterns"
    __table_args__ = (*not_empty("fingerprint"),)

    course: Mapped[str] = mapped_column(String(texts.NAME), primary_key=True)
    """Empty outside of any."""
    fingerprint: Mapped[str] = mapped_column(String(16), primary_key=True)
    known: Mapped[bool]
    """Whether a rule explained it when it came up last."""
    name: Mapped[str] = mapped_column(String(texts.NAME))
    """What its teachers call it; empty for nothing yet."""


class HelpVote(Base):
    """Whether the student found an answer helpful; the last word counts."""

    __tablename__ = "help_votes"

    turn_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("help_turns.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    helpful: Mapped[bool]
    voted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TutorChoice(Base):
    """What a student chose about the tutor; without a row nothing was chosen."""

    __tablename__ = "tutor_choices"

    user_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    model: Mapped[bool]
    """Whether a model may be asked."""
    told: Mapped[bool]
    """Whether the notice of what leaves was shown."""
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ModelCall(Base):
    """What was sent to a model for one question, where to, and what it took."""

    __tablename__ = "model_calls"
    __table_args__ = (
        Index("ix_model_calls_account", "course", "user_id"),
        *not_negative("tokens_in", "tokens_out", "cost", "duration_ms"),
    )

    turn_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("help_turns.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"))
    course: Mapped[str] = mapped_column(String(texts.NAME))
    agent: Mapped[str] = mapped_column(String(32))
    model: Mapped[str] = mapped_column(String(texts.NAME))
    endpoint: Mapped[str] = mapped_column(String(texts.LINE))
    prompt: Mapped[str] = mapped_column(String(32))
    """Version of the instruction."""
    sent: Mapped[str] = mapped_column(String(texts.ANSWER))
    """The messages as JSON, as they left; empty once they were forgotten."""
    outcome: Mapped[str] = mapped_column(String(32))
    tokens_in: Mapped[int]
    tokens_out: Mapped[int]
    cost: Mapped[float]
    duration_ms: Mapped[int]
    called_at: Mapped[datetime] = mapped_column(UtcDateTime)


class HintLadder(Base):
    """How far up the hints one student has come in one exercise."""

    __tablename__ = "hint_ladders"
    __table_args__ = (CheckConstraint("rung BETWEEN 0 AND 4", name="rung_exists"),)

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    course: Mapped[str] = mapped_column(String(texts.NAME), primary_key=True)
    assignment: Mapped[str] = mapped_column(String(texts.NAME), primary_key=True)
    exercise: Mapped[str] = mapped_column(String(texts.NAME), primary_key=True)
    """Name of the graded cell; the cell's id for others; empty where the question named no cell."""
    rung: Mapped[int]
    """Of the last hint; 0 before the first."""
    seen: Mapped[str] = mapped_column(String(texts.PATH))
    """The latest attempts, `cell:code` in hexadecimal digits between blanks, oldest first."""
    tried: Mapped[bool]
    """True when a run of new code was reported since the last hint."""
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
