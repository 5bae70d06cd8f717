"""The tables. Constraints guard what must hold, whoever writes.

Counts, scores and times that are not known are NULL, texts that are not known are empty.
"""

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
from learnflow_ext.store.base import Base, BigId, UtcDateTime, bound_texts

LEVELS = ("Beginner", "Learning", "Proficient", "Mastered")
NO_DEADLINE = 2**40
"""Urgency of what no deadline presses; others have their deadline in seconds since 1970."""
REGRADE = 2**41
"""Urgency of what is graded again: nobody waits for it who has just handed in."""
STATUSES = ("queued", "grading", "graded", "failed")


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    quoted = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({quoted})", name=f"{column}_known")


def _bounded_data() -> CheckConstraint:
    return CheckConstraint(f"length(data) <= {texts.DATA}", name="data_length")


def _not_negative(*columns: str) -> list[CheckConstraint]:
    return [CheckConstraint(f"{column} >= 0", name=f"{column}_not_negative") for column in columns]


def _not_empty(*columns: str) -> list[CheckConstraint]:
    return [CheckConstraint(f"{column} <> ''", name=f"{column}_not_empty") for column in columns]


class User(Base):
    """A person, by the hub's name."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("name"), *_not_empty("name"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(texts.NAME))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Pseudonym(Base):
    """The one link between a person and the stream: random, and gone when the row is."""

    __tablename__ = "pseudonyms"
    __table_args__ = (UniqueConstraint("pseudonym"), *_not_empty("pseudonym"))

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    pseudonym: Mapped[str] = mapped_column(String(64))


class Module(Base):
    """An assignment of a course, as the service released it."""

    __tablename__ = "modules"
    __table_args__ = (UniqueConstraint("course", "assignment"), *_not_empty("course", "assignment"))

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
        *_not_empty("name"),
        *_not_negative("max_score", "position"),
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
    __table_args__ = (UniqueConstraint("course", "name"), *_not_empty("course", "name"))

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
        *_not_empty("question"),
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


class Submission(Base):
    """Work that was handed in, and what became of it. `urgency`, then `number`, is the queue's order."""

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("submission_id"),
        Index("ix_submissions_queue", "status", "urgency", "number"),
        Index("ix_submissions_owner", "user_id", "module_id", "number"),
        Index("ix_submissions_module", "module_id", "user_id"),
        _one_of("status", STATUSES),
        *_not_negative("size", "attempts", "score", "max_score", "duration_ms"),
        *_not_empty("submission_id", "files_path"),
        # SQLite turns NaN into NULL; a graded submission without a score must not come to be that way.
        CheckConstraint(
            "status <> 'graded' OR (score IS NOT NULL AND max_score IS NOT NULL)", name="graded_has_score"
        ),
    )

    number: Mapped[int] = mapped_column(BigId, primary_key=True)
    urgency: Mapped[int] = mapped_column(BigInteger, server_default=str(NO_DEADLINE))
    """The less, the sooner it is graded; see `store.submissions`."""
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


class Grade(Base):
    """Points of one graded cell of one submission."""

    __tablename__ = "grades"
    __table_args__ = (
        UniqueConstraint("submission_number", "notebook", "name"),
        *_not_negative("score", "max_score"),
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
        _one_of("state", ("waiting", "graded", "failed", "cancelled")),
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


class ResultRelease(Base):
    """A teacher gave out the points and feedback of an assignment."""

    __tablename__ = "results_released"

    module_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    released_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Allowance(Base):
    """More time for one student, given on the dashboard: in exams, or a deadline of their own."""

    __tablename__ = "allowances"
    __table_args__ = (
        Index("ix_allowances_course", "course"),
        _one_of("kind", ("extra_time", "extension")),
        CheckConstraint(
            "kind = 'extra_time' OR (assignment <> '' AND due IS NOT NULL)", name="extension_complete"
        ),
        *_not_empty("course"),
        *_not_negative("minutes", "percent"),
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


class NamesShown(Base):
    """A teacher ended the blind grading of an assignment, for the teachers, before giving out its results."""

    __tablename__ = "names_shown"

    module_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("modules.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    shown_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RegradeRequest(Base):
    """What a student says against a grade, and what a teacher answered."""

    __tablename__ = "regrade_requests"
    __table_args__ = (_one_of("state", ("open", "regraded", "declined")),)

    submission_number: Mapped[int] = mapped_column(
        BigId, ForeignKey("submissions.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    reason: Mapped[str] = mapped_column(String(texts.PATH))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16))
    answer: Mapped[str] = mapped_column(String(texts.PATH))
    answered_by: Mapped[str] = mapped_column(String(texts.NAME))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FeedbackFile(Base):
    """One page of feedback, compressed with zlib."""

    __tablename__ = "feedback_files"

    submission_number: Mapped[int] = mapped_column(
        BigId, ForeignKey("submissions.number", ondelete="CASCADE"), primary_key=True
    )
    path: Mapped[str] = mapped_column(String(texts.PATH), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Practice(Base):
    """An exercise that was made for one student, and how far they came with it."""

    __tablename__ = "practices"
    __table_args__ = (
        UniqueConstraint("user_id", "name"),
        Index("ix_practices_course", "course", "user_id"),
        CheckConstraint("difficulty BETWEEN 1 AND 5", name="difficulty_one_to_five"),
        *_not_empty("course", "name", "topic"),
        *_not_negative("attempts", "score", "max_score"),
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


class Run(Base):
    """One executed cell, as the student's own server told it: a claim."""

    __tablename__ = "runs"
    __table_args__ = (
        Index("ix_runs_time", "user_id", "course", "finished_at"),
        Index("ix_runs_course", "course", "recorded_at"),
        *_not_empty("run_id"),
        *_not_negative("duration_ms"),
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


class HelpTurn(Base):
    """One question and its answer."""

    __tablename__ = "help_turns"
    __table_args__ = (
        UniqueConstraint("request_id"),
        Index("ix_help_turns_owner", "user_id", "id"),
        *_not_empty("request_id"),
        *_not_negative("rung", "first_words_ms", "last_word_ms"),
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
        *_not_empty("fingerprint"),
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
    __table_args__ = (*_not_empty("fingerprint"),)

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
        *_not_negative("tokens_in", "tokens_out", "cost", "duration_ms"),
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


class Progress(Base):
    """One student's standing in one assignment. Counts are claims; the score is checked evidence."""

    __tablename__ = "progress"
    __table_args__ = (
        Index("ix_progress_module", "module_id"),
        _one_of("level", LEVELS),
        *_not_negative("runs", "failed_runs", "questions", "submissions", "best_score", "max_score"),
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


class Note(Base):
    """What a teacher told the whole class."""

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_course", "course", "id"), *_not_empty("course", "text"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    course: Mapped[str] = mapped_column(String(texts.NAME))
    text: Mapped[str] = mapped_column(String(texts.PATH))
    posted_by: Mapped[str] = mapped_column(String(texts.NAME))
    posted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AlertRow(Base):
    """Somebody seems stuck. A held one was found, and not told because enough was told that hour."""

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("alert_id"),
        Index("ix_alerts_course", "course", "state", "raised_at"),
        Index("ix_alerts_user", "user_id", "course", "raised_at"),
        _one_of("state", ("held", "open", "handled")),
        *_not_empty("alert_id", "course", "trigger"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    alert_id: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"))
    course: Mapped[str] = mapped_column(String(texts.NAME))
    assignment: Mapped[str] = mapped_column(String(texts.NAME))
    exercise: Mapped[str] = mapped_column(String(texts.NAME))
    trigger: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    verdict: Mapped[str] = mapped_column(String(16))
    """helpful or false; empty before a teacher judged it, and where it was only handled."""
    finding: Mapped[str] = mapped_column(String(texts.ANSWER))
    """A `contracts.alerts.Finding` as JSON."""
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    marked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    marked_by: Mapped[str] = mapped_column(String(texts.NAME))


class MailWish(Base):
    """What a teacher or assistant wants to hear of a course by mail."""

    __tablename__ = "mail_wishes"
    __table_args__ = (
        _one_of("pace", ("off", "at_once", "daily")),
        *_not_empty("course", "time_zone"),
        CheckConstraint("quiet_from BETWEEN 0 AND 23 AND quiet_until BETWEEN 0 AND 23", name="hours_exist"),
        CheckConstraint("pace = 'off' OR address <> ''", name="address_known"),
    )

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    course: Mapped[str] = mapped_column(String(texts.NAME), primary_key=True)
    address: Mapped[str] = mapped_column(String(texts.NAME))
    pace: Mapped[str] = mapped_column(String(16))
    triggers: Mapped[str] = mapped_column(String(texts.NAME))
    """With blanks between them."""
    time_zone: Mapped[str] = mapped_column(String(64))
    quiet_from: Mapped[int]
    quiet_until: Mapped[int]
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    """Alerts from before are not mailed."""


class Mail(Base):
    """One alert to one teacher: written once, so that it is mailed once.

    It has no key to `alerts`: what was mailed stays known when a student asks anew, which replaces the alert.
    """

    __tablename__ = "mails"
    __table_args__ = (
        Index("ix_mails_due", "state", "due_at"),
        Index("ix_mails_batch", "batch"),
        _one_of("state", ("waiting", "sending", "sent", "failed", "dropped")),
        *_not_negative("tries"),
        *_not_empty("course", "alert_id"),
    )

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    alert_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    course: Mapped[str] = mapped_column(String(texts.NAME))
    state: Mapped[str] = mapped_column(String(16))
    """`sending` from its claim on; `dropped` when the alert was dealt with before."""
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int]
    """Failures."""
    batch: Mapped[str] = mapped_column(String(32))
    """Of the last mail that it was in; empty before."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LoggedEvent(Base):
    """The audit trail: every event, in full. A trigger refuses any change to what is written (`store.door`).

    On PostgreSQL it is one table a month (`store.partitions`), with `time` in both keys: there a key must
    hold the column that divides. The outbox and `consumed` keep ids unique.
    """

    __tablename__ = "event_log"
    __table_args__ = (
        UniqueConstraint("event_id").ddl_if(dialect="sqlite"),
        UniqueConstraint("event_id", "time").ddl_if(dialect="postgresql"),
        Index("ix_event_log_course", "course", "sequence"),
        Index("ix_event_log_course_user", "course", "user_id", "sequence"),
        Index("ix_event_log_user", "user_id", "sequence"),
        Index("ix_event_log_topic", "topic", "sequence"),
        *_not_empty("event_id", "topic", "type"),
        _bounded_data(),
        {"sqlite_autoincrement": True},
    )

    sequence: Mapped[int] = mapped_column(BigId, primary_key=True)
    event_id: Mapped[str] = mapped_column(String(36))
    time: Mapped[datetime] = mapped_column(UtcDateTime)
    topic: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(128))
    course: Mapped[str] = mapped_column(String(texts.NAME))
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    data: Mapped[str] = mapped_column(Text)
    """The event's fields but course and student, as JSON."""


class OpenDoor(Base):
    """While its one row is there, the transaction that wrote it may change the log; see `store.door`.

    `must_close` names a row that cannot exist, and is checked at commit: a door left open undoes everything.
    """

    __tablename__ = "event_log_door"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("must_close = 2", name="never_satisfied"),
        _one_of("purpose", ("redact", "expire")),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    purpose: Mapped[str] = mapped_column(String(16))
    must_close: Mapped[int] = mapped_column(
        BigId, ForeignKey("event_log_door.id", deferrable=True, initially="DEFERRED")
    )


class OutboxEvent(Base):
    """An event that the bus has not confirmed yet. It stands alone, so that the log may be partitioned.

    The key to `pseudonyms` says: whoever erases the link takes what has not travelled yet along.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("event_id"),
        *_not_empty("event_id", "topic", "type"),
        _bounded_data(),
    )

    sequence: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    event_id: Mapped[str] = mapped_column(String(36))
    time: Mapped[datetime] = mapped_column(UtcDateTime)
    topic: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(128))
    course: Mapped[str] = mapped_column(String(texts.NAME))
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("pseudonyms.user_id", ondelete="CASCADE"))
    data: Mapped[str] = mapped_column(Text)


class Consumed(Base):
    """What a consumer group has dealt with: written with the effect, so that a double has none."""

    __tablename__ = "consumed"
    __table_args__ = (_one_of("outcome", ("done", "dead")), *_not_empty("consumer", "event_id"))

    consumer: Mapped[str] = mapped_column(String(64), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(8))
    error: Mapped[str] = mapped_column(String(texts.LINE))
    """Why it is dead; empty when done."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class AnsweredRequest(Base):
    """A request that came with an `Idempotency-Key`; see `store.once`."""

    __tablename__ = "answered_requests"
    __table_args__ = (
        Index("ix_answered_requests_age", "created_at"),
        Index("ix_answered_requests_user", "user_id"),
        *_not_empty("slot", "fingerprint"),
    )

    slot: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Digest of person, address and key."""
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id", ondelete="CASCADE"))
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Digest of what was asked for."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    held_until: Mapped[datetime] = mapped_column(UtcDateTime)
    """Until then somebody is believed to be at work on it, while there is no answer."""
    status: Mapped[int | None]
    """The answer's; NULL while there is none."""
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Its body, compressed with zlib."""


class SpentToken(Base):
    """A token of an outside client that was good for one use, and had it; see `store.spent`."""

    __tablename__ = "spent_tokens"
    __table_args__ = (Index("ix_spent_tokens_age", "good_until"), *_not_empty("mark"))

    mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Digest of issuer and `jti`: says nothing of a person."""
    good_until: Mapped[datetime] = mapped_column(UtcDateTime)


bound_texts(Base.metadata)
