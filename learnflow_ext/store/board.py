"""What the teacher's dashboard shows of a course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, String, Subquery, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import AssignmentSubmitted, HelpAsked, RunFinished
from learnflow_ext.contracts.grades import SubmissionStatus
from learnflow_ext.contracts.progress import Level
from learnflow_ext.store import cell_points, courses, eventlog, gradesheet, many
from learnflow_ext.store.clock import iso
from learnflow_ext.store.courses import AssignmentInfo
from learnflow_ext.store.eventlog import LogEntry
from learnflow_ext.store.models import LoggedEvent, Module, Progress, Submission, User

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
    activity = await _last_activity(conn, [_in_the_log(course)], course)
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
    # Asked for each by name: the log need not say who is in the course.
    here = await _last_activity(conn, [many.one_of(conn, User.name, names, String)], course) if names else {}
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
    wanted = [] if names is None else [many.one_of(conn, User.name, names, String)]
    handed_in = await _handed_in(conn, course, wanted)
    exercises = {
        info.assignment: [(exercise.notebook, exercise.name) for exercise in info.exercises]
        for info in assignments
    }
    cells = {}
    for student, text in await conn.execute(
        select(
            User.name,
            # One long row a student: see `many`.
            many.gathered(
                conn,
                Module.assignment,
                Progress.best_score,
                Progress.max_score,
                Progress.level,
                Progress.submissions,
                Progress.runs,
                Progress.failed_runs,
                Progress.questions,
            ),
        )
        .select_from(Progress)
        .join(User, User.id == Progress.user_id)
        .join(Module, Module.id == Progress.module_id)
        .where(Module.course == course, *wanted)
        .group_by(User.name)
    ):
        for assignment, best, most, level, submissions, runs, failed_runs, questions in many.rows_of(text):
            key = (student, assignment)
            latest, scored = handed_in.get(key, (None, {}))
            cells[key] = BoardCell(
                assignment=assignment,
                best_score=best,
                max_score=most,
                level=level,
                status=latest.status if latest else None,
                submission_id=latest.submission_id if latest else "",
                needs_review=latest.needs_review if latest else False,
                submissions=submissions,
                runs=runs,
                failed_runs=failed_runs,
                questions=questions,
                exercises=tuple(map(scored.get, exercises[assignment])),
            )
    return cells


class _Latest(NamedTuple):
    """The submission that came last."""

    submission_id: str
    status: SubmissionStatus
    needs_review: bool


def _newest_submissions(course: str, wanted: Wanted = ()) -> Subquery:
    return (
        select(func.max(Submission.number).label("number"))
        .join(Module, Module.id == Submission.module_id)
        .join(User, User.id == Submission.user_id)
        .where(Module.course == course, *wanted)
        .group_by(Submission.user_id, Submission.module_id)
        .subquery()
    )


async def _handed_in(
    conn: AsyncConnection, course: str, wanted: Wanted
) -> dict[tuple[str, str], tuple[_Latest | None, dict[tuple[str, str], float]]]:
    """(student, assignment) -> (the latest submission, points by (notebook, exercise) of the best graded
    one)."""
    graded = case((Submission.status == "graded", 1), else_=0)
    # Both over the same rows, so that they are sorted once.
    newest = func.max(Submission.number).over(partition_by=(Submission.user_id, Submission.module_id))
    ranked = (
        select(
            User.name,
            Module.assignment,
            (newest == Submission.number).label("newest"),
            gradesheet.place(graded.desc()).label("place"),
            Submission.submission_id,
            Submission.status,
            Submission.needs_review,
            cell_points.column(conn).label("points"),
        )
        .select_from(Submission)
        .join(Module, Module.id == Submission.module_id)
        .join(User, User.id == Submission.user_id)
        .where(Module.course == course, *wanted)
        .subquery()
    )
    best = ranked.c.place == 1
    rows = await conn.execute(
        select(
            ranked.c.name,
            many.gathered(
                conn,
                ranked.c.assignment,
                ranked.c.newest,
                ranked.c.place,
                ranked.c.submission_id,
                ranked.c.status,
                ranked.c.needs_review,
                case((best, ranked.c.points)),
            ),
        )
        .where(or_(best, ranked.c.newest))
        .group_by(ranked.c.name)
    )
    found: dict[tuple[str, str], tuple[_Latest | None, dict[tuple[str, str], float]]] = {}
    for student, text in rows:
        for assignment, is_newest, place, submission_id, status, needs_review, text_ in many.rows_of(text):
            latest, scored = found.get((student, assignment), (None, {}))
            if is_newest:
                latest = _Latest(submission_id, status, bool(needs_review))
            if place == 1 and status == "graded":
                scored = {(one.notebook, one.name): one.score for one in cell_points.decoded(text_)}
            found[student, assignment] = (latest, scored)
    return found


async def _seen(conn: AsyncConnection, course: str) -> dict[str, datetime | None]:
    """Student -> about when they did something in `course`, for everybody; None where it is not known.

    From their standings, which cost one look in all; from the log only for who has none. Which of these it
    knows is asked person by person where few are left, and of the log where most people are elsewhere.
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
    wanted: list[ColumnElement[bool]] = [User.id.not_in(counted)]
    people = await conn.scalar(select(func.count()).select_from(User)) or 0
    if people > 2 * len(standing):
        wanted.append(_in_the_log(course))
    return {**standing, **await _last_activity(conn, wanted, course)}


async def _last_activity(conn: AsyncConnection, wanted: Wanted, course: str) -> dict[str, datetime]:
    """Student -> time of the last thing they did in `course`; a look into an index for each of `wanted`."""
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
    # Not left out by the database, which would look each of them up twice.
    rows = await conn.execute(select(User.name, last.label("time")).where(*wanted))
    return {row.name: row.time for row in rows if row.time is not None}


def _in_the_log(course: str) -> ColumnElement[bool]:
    """Whether the log knows a `User` in `course`: one look into its index a person there, for the next one
    each time. `DISTINCT` would read all of the course's events.
    """
    first = select(func.min(LoggedEvent.user_id).label("user_id")).where(LoggedEvent.course == course)
    found = first.cte("found", recursive=True)
    following = (
        select(func.min(LoggedEvent.user_id))
        .where(LoggedEvent.course == course, LoggedEvent.user_id > found.c.user_id)
        .correlate(found)
        .scalar_subquery()
    )
    everybody = found.union_all(select(following).where(found.c.user_id.is_not(None)))
    return User.id.in_(select(everybody.c.user_id))
