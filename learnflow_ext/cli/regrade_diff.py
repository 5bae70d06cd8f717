"""Whose points became others when everybody was graded again: a row a student. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from learnflow_ext.contracts.grades import Regraded
from learnflow_ext.service.words import points

OUTCOMES = {
    "failed": "could not be graded again: keeps these points",
    "cancelled": "was taken out of the queue: keeps these points",
    "waiting": "still waits",
}
_WORST_FIRST = ("failed", "cancelled", "waiting")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One student: the grade that counts (the best of their submissions), before and after."""

    student: str
    state: str
    """`graded`, or what became of one that was not: `failed`, `cancelled`, `waiting`."""
    before: float | None
    """None where there was no grade."""
    before_max: float | None
    after: float | None
    after_max: float | None
    change: float
    """`after` minus `before`, none as 0."""


_Points = tuple[float | None, float | None]


def rows_of(changes: Iterable[Regraded]) -> list[Row]:
    """A row for each student, by name. What was not graded again has the points it had."""
    by_student: dict[str, list[Regraded]] = {}
    for one in changes:
        by_student.setdefault(one.student, []).append(one)
    return [_row(student, by_student[student]) for student in sorted(by_student)]


def _row(student: str, theirs: Sequence[Regraded]) -> Row:
    before, before_max = _counting([(one.before, one.before_max) for one in theirs])
    after, after_max = _counting(
        [
            (one.after, one.after_max) if one.state == "graded" else (one.before, one.before_max)
            for one in theirs
        ]
    )
    states = {one.state for one in theirs}
    return Row(
        student=student,
        state=next((state for state in _WORST_FIRST if state in states), "graded"),
        before=before,
        before_max=before_max,
        after=after,
        after_max=after_max,
        change=round((after or 0.0) - (before or 0.0), 6),
    )


def _counting(grades: Sequence[_Points]) -> _Points:
    """The best share of its points; of equal ones the latest, which is the last."""
    graded = [(score / most if most else -1.0, score, most) for score, most in grades if score is not None]
    if not graded:
        return None, None
    best = max(share for share, _, _ in graded)
    return next((score, most) for share, score, most in reversed(graded) if share == best)


def table(rows: Sequence[Row]) -> list[str]:
    """Lines for a terminal: who has other points or was not graded again, then how many there are."""
    shown = [row for row in rows if row.change or row.state != "graded" or row.before_max != row.after_max]
    others = sum(bool(row.change) for row in shown)
    lines = []
    if shown:
        cells = [("Student", "Before", "After", "Change", "")]
        cells += [
            (
                row.student,
                _points(row.before, row.before_max),
                _points(row.after, row.after_max),
                f"{'+' if row.change > 0 else '-'}{points(abs(row.change))}" if row.change else "",
                OUTCOMES.get(row.state, ""),
            )
            for row in shown
        ]
        widths = [max(len(line[column]) for line in cells) for column in range(4)]
        for student, before, after, change, remark in cells:
            numbers = f"{before:>{widths[1]}}  {after:>{widths[2]}}  {change:>{widths[3]}}"
            lines.append(f"{student:<{widths[0]}}  {numbers}  {remark}".rstrip())
    lines.append(f"{others} of {len(rows)} student(s) have other points.")
    return lines


def _points(score: float | None, max_score: float | None) -> str:
    return "none" if score is None or max_score is None else f"{points(score)}/{points(max_score)}"
