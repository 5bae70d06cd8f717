"""Grading everybody again: how far it is, and whose points became others. Pure."""

from __future__ import annotations

from learnflow_ext.contracts.grades import Regraded, Regrading
from learnflow_ext.service import words
from learnflow_ext.service.tables import Cell, Field, Sheet
from learnflow_ext.service.views.cells import handed_in_link, student

OUTCOMES = {
    "waiting": "waiting",
    "failed": "could not be graded again: it keeps its points",
    "cancelled": "cancelled: it keeps its points",
}


def _points(score: float | None, max_score: float | None) -> str:
    if score is None or max_score is None:
        return "none"
    return f"{words.points(score)}/{words.points(max_score)}"


def _difference(one: Regraded) -> str:
    if one.state != "graded":
        return ""
    difference = (one.after or 0.0) - (one.before or 0.0)
    if not difference:
        return "the same"
    return f"{words.points(difference)} more" if difference > 0 else f"{words.points(-difference)} less"


CHANGES = Sheet[Regraded](
    name="changes",
    title="Who has other points now",
    empty="Nobody has other points than before.",
    fields=(
        Field("Student", lambda one: student(one.student)),
        Field("Handed in", lambda one: one.submitted_at, "time"),
        Field("Before", lambda one: _points(one.before, one.before_max), "number"),
        Field(
            "After", lambda one: _points(one.after, one.after_max) if one.state == "graded" else "", "number"
        ),
        Field("Difference", _difference, "number"),
        Field("Remark", lambda one: OUTCOMES.get(one.state, "")),
    ),
)

REGRADINGS = Sheet[Regrading](
    name="regradings",
    title="Graded again",
    empty="No assignment was graded again yet.",
    fields=(
        Field("Assignment", lambda one: Cell(one.assignment, _page(one)), "assignment"),
        Field("Started", lambda one: one.started_at, "time"),
        Field("By", lambda one: words.shown_name(one.started_by)),
        Field("Submissions", lambda one: Cell(str(one.total), _page(one)), "number"),
        Field("Still to do", lambda one: Cell(str(one.waiting), _page(one)), "number"),
    ),
)


def _page(one: Regrading) -> str:
    return f"regradings/{one.regrading_id}"


def worth_showing(regrading: Regrading) -> tuple[Regraded, ...]:
    """The submissions whose points changed, and those that could not be graded again."""
    return tuple(one for one in regrading.changes if one.changed or one.state in ("failed", "cancelled"))


def facts(regrading: Regrading) -> tuple[tuple[str, str, str], ...]:
    """What it came to, in numbers."""
    changed = sum(one.changed for one in regrading.changes)
    kept = sum(one.state in ("failed", "cancelled") for one in regrading.changes)
    same = regrading.total - regrading.waiting - changed - kept
    everything, changes = handed_in_link(assignment=regrading.assignment), f"{_page(regrading)}#changes"
    return (
        ("Submissions", str(regrading.total), everything),
        ("Other points", str(changed), changes),
        ("The same points", str(same), everything),
        ("Not graded again", str(kept), changes),
    )
