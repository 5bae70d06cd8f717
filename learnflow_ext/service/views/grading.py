"""What waits to be graded, what was, how points are spread or provisional, and grades to take home. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec

from learnflow_ext.contracts.grades import part_title
from learnflow_ext.service import words
from learnflow_ext.service.charts import Chart, Choice, axis, counted, told
from learnflow_ext.service.tables import Cell, Field, Sheet
from learnflow_ext.service.views.cells import handed_in, student
from learnflow_ext.store.clock import iso
from learnflow_ext.store.courses import AssignmentInfo
from learnflow_ext.store.gradesheet import Counted, Provisional
from learnflow_ext.store.insight import Queued

STATUS_NAMES = {"queued": "waiting", "grading": "being graded", "failed": "not graded", "graded": "graded"}
TENTHS = 10
"""Bars of points below all of them."""


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
        Field("Assignment", lambda row: row.assignment, "assignment"),
        Field("State", lambda row: STATUS_NAMES.get(row.status, row.status)),
        Field("Handed in", lambda row: row.submitted_at, "time"),
        Field("Graded", lambda row: row.finished_at, "time"),
        Field("Points", lambda row: handed_in(_points(row), row.student, row.assignment), "number"),
        Field("To check", lambda row: "yes" if row.needs_review else ""),
        Field("Remark", lambda row: row.message, "long"),
    ),
)


def _made_of(row: Queued) -> str:
    return ", ".join(
        f"{part_title(part.exercise)} {words.points(part.score)}/{words.points(part.max_score)}"
        for part in row.parts
    )


CHOSEN = Sheet[Queued](
    name="submissions",
    title="Submissions",
    empty="Nothing like that was handed in.",
    fields=(
        *SUBMISSIONS.fields[:5],
        Field("Points", _points, "number"),
        Field("Made of", _made_of, "long"),
        *SUBMISSIONS.fields[6:],
    ),
)
"""Those behind a number, with the points of each exercise."""


def _provisional(row: Provisional) -> Cell:
    points = f"{words.points(row.score)}/{words.points(row.max_score)}"
    return handed_in(points, row.student, row.assignment)


PROVISIONAL = Sheet[Provisional](
    name="provisional",
    title="Provisional points",
    empty="Every test ran apart from the students\u2019 code, so no points are provisional.",
    fields=(
        Field("Student", lambda row: student(row.student)),
        Field("Assignment", lambda row: row.assignment, "assignment"),
        Field("Exercise", lambda row: part_title(row.exercise)),
        Field("Points", _provisional, "number"),
        Field("Why the test ran beside the student\u2019s code", lambda row: row.why, "long"),
        Field("To check", lambda row: "yes" if row.needs_review else ""),
    ),
)


def scored(row: Counted) -> str:
    """Points of all there are."""
    return f"{words.points(row.score)}/{words.points(row.max_score)}"


POINTS = Sheet[Counted](
    name="points",
    title="Who has them",
    empty="Nobody has so many points.",
    fields=(
        Field("Student", lambda row: student(row.student)),
        Field("Points", lambda row: handed_in(scored(row), row.student, row.assignment), "number"),
        Field("Handed in", lambda row: iso(row.submitted_at), "time"),
        Field("To check", lambda row: "yes" if row.needs_review else ""),
    ),
)


def tenth(one: Counted) -> int | None:
    """0 for less than a tenth of the points, up to 10 for all of them; None where there are none to have."""
    if one.max_score <= 0:
        return None
    # A hair's breadth: 0.3 of 1 point is three tenths.
    return min(int(TENTHS * max(one.score, 0.0) / one.max_score + 1e-9), TENTHS)


def tenth_name(place: int) -> str:
    """In percent."""
    return "100" if place == TENTHS else f"{10 * place}\u2013{10 * place + 9}"


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """So many students have so many points."""

    points: str
    students: int
    href: str


SPREAD = Sheet[Bar](
    name="points",
    title="Points",
    empty="Nobody has points yet.",
    fields=(
        Field("Points, %", lambda bar: bar.points),
        Field("Students", lambda bar: Cell(str(bar.students), bar.href), "number"),
    ),
)


def _people(count: int) -> str:
    return f"{count:,}" if count else "nobody"


def spread(found: Sequence[Counted], chosen: str, assignments: Sequence[AssignmentInfo]) -> Chart | None:
    """How the points of the assignment `chosen` are spread over the class; None where none was chosen."""
    if not chosen:
        return None
    places = Counter(place for one in found if (place := tenth(one)) is not None)
    bars = [
        Bar(
            points=tenth_name(place),
            students=places[place],
            href=f"grading/points?{urlencode({'assignment': chosen, 'tenth': place})}",
        )
        for place in range(TENTHS + 1)
    ]
    title = next((info.title for info in assignments if info.assignment == chosen), chosen)
    best, low = places[TENTHS], sum(count for place, count in places.items() if place < TENTHS // 2)
    return Chart(
        name=SPREAD.name,
        title="Points of an assignment",
        says=(
            f"Of {words.many(places.total(), 'student')} with points in {title}, {_people(best)} got all "
            f"of them and {_people(low)} less than half."
            if places
            else f"Nobody has points in {title} yet."
        ),
        spec={
            "height": 180,
            "mark": {"type": "bar", "color": "--mark-0", "cursor": "pointer"},
            "encoding": {
                "x": {
                    "field": "points",
                    "type": "ordinal",
                    "sort": [bar.points for bar in bars],
                    "scale": {"paddingInner": 0.12, "paddingOuter": 0.06},
                    "axis": axis("Points, % of all", labelAngle=0, labelOverlap=True),
                },
                "y": counted("students", "Students"),
                "href": {"field": "href"},
                "tooltip": told(points="Points, %", students="Students"),
            },
        },
        rows=tuple(msgspec.to_builtins(bar) for bar in bars) if places else (),
        table=SPREAD.of(bar for bar in bars if bar.students),
        choice=Choice(
            name="assignment",
            label="Assignment",
            options=tuple((info.assignment, info.title) for info in assignments),
            chosen=chosen,
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
