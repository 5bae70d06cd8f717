"""What waits to be graded, and what was."""

from __future__ import annotations

from learnflow_ext.service import words
from learnflow_ext.service.tables import Field, Sheet
from learnflow_ext.service.views.cells import student
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
