"""What the teacher's dashboard shows of a course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import msgspec
from sqlalchemy import ColumnElement, Subquery, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import AssignmentSubmitted, HelpAsked, RunFinished
from learnflow_ext.contracts.grades import SubmissionStatus
from learnflow_ext.contracts.progress import Level
from learnflow_ext.store import courses, eventlog, gradesheet, many
from learnflow_ext.store.clock import iso
from learnflow_ext.store.courses import AssignmentInfo
from learnflow_ext.store.eventlog import LogEntry
from learnflow_ext.store.models import Grade, LoggedEvent, Module, Progress, Submission, User

ACTIVITY = (HelpAsked.TYPE, RunFinished.TYPE, AssignmentSubmitted.TYPE)
"""What a student does; the rest happens to them."""

Wanted = Sequence[ColumnElement[bool]]
"""Conditions on `User`: whose rows are looked up."""


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
    activity = await _last_activity(conn, course)
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
    activity = await _seen(conn, course)
    everybody = sorted({*students, *activity})
    wanted = find.strip().casefold()
    found = [name for name in everybody if wanted in name.casefold()]
    names = found[offset : offset + limit]
    cells = await _cells(conn, course, assignments, names)
    here = await _last_activity(conn, course, [User.name.in_(names)]) if names else {}
    return Overview(
        board=_board(course, assignments, names, here, cells),
        found=len(found),
        students=len(everybody),
        active=sum(at is not None and at >= active_since for at in activity.values()),
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
    return list(
        await conn.scalars(
            select(User.name)
            .join(Progress, Progress.user_id == User.id)
            .join(Module, Module.id == Progress.module_id)
            .where(Module.course == course)
            .distinct()
        )
    )


async def _count_graded(conn: AsyncConnection, course: str) -> int:
    return int(
        await conn.scalar(
            select(func.count())
            .select_from(Progress)
            .join(Module, Module.id == Progress.module_id)
            .where(Module.course == course, Progress.best_score.is_not(None))
        )
        or 0
    )


async def _count_to_review(conn: AsyncConnection, course: str) -> int:
    newest = _newest_submissions(course)
    return int(
        await conn.scalar(
            select(func.count())
            .select_from(Submission)
            .join(newest, newest.c.number == Submission.number)
            .where(Submission.needs_review)
        )
        or 0
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
    wanted = [] if names is None else [User.name.in_(names)]
    points = await _exercise_points(conn, course, wanted)
    latest = await _latest_submissions(conn, course, wanted)
    cells = {}
    by_name = {info.assignment: info for info in assignments}
    for row in await conn.execute(
        select(User.name, Module.assignment, Progress)
        .join(User, User.id == Progress.user_id)
        .join(Module, Module.id == Progress.module_id)
        .where(Module.course == course, *wanted)
    ):
        key = (row.name, row.assignment)
        submission = latest.get(key)
        scored = points.get(key, {})
        cells[key] = BoardCell(
            assignment=row.assignment,
            best_score=row.best_score,
            max_score=row.max_score,
            level=cast("Level | None", row.level),
            status=cast("SubmissionStatus | None", submission.status) if submission else None,
            submission_id=submission.submission_id if submission else "",
            needs_review=submission.needs_review if submission else False,
            submissions=row.submissions,
            runs=row.runs,
            failed_runs=row.failed_runs,
            questions=row.questions,
            exercises=tuple(
                scored.get((exercise.notebook, exercise.name))
                for exercise in by_name[row.assignment].exercises
            ),
        )
    return cells


def _newest_submissions(course: str, wanted: Wanted = ()) -> Subquery:
    return (
        select(func.max(Submission.number).label("number"))
        .join(Module, Module.id == Submission.module_id)
        .join(User, User.id == Submission.user_id)
        .where(Module.course == course, *wanted)
        .group_by(Submission.user_id, Submission.module_id)
        .subquery()
    )


async def _latest_submissions(
    conn: AsyncConnection, course: str, wanted: Wanted
) -> dict[tuple[str, str], Any]:
    newest = _newest_submissions(course, wanted)
    rows = await conn.execute(
        select(
            User.name,
            Module.assignment,
            Submission.submission_id,
            Submission.status,
            Submission.needs_review,
        )
        .join(newest, newest.c.number == Submission.number)
        .join(User, User.id == Submission.user_id)
        .join(Module, Module.id == Submission.module_id)
    )
    return {(row.name, row.assignment): row for row in rows}


async def _exercise_points(
    conn: AsyncConnection, course: str, wanted: Wanted
) -> dict[tuple[str, str], dict[tuple[str, str], float]]:
    """(student, assignment) -> (notebook, exercise) -> points, of the best graded submission."""
    ranked = (
        select(Submission.number, Submission.user_id, Module.assignment, gradesheet.place().label("place"))
        .join(Module, Module.id == Submission.module_id)
        .join(User, User.id == Submission.user_id)
        .where(Module.course == course, Submission.status == "graded", *wanted)
        .subquery()
    )
    rows = await conn.execute(
        select(User.name, ranked.c.assignment, many.gathered(conn, Grade.notebook, Grade.name, Grade.score))
        .select_from(ranked)
        .join(Grade, Grade.submission_number == ranked.c.number)
        .join(User, User.id == ranked.c.user_id)
        .where(ranked.c.place == 1)
        .group_by(ranked.c.number, User.name, ranked.c.assignment)
    )
    return {
        (student, assignment): {(notebook, name): score for notebook, name, score in many.rows_of(grades)}
        for student, assignment, grades in rows
    }


async def _seen(conn: AsyncConnection, course: str) -> dict[str, datetime | None]:
    """Student -> about when they did something in `course`, for everybody; None where it is not known.

    From their standings, which cost one look in all; from the log only for who has none.
    """
    rows = await conn.execute(
        select(User.name, func.max(Progress.last_activity).label("time"))
        .join(Progress, Progress.user_id == User.id)
        .join(Module, Module.id == Progress.module_id)
        .where(Module.course == course)
        .group_by(User.name)
    )
    standing: dict[str, datetime | None] = {row.name: row.time for row in rows}
    counted = (
        select(Progress.user_id).join(Module, Module.id == Progress.module_id).where(Module.course == course)
    )
    return {**standing, **await _last_activity(conn, course, [User.id.not_in(counted)])}


async def _last_activity(conn: AsyncConnection, course: str, wanted: Wanted = ()) -> dict[str, datetime]:
    """Student -> time of the last thing they did in `course`; one look into an index a person."""
    last = (
        select(LoggedEvent.time)
        .where(
            LoggedEvent.course == course,
            LoggedEvent.user_id == User.id,
            LoggedEvent.type.in_(ACTIVITY),
        )
        .order_by(LoggedEvent.sequence.desc())
        .limit(1)
        .correlate(User)
        .scalar_subquery()
    )
    people = select(User.name, last.label("time")).where(*wanted).subquery()
    rows = await conn.execute(select(people).where(people.c.time.is_not(None)))
    return {row.name: row.time for row in rows}
