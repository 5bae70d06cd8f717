"""Progress as it is shown."""

from __future__ import annotations

from typing import Literal

import msgspec

from learnflow_ext.contracts.grades import CodeReview

Level = Literal["Beginner", "Learning", "Proficient", "Mastered"]
LEVELS: tuple[Level, ...] = ("Beginner", "Learning", "Proficient", "Mastered")
"""The lowest first."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a student stands in one assignment, on evidence checked by the service."""

    best_score: float
    max_score: float
    """Points to be had in that best attempt; above 0."""
    level: Level


class AssignmentProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One student's standing in one assignment."""

    assignment: str
    runs: int = 0
    failed_runs: int = 0
    questions: int = 0
    submissions: int = 0
    best_score: float | None = None
    """None before anything was graded."""
    max_score: float | None = None
    level: Level | None = None
    last_activity: str = ""
    """ISO 8601, UTC; empty for none."""


class TopicProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a student has come in one topic, on evidence checked by the service."""

    topic: str
    """The assignment."""
    title: str
    mastery: float | None = None
    """0 to 1; None without evidence."""
    level: Level | None = None
    known: float | None = None
    """P(known) by knowledge tracing, 0 to 1; None before anything was graded."""
    parts: dict[str, float] = {}
    """What `mastery` is made of: exercises, quizzes, quality, consistency; 0 to 1."""
    solved: int = 0
    """Exercises that had full points in some submission."""
    exercises: int = 0
    """Exercises that there are."""
    quiz_right: int = 0
    """Questions of its notebooks whose first answer was right."""
    quiz_answered: int = 0
    """Questions of its notebooks that were answered."""
    code: CodeReview | None = None
    """What the review saw in the attempt that counts; None where there was none."""


class NextStep(msgspec.Struct, frozen=True, kw_only=True):
    """What to do next."""

    assignment: str
    title: str
    exercise: str
    """As a person reads it."""
    notebook: str = ""
    """Name of the notebook that it is in, without `.ipynb`; empty when not known."""


class StudentProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Body of `GET api/progress/{user}`."""

    student: str
    course: str
    title: str = ""
    """What people call the course."""
    assignments: tuple[AssignmentProgress, ...] = ()
    topics: tuple[TopicProgress, ...] = ()
    """In course order."""
    streak_days: int = 0
    longest_streak_days: int = 0
    next_step: NextStep | None = None
    """None when everything is solved, or nothing is there yet."""
    alerts: tuple[str, ...] = ()
    """Open alerts about the student, as sentences for the student."""
    notes: tuple[str, ...] = ()
    """What teachers told the class lately, newest first."""


class DaysOf(msgspec.Struct, frozen=True, kw_only=True):
    """Body of `POST api/time-zone`: where somebody's days begin and end."""

    time_zone: str
    """A name of the IANA database, as browsers say it: `Europe/Berlin`."""
