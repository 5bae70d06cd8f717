"""Assignments, submissions and grades as they cross between service, grader and student."""

from __future__ import annotations

from typing import Literal

import msgspec

SubmissionStatus = Literal["queued", "grading", "graded", "failed"]

RequestState = Literal["open", "regraded", "declined"]


class CourseFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of an assignment. `content` travels as base64 (msgspec's rule for bytes)."""

    path: str
    """Relative, `/`-separated, without `..`; checked at both ends."""
    content: bytes


class FileSet(msgspec.Struct, frozen=True, kw_only=True):
    """A released assignment on its way to a student, a submission on its way back, or feedback."""

    files: tuple[CourseFile, ...]


class CellScore(msgspec.Struct, frozen=True, kw_only=True):
    """Points of one graded cell."""

    notebook: str
    name: str
    """The cell's nbgrader grade_id."""
    score: float
    max_score: float
    message: str = ""
    """Why points are missing, without any hidden value; empty at full marks."""
    provisional: str = ""
    """Why the test could only run beside the student's code, which may have told it anything; empty for a
    trusted test. For teachers."""


class CodeReview(msgspec.Struct, frozen=True, kw_only=True):
    """What a review saw in the code that a student handed in. Kinds are those of the reviewer's remarks, such
    as `unused-name`, one for each place."""

    lines: int
    """Lines of the student's own, without empty ones and comments; above 0."""
    mistakes: tuple[str, ...] = ()
    """What is probably wrong."""
    remarks: tuple[str, ...] = ()
    """What could be clearer."""


class GradeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What grading one submission came to. The grader makes it, the worker records it."""

    submission_id: str
    course: str
    assignment: str
    student: str
    status: Literal["graded", "failed"]
    score: float
    max_score: float
    cells: tuple[CellScore, ...] = ()
    needs_review: bool = False
    """True when a person should look: an error in grading, or a limit that was hit."""
    message: str = ""
    """For the student, when `failed`, `needs_review` or late; empty otherwise."""
    feedback: tuple[CourseFile, ...] = ()
    """Sanitised HTML, one file a notebook."""
    duration_ms: int = 0
    penalty: float = 0.0
    """Points taken off for lateness; `score` is without them already."""
    grader: str = ""
    """What graded it, with its version."""
    review: CodeReview | None = None
    """Of the code; None where none was looked at."""


class SubmissionView(msgspec.Struct, frozen=True, kw_only=True):
    """One submission as its owner, or a teacher, sees it."""

    submission_id: str
    course: str
    assignment: str
    student: str
    status: SubmissionStatus
    submitted_at: str
    """ISO 8601, UTC, microseconds; the day alone to who grades it blind."""
    score: float | None = None
    max_score: float | None = None
    needs_review: bool = False
    message: str = ""
    has_feedback: bool = False
    position: int | None = None
    """Place in the queue, from 1; None once grading began."""


class Regraded(msgspec.Struct, frozen=True, kw_only=True):
    """One submission of a regrading."""

    student: str
    submission_id: str
    submitted_at: str
    """ISO 8601, UTC."""
    state: Literal["waiting", "graded", "failed", "cancelled"]
    """`failed`: it could not be graded again, and keeps the points it had."""
    before: float | None = None
    """Points before; None where it had none."""
    before_max: float | None = None
    after: float | None = None
    """None until it was graded again."""
    after_max: float | None = None

    @property
    def changed(self) -> bool:
        """Whether it was graded again, and its points are others."""
        return self.state == "graded" and (self.before, self.before_max) != (self.after, self.after_max)


class Regrading(msgspec.Struct, frozen=True, kw_only=True):
    """All that was handed in for an assignment, graded again."""

    regrading_id: int
    course: str
    assignment: str
    started_by: str
    """The teacher; empty for one who was erased."""
    started_at: str
    """ISO 8601, UTC."""
    total: int
    """Submissions."""
    waiting: int
    """Of them, not graded again yet; 0 when it is done."""
    changes: tuple[Regraded, ...] = ()
    """Each submission, by student and then in the order they came; empty in a list of regradings."""


class RegradeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a student says against a grade, and what a teacher answered."""

    submission_id: str
    course: str
    assignment: str
    student: str
    reason: str
    asked_at: str
    """ISO 8601, UTC."""
    score: float | None
    """As it is now; None for what could not be graded."""
    max_score: float | None
    state: RequestState
    answer: str = ""
    """Empty while it is open."""
    answered_by: str = ""


class AssignmentView(msgspec.Struct, frozen=True, kw_only=True):
    """One released assignment as a student sees it."""

    course: str
    assignment: str
    notebooks: tuple[str, ...]
    """Names without `.ipynb`."""
    due: str = ""
    """The caller's own deadline: ISO 8601, UTC; empty for none."""
    terms: str = ""
    """Deadline, cost of lateness and attempts in one sentence; empty where there are none."""
    cell_seconds: float | None = None
    """Seconds that a cell may run while it is graded; None where nobody said."""
    submissions: tuple[SubmissionView, ...] = ()
    """The caller's own, oldest first."""


class CourseView(msgspec.Struct, frozen=True, kw_only=True):
    """One course of the caller's."""

    course: str
    role: Literal["student", "assistant", "teacher"]


def part_title(name: str) -> str:
    """What people read for a graded cell's name: `test-long-words` grades the exercise "long words"."""
    words = name.removeprefix("test-").removeprefix("test_").replace("-", " ").replace("_", " ")
    return words.strip() or name
