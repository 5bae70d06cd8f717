"""Progress as it is shown."""

from __future__ import annotations

from typing import Literal

import msgspec

Level = Literal["Beginner", "Learning", "Proficient", "Mastered"]


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


class StudentProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Body of `GET api/progress/{user}`."""

    student: str
    course: str
    assignments: tuple[AssignmentProgress, ...] = ()
