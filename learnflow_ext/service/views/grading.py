"""What waits to be graded, what was, which points are provisional, and grades to take home. Pure."""

from __future__ import annotations

import msgspec

from learnflow_ext.contracts.grades import part_title
from learnflow_ext.service import words
from learnflow_ext.service.tables import Field, Sheet
from learnflow_ext.service.views.cells import student
from learnflow_ext.store.clock import iso
from learnflow_ext.store.gradesheet import Counted, Provisional
from learnflow_ext.store.insight import Queued

STATUS_NAMES = {"queued": "waiting", "grading": "being graded", "failed": "not graded", "graded": "graded"}


def _points(row: Queued) -> str:
    if row.score is None or row.max_score is None:
        return ""
    return f"{words.points(row.score)}/{words.points(row.max_score)}"


SUBMISSIONS = Sheet[Queued](
    name="grading",
    title="Submissions",
    empty="Nothing was handed in yet.",
    fields=(
        Field("Student", lambda row: student(row.student)),
        Field("Assignment", lambda row: row.assignment),
        Field("State", lambda row: STATUS_NAMES.get(row.status, row.status)),
        Field("Handed in", lambda row: row.submitted_at, "time"),
        Field("Graded", lambda row: row.finished_at, "time"),
        Field("Points", _points, "number"),
        Field("To check", lambda row: "yes" if row.needs_review else ""),
        Field("Remark", lambda row: row.message, "long"),
    ),
)

PROVISIONAL = Sheet[Provisional](
    name="provisional",
    title="Provisional points",
    empty="Every test ran apart from the students\u2019 code, so no points are provisional.",
    fields=(
        Field("Student", lambda row: student(row.student)),
        Field("Assignment", lambda row: row.assignment),
        Field("Exercise", lambda row: part_title(row.exercise)),
        Field("Points", lambda row: f"{words.points(row.score)}/{words.points(row.max_score)}", "number"),
        Field("Why the test ran beside the student\u2019s code", lambda row: row.why, "long"),
        Field("To check", lambda row: "yes" if row.needs_review else ""),
    ),
)


class ExportRow(msgspec.Struct, frozen=True, kw_only=True):
    """One student in one assignment."""

    student: str
    assignment: str
    due: str
    """ISO 8601, UTC; empty for no deadline."""
    max_score: float
    counted: Counted | None
    """None for who has no grade: 0 points, as in nbgrader."""


def _raw(row: ExportRow) -> float:
    return row.counted.raw_score if row.counted else 0.0


def _score(row: ExportRow) -> float:
    return row.counted.score if row.counted else 0.0


EXPORT = Sheet[ExportRow](
    name="grades",
    title="Grades",
    empty="There are no students yet.",
    fields=(
        # nbgrader's own names, in its order; a hub knows no names and addresses of people.
        Field("assignment", lambda row: row.assignment),
        Field("duedate", lambda row: row.due),
        Field("timestamp", lambda row: iso(row.counted.submitted_at) if row.counted else ""),
        Field("student_id", lambda row: row.student),
        Field("last_name", lambda row: ""),
        Field("first_name", lambda row: ""),
        Field("email", lambda row: ""),
        Field("raw_score", lambda row: str(round(_raw(row), 6))),
        Field("late_submission_penalty", lambda row: str(round(max(0.0, _raw(row) - _score(row)), 6))),
        Field("score", lambda row: str(round(_score(row), 6))),
        Field("max_score", lambda row: str(row.counted.max_score if row.counted else row.max_score)),
        Field("needs_review", lambda row: "yes" if row.counted and row.counted.needs_review else ""),
    ),
)
