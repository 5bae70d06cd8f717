"""The dashboard's content: what the store knows of a course, turned into what a teacher reads. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from learnflow_grading.blind import Hidden

from learnflow_ext.contracts.grades import part_title
from learnflow_ext.service import words
from learnflow_ext.store.board import Board, BoardCell, Overview
from learnflow_ext.store.courses import AssignmentInfo
from learnflow_ext.store.eventlog import LogEntry

ACTIVE = timedelta(minutes=15)
MAX_LINES = 40

CellState = Literal["untouched", "started", "waiting", "failed", "scored", "blind"]
"""`blind`: handed in, and how it was graded stands beside no name yet."""
NOTHING_BLIND = Hidden()


class PointsView(msgspec.Struct, frozen=True, kw_only=True):
    """Points of one exercise."""

    score: float | None
    """None before it was graded."""
    max_score: float
    band: int
    """0 (little) to 3 (all); 0 where there is no score."""


class CellView(msgspec.Struct, frozen=True, kw_only=True):
    """One student in one assignment."""

    state: CellState
    score: float | None = None
    """Best so far; None before anything was graded."""
    max_score: float | None = None
    band: int = 0
    needs_review: bool = False
    exercises: tuple[PointsView, ...] = ()


class StudentView(msgspec.Struct, frozen=True, kw_only=True):
    """One row."""

    name: str
    latest: str
    """ISO 8601, UTC; empty for none."""
    cells: tuple[CellView, ...]
    """One for each assignment, in their order."""


class ColumnView(msgspec.Struct, frozen=True, kw_only=True):
    """One assignment's head."""

    assignment: str
    title: str
    exercises: tuple[str, ...]
    """Their names as a person reads them."""


class BoardView(msgspec.Struct, frozen=True, kw_only=True):
    """Body of `GET api/courses/{course}/scores`, and the table of the dashboard."""

    course: str
    columns: tuple[ColumnView, ...]
    students: tuple[StudentView, ...]
    """All of them; of an `OverviewView`, one page."""
    active: int
    """Students who did something in the last 15 minutes."""
    graded: int
    """Cells of the table with a score."""
    to_review: int
    """Cells of the table whose latest submission a person should look at."""


class OverviewView(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the board, with figures of the whole course."""

    board: BoardView
    everybody: int
    found: int
    """Students whose name contains `find`."""
    find: str
    number: int
    """Of this page, from 1."""
    pages: int
    """At least 1."""


class FeedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened."""

    sequence: int
    time: str
    """ISO 8601, UTC."""
    student: str
    said: words.Line


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    """Body of `GET api/courses/{course}/feed`: newest first."""

    course: str
    lines: tuple[FeedLine, ...]


def band(score: float | None, max_score: float | None) -> int:
    """0 below 40 %, 1 below 70 %, 2 below 90 %, 3 from there; as the levels of progress."""
    if score is None or not max_score:
        return 0 if score is None or max_score is None else 3
    share = score / max_score
    return sum(share >= border for border in (0.4, 0.7, 0.9))


def board_view(board: Board, now: datetime, hidden: Hidden = NOTHING_BLIND) -> BoardView:
    """`board` as it is shown at `now` to somebody for whom `hidden` is graded blind."""
    students = tuple(
        StudentView(
            name=row.student,
            latest=row.last_activity,
            cells=tuple(
                _blind_cell(cell, info) if hidden.covers(info.assignment) else _cell(cell, info)
                for cell, info in zip(row.cells, board.assignments, strict=True)
            ),
        )
        for row in board.rows
    )
    cells = [cell for student in students for cell in student.cells]
    return BoardView(
        course=board.course,
        columns=tuple(_column(info) for info in board.assignments),
        students=students,
        active=sum(_active(student, now) for student in students),
        graded=sum(cell.score is not None for cell in cells),
        to_review=sum(cell.needs_review for cell in cells),
    )


def overview_view(
    overview: Overview,
    now: datetime,
    *,
    find: str,
    number: int,
    size: int,
    hidden: Hidden = NOTHING_BLIND,
) -> OverviewView:
    """`overview` as it is shown at `now`: page `number`, of pages with `size` students."""
    view = board_view(overview.board, now, hidden)
    return OverviewView(
        board=msgspec.structs.replace(
            view, active=overview.active, graded=overview.graded, to_review=overview.to_review
        ),
        everybody=overview.students,
        found=overview.found,
        find=find,
        number=number,
        pages=max(1, -(-overview.found // size)),
    )


def feed_view(course: str, entries: Iterable[LogEntry]) -> FeedView:
    """The newest of `entries` that say something to a teacher, in words."""
    lines: list[FeedLine] = []
    for entry in sorted(entries, key=lambda entry: entry.sequence, reverse=True):
        if said := words.line(entry.type, entry.student, entry.data):
            lines.append(FeedLine(sequence=entry.sequence, time=entry.time, student=entry.student, said=said))
    return FeedView(course=course, lines=tuple(lines[:MAX_LINES]))


def _active(student: StudentView, now: datetime) -> bool:
    latest = words.parse_time(student.latest)
    return latest is not None and now - latest <= ACTIVE


def _column(info: AssignmentInfo) -> ColumnView:
    return ColumnView(
        assignment=info.assignment,
        title=info.title,
        exercises=tuple(part_title(exercise.name) for exercise in info.exercises),
    )


def _cell(cell: BoardCell, info: AssignmentInfo) -> CellView:
    scored: Sequence[float | None] = cell.exercises or (None,) * len(info.exercises)
    return CellView(
        state=_state(cell),
        score=cell.best_score,
        max_score=cell.max_score,
        band=band(cell.best_score, cell.max_score),
        needs_review=cell.needs_review,
        exercises=tuple(
            PointsView(score=score, max_score=exercise.max_score, band=band(score, exercise.max_score))
            for score, exercise in zip(scored, info.exercises, strict=True)
        ),
    )


def _blind_cell(cell: BoardCell, info: AssignmentInfo) -> CellView:
    """Whether something was handed in, and nothing else."""
    state = _state(cell)
    return CellView(
        state=state if state in ("untouched", "started") else "blind",
        exercises=tuple(PointsView(score=None, max_score=one.max_score, band=0) for one in info.exercises),
    )


def _state(cell: BoardCell) -> CellState:
    if cell.best_score is not None:
        return "scored"
    if cell.status in ("queued", "grading", "graded"):
        # `graded` and no score yet: the consumer that keeps progress is a moment behind.
        return "waiting"
    if cell.status == "failed":
        return "failed"
    return "started" if cell.runs or cell.questions else "untouched"
