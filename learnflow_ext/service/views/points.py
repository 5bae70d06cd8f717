"""Who gave which points, as teachers read it and take it home. Pure."""

from __future__ import annotations

from learnflow_ext.service import words
from learnflow_ext.service.tables import Cell, Field, Sheet
from learnflow_ext.service.views.cells import handed_in, student
from learnflow_ext.store.points import Change

HOW = {"tests": "tests", "again": "graded again", "hand": "by hand"}


def _points(value: float | None, change: Change) -> Cell:
    if value is None:
        return Cell("none")
    of = f"/{words.points(change.max_score)}" if change.max_score is not None else ""
    return handed_in(f"{words.points(value)}{of}", change.student, change.assignment)


def _attempt(change: Change) -> Cell:
    return handed_in(str(change.attempt or ""), change.student, change.assignment)


_FIELDS = (
    Field[Change]("When", lambda one: one.given_at, "time"),
    Field[Change]("Assignment", lambda one: one.assignment, "assignment"),
    Field[Change]("Attempt", _attempt, "number"),
    Field[Change]("Part", lambda one: one.part or "all"),
    Field[Change]("Before", lambda one: _points(one.before, one), "number"),
    Field[Change]("After", lambda one: _points(one.after, one), "number"),
    Field[Change]("How", lambda one: HOW.get(one.how, one.how)),
    Field[Change]("By", lambda one: one.by),
    Field[Change]("Remark", lambda one: one.note, "long"),
)

OF_STUDENT = Sheet[Change](
    name="points-given",
    title="Who gave which points",
    empty="No points were given yet.",
    fields=_FIELDS,
)

OF_COURSE = Sheet[Change](
    name="points-given",
    title="Who gave which points",
    empty="No points were given yet.",
    fields=(Field[Change]("Student", lambda one: student(one.student)), *_FIELDS),
)
