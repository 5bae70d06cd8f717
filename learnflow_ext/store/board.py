"""What the teacher's dashboard shows of a course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, String, and_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from learnflow_ext.contracts.grades import SubmissionStatus
from learnflow_ext.contracts.progress import Level
from learnflow_ext.store import attendance, courses, eventlog, handed_in, many
from learnflow_ext.store.clock import iso
from learnflow_ext.store.courses import AssignmentInfo
from learnflow_ext.store.eventlog import LogEntry
from learnflow_ext.store.models import Module, Progress, Submission, User


class BoardCell(msgspec.Struct, frozen=True, kw_only=True):
    """One student in one assignment."""

    assignment: str
    best_score: float | None = None
    """None before anything was graded."""
    max_score: float | None = None
    level: Level | None = None
    status: SubmissionStatus | None = None
    """Of the latest submission; None when there is none."""
    submission_id: str = ""
    """The latest; empty when there is none."""
    needs_review: bool = False
    submissions: int = 0
    runs: int = 0
    failed_runs: int = 0
    questions: int = 0
    exercises: tuple[float | None, ...] = ()
    """Points per exercise in the best graded submission, in the order of the assignment's exercises; None
    for an exercise without a grade."""


class BoardRow(msgspec.Struct, frozen=True, kw_only=True):
    """One student."""

    student: str
    last_activity: str
    """ISO 8601, UTC; empty for none."""
    cells: tuple[BoardCell, ...]
    """One for each assignment, in their order."""


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """Students x assignments of a course."""

    course: str
    assignments: tuple[AssignmentInfo, ...]
    rows: tuple[BoardRow, ...]
    """By student's name."""


async def scores(conn: AsyncConnection, course: str, students: Sequence[str] = ()) -> Board:
    """The board of `course`: everybody who did something there, and `students` (the roll) beside."""
    assignments = await courses.assignments(conn, course)
    cells = await _cells(conn, course, assignments)
    activity = await attendance.of_course(conn, course)
    names = sorted({*students, *activity, *(student for student, _ in cells)})
    return _board(course, assignments, names, activity, cells)


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the board, and figures of the whole course."""

    board: Board
    found: int
    """Students whose name fits, on all pages."""
    students: int
    active: int
    """Of all students, who did something since the time asked for."""
    graded: int
    """Assignments of students with a score."""
    to_review: int
    """Of them, those whose latest submission a person should look at."""


async def overview(
    conn: AsyncConnection,
    course: str,
    students: Sequence[str],
    *,
    active_since: datetime,
    find: str = "",
    limit: int = 50,
    offset: int = 0,
) -> Overview:
    """As `scores`, for `limit` students whose name contains `find`, after the first `offset`."""
    assignments = await courses.assignments(conn, course)
    activity = await attendance.of_course(conn, course)
    everybody = sorted({*students, *activity})
    wanted = find.strip().casefold()
    found = [name for name in everybody if wanted in name.casefold()]
    names = found[offset : offset + limit]
    cells = await _cells(conn, course, assignments, names)
    return Overview(
        board=_board(course, assignments, names, activity, cells),
        found=len(found),
        students=len(everybody),
        active=sum(at >= active_since for at in activity.values()),
        graded=await _count_graded(conn, course),
        to_review=await _count_to_review(conn, course),
    )


def _board(
    course: str,
    assignments: tuple[AssignmentInfo, ...],
    names: Sequence[str],
    activity: Mapping[str, datetime],
    cells: Mapping[tuple[str, str], BoardCell],
) -> Board:
    return Board(
        course=course,
        assignments=assignments,
        rows=tuple(
            BoardRow(
                student=name,
                last_activity=iso(activity.get(name)),
                cells=tuple(
                    cells.get((name, info.assignment)) or BoardCell(assignment=info.assignment)
                    for info in assignments
                ),
            )
            for name in names
        ),
    )


async def students(conn: AsyncConnection, course: str) -> list[str]:
    """Who has a standing in an assignment of `course`: worked on it, asked about it, or was graded."""
    return list(await conn.scalars(_STUDENTS, {"course": course}))


_STUDENTS = (
    select(User.name)
    .join(Progress, Progress.user_id == User.id)
    .join(Module, Module.id == Progress.module_id)
    .where(Module.course == bindparam("course"))
    .distinct()
)


async def _count_graded(conn: AsyncConnection, course: str) -> int:
    return int(await conn.scalar(_GRADED, {"course": course}) or 0)


async def _count_to_review(conn: AsyncConnection, course: str) -> int:
    return int(await conn.scalar(_TO_REVIEW, {"course": course}) or 0)


def _to_review() -> Select[*tuple[Any, ...]]:
    own = aliased(Submission)
    # Where nothing is summed up the latest is looked for.
    latest = (
        select(func.max(own.number))
        .where(own.user_id == Submission.user_id, own.module_id == Submission.module_id)
        .correlate(Submission)
        .scalar_subquery()
    )
    standing = and_(Progress.user_id == Submission.user_id, Progress.module_id == Submission.module_id)
    return (
        select(func.count())
        .select_from(Submission)
        .join(Module, Module.id == Submission.module_id)
        .join(Progress, standing)
        .where(
            Module.course == bindparam("course"),
            Submission.needs_review,
            Submission.number == func.coalesce(Progress.latest, latest),
        )
    )


_TO_REVIEW = _to_review()
_GRADED: Select[*tuple[Any, ...]] = (
    select(func.count())
    .select_from(Progress)
    .join(Module, Module.id == Progress.module_id)
    .where(Module.course == bindparam("course"), Progress.best_score.is_not(None))
)


async def feed(
    conn: AsyncConnection, course: str, limit: int, after_sequence: int | None = None
) -> list[LogEntry]:
    """The newest `limit` events of `course`, newest first; with `after_sequence` only later ones."""
    entries = await eventlog.tail(conn, course=course, limit=limit)
    return [entry for entry in reversed(entries) if entry.sequence > (after_sequence or 0)]


async def _cells(
    conn: AsyncConnection,
    course: str,
    assignments: Sequence[AssignmentInfo],
    names: Sequence[str] | None = None,
) -> dict[tuple[str, str], BoardCell]:
    """(student, assignment) -> standing; of `names` alone when given."""
    if names is not None and not names:
        return {}
    places = {
        info.assignment: [handed_in.place_of(exercise.notebook, exercise.name) for exercise in info.exercises]
        for info in assignments
    }
    asked: dict[str, Any] = {"course": course}
    if names is not None:
        asked["names"] = many.given(conn, names)
    missing: dict[tuple[str, str], handed_in.Summed] | None = None
    cells = {}
    for name, gathered in await conn.execute(_standing(conn, named=names is not None), asked):
        for stands in _STANDINGS.decode(gathered):
            scored: dict[str, float] = stands.points or {}
            submission_id, status, needs_review = stands.submission_id, stands.status, stands.needs_review
            if stands.points is None and stands.submissions:
                if missing is None:
                    missing = await handed_in.missing(conn, course)
                if (name, stands.assignment) in missing:
                    summed = missing[name, stands.assignment]
                    scored, latest = summed.best_points, summed.latest
                    submission_id, status, needs_review = (
                        latest.submission_id, latest.status, latest.needs_review,
                    )  # fmt: skip
            cells[name, stands.assignment] = BoardCell(
                assignment=stands.assignment,
                best_score=stands.best_score,
                max_score=stands.max_score,
                level=stands.level,
                status=status,
                submission_id=submission_id or "",
                needs_review=bool(needs_review),
                submissions=stands.submissions,
                runs=stands.runs,
                failed_runs=stands.failed_runs,
                questions=stands.questions,
                exercises=tuple(map(scored.get, places[stands.assignment])),
            )
    return cells


class _Standing(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One student in one assignment, as the database gathers it: all of a student in one text, for a few long
    rows are read faster than many short ones.
    """

    assignment: str
    best_score: float | None
    max_score: float | None
    level: Level | None
    submissions: int
    runs: int
    failed_runs: int
    questions: int
    points: dict[str, float] | None
    """By `handed_in.place_of`; None where nothing is summed up."""
    submission_id: str | None
    status: SubmissionStatus | None
    needs_review: bool | int | None


_STANDINGS = msgspec.json.Decoder(list[_Standing])

_STANDING: dict[tuple[str, bool], Select[*tuple[Any, ...]]] = {}
"""By the database's dialect, and whether it asks for some by name. Built once."""


def _standing(conn: AsyncConnection, *, named: bool) -> Select[*tuple[Any, ...]]:
    key = (conn.dialect.name, named)
    if key not in _STANDING:
        gathered = many.gathered(
            conn,
            Module.assignment,
            Progress.best_score,
            Progress.max_score,
            Progress.level,
            Progress.submissions,
            Progress.runs,
            Progress.failed_runs,
            Progress.questions,
            many.embedded(conn, Progress.best_points),
            Submission.submission_id,
            Submission.status,
            Submission.needs_review,
        )
        statement = (
            select(User.name, gathered)
            .select_from(Progress)
            .join(User, User.id == Progress.user_id)
            .join(Module, Module.id == Progress.module_id)
            .outerjoin(Submission, Submission.number == Progress.latest)
            .where(Module.course == bindparam("course"))
            .group_by(User.name)
        )
        if named:
            statement = statement.where(many.is_one_of(conn, User.name, "names", String))
        _STANDING[key] = statement
    return _STANDING[key]
