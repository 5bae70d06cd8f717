"""Submissions: handing in, looking at what was handed in, and taking it out of the queue."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

import msgspec
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from learnflow_ext.contracts.errors import Conflict, NotFound
from learnflow_ext.contracts.events import AssignmentSubmitted, SubmissionGraded
from learnflow_ext.contracts.grades import SubmissionStatus, SubmissionView
from learnflow_ext.store import courses, handed_in, outbox, people, presence, progress, regradings
from learnflow_ext.store.clock import iso, now
from learnflow_ext.store.models import NO_DEADLINE, REGRADE, FeedbackFile, Module, Submission, User

CANCELLED = "Your teacher took this out of the queue, so it was not graded. Your work is kept."


async def create(
    conn: AsyncConnection,
    *,
    course: str,
    assignment: str,
    student: str,
    files_path: str,
    size: int,
    submission_id: str | None = None,
    refusal: Callable[[datetime, int], str] | None = None,
    due: datetime | None = None,
) -> SubmissionView:
    """Queue work whose files lie at `files_path` already, and record `AssignmentSubmitted`.

    The caller has checked that the assignment is released to this student. `size` is in bytes. `refusal` is
    asked with the time and with how many submissions there are already that were or will be graded; it gives
    a sentence for Conflict, or an empty text. Of two that come at once the second counts the first. `due` is
    the student's deadline, aware: of what waits the nearest one is graded first.
    """
    submission_id = submission_id or str(uuid.uuid4())
    user_id = await people.ensure(conn, student)
    module_id = await courses.ensure(conn, course, assignment)
    moment = now()
    if refusal is not None and (said := refusal(moment, await _handed_in(conn, user_id, module_id))):
        raise Conflict(said)
    await conn.execute(
        _KEEP,
        {
            "submission_id": submission_id,
            "urgency": await _urgency(conn, user_id, module_id, moment, due),
            "user_id": user_id,
            "module_id": module_id,
            "status": "queued",
            "files_path": files_path,
            "size": size,
            "attempts": 0,
            "submitted_at": moment,
            "needs_review": False,
            "message": "",
            "duration_ms": 0,
        },
    )
    await progress.apply_activity(conn, user_id, module_id, at=moment, submissions=1)
    await handed_in.sum_up(conn, user_id, module_id)
    await outbox.record(
        conn,
        AssignmentSubmitted(
            course=course, student=student, submission_id=submission_id, assignment=assignment
        ),
    )
    await presence.ring(conn)
    return await view(conn, submission_id)


async def _urgency(
    conn: AsyncConnection, user_id: int, module_id: int, at: datetime, due: datetime | None
) -> int:
    """The deadline while it lies ahead. Never before the student's earlier work on the same assignment: what
    is graded last is what the gradebook shows."""
    own = int(due.timestamp()) if due is not None and due >= at else NO_DEADLINE
    earlier = await conn.scalar(_EARLIER, {"user_id": user_id, "module_id": module_id})
    return max(own, earlier or 0)


# Built once: each submission asks for both.
_KEEP = insert(Submission)
_EARLIER = select(func.max(Submission.urgency)).where(
    Submission.user_id == bindparam("user_id"),
    Submission.module_id == bindparam("module_id"),
    # What is graded may be put back.
    Submission.status.in_(("queued", "grading")),
)


async def _handed_in(conn: AsyncConnection, user_id: int, module_id: int) -> int:
    """How many submissions count as attempts: one that could not be graded does not."""
    counted = await conn.scalar(
        select(func.count())
        .select_from(Submission)
        .where(
            Submission.user_id == user_id, Submission.module_id == module_id, Submission.status != "failed"
        )
    )
    return counted or 0


async def cancel(conn: AsyncConnection, course: str, submission_id: str) -> SubmissionView:
    """Take a submission of `course` out of the queue; what was to be graded again keeps the grade it had.

    NotFound for one the course does not have, Conflict when it does not wait (any more).
    """
    found = await view(conn, submission_id)
    if found.course != course:
        raise NotFound("There is no such submission in this course.")
    changed = await conn.execute(
        update(Submission)
        .where(Submission.submission_id == submission_id, Submission.status == "queued")
        .values(
            status=case((Submission.score.is_not(None), "graded"), else_="failed"),
            message=case((Submission.score.is_not(None), Submission.message), else_=CANCELLED),
            finished_at=func.coalesce(Submission.finished_at, now()),
        )
        .returning(Submission.number)
    )
    number = changed.scalar_one_or_none()
    if number is None:
        raise Conflict("This does not wait to be graded any more, so there is nothing to cancel.")
    if (regrade := await regradings.waiting(conn, number)) is not None:
        await regradings.done(conn, regrade, "cancelled", regrade.before_score, regrade.before_max)
    await outbox.record(
        conn,
        SubmissionGraded(
            course=course,
            student=found.student,
            submission_id=submission_id,
            assignment=found.assignment,
            status="cancelled",
            score=found.score or 0.0,
            max_score=found.max_score or 0.0,
        ),
    )
    return await view(conn, submission_id)


async def waiting(conn: AsyncConnection, course: str, limit: int) -> list[SubmissionView]:
    """What waits to be graded in `course`, in the order in which it will be."""
    statement = _views().where(Module.course == course, Submission.status == "queued")
    rows = await conn.execute(statement.order_by(Submission.urgency, Submission.number).limit(limit))
    return [_view(row) for row in rows]


async def points_of(conn: AsyncConnection, submission_id: str) -> tuple[float, float] | None:
    """(score, points to be had) of one submission; None for one without points, and for an unknown one."""
    row = (await conn.execute(_POINTS_OF, {"submission_id": submission_id})).one_or_none()
    return None if row is None or row.score is None else (row.score, row.max_score)


_POINTS_OF = select(Submission.score, Submission.max_score).where(
    Submission.submission_id == bindparam("submission_id")
)


async def places(conn: AsyncConnection, course: str, limit: int) -> list[tuple[str, int]]:
    """(submission, place in the queue of all courses) of what waits in `course`, the next one first."""
    rows = await conn.execute(_PLACES, {"course": course, "most": limit})
    return [(row.submission_id, row.position) for row in rows]


async def points(conn: AsyncConnection, user_id: int, module_id: int) -> list[tuple[float, float]]:
    """(score, points to be had) of all that a student handed in to an assignment and that has points, in the
    order it came; what waits to be graded again has those it had."""
    rows = await conn.execute(
        select(Submission.score, Submission.max_score)
        .where(
            Submission.user_id == user_id, Submission.module_id == module_id, Submission.score.is_not(None)
        )
        .order_by(Submission.number)
    )
    return [(row.score, row.max_score) for row in rows]


async def view(conn: AsyncConnection, submission_id: str) -> SubmissionView:
    """One submission. NotFound when there is none."""
    row = (await conn.execute(_ONE, {"submission_id": submission_id})).one_or_none()
    if row is None:
        raise NotFound("There is no such submission.")
    return _view(row)


async def of_student(
    conn: AsyncConnection, course: str, student: str, assignment: str | None = None
) -> tuple[SubmissionView, ...]:
    """A student's submissions in a course, or to one assignment of it, oldest first."""
    statement = _views().where(Module.course == course, User.name == student).order_by(Submission.number)
    if assignment is not None:
        statement = statement.where(Module.assignment == assignment)
    return tuple(_view(row) for row in await conn.execute(statement))


async def count_waiting(conn: AsyncConnection, course: str, assignment: str, student: str) -> int:
    """How many submissions of a student to an assignment wait to be graded, or are."""
    counted = await conn.scalar(_WAITING, {"course": course, "assignment": assignment, "student": student})
    return counted or 0


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """What all graders have before them."""

    waiting: int
    """Submissions, those that are graded again among them."""
    longest_seconds: float
    """How long the one that has waited longest has, since it was handed in; 0 for none. What is graded again
    waits behind all others, and is left out."""


async def queue(conn: AsyncConnection) -> Queue:
    """The queue as it is now."""
    row = (await conn.execute(_QUEUE)).one()
    longest = (now() - row.since).total_seconds() if row.since is not None else 0.0
    return Queue(waiting=row.waiting, longest_seconds=max(0.0, longest))


_QUEUE = select(
    func.count().label("waiting"),
    func.min(Submission.submitted_at).filter(Submission.urgency < REGRADE).label("since"),
).where(Submission.status == "queued")
_WAITING = (
    select(func.count())
    .select_from(Submission)
    .join(Module, Module.id == Submission.module_id)
    .join(User, User.id == Submission.user_id)
    .where(
        Module.course == bindparam("course"),
        Module.assignment == bindparam("assignment"),
        User.name == bindparam("student"),
        Submission.status.in_(("queued", "grading")),
    )
)


_IN_LINE = (
    select(
        Submission.submission_id,
        Submission.module_id,
        func.row_number().over(order_by=(Submission.urgency, Submission.number)).label("position"),
    )
    .where(Submission.status == "queued")
    .subquery()
)
_PLACES = (
    select(_IN_LINE.c.submission_id, _IN_LINE.c.position)
    .join(Module, Module.id == _IN_LINE.c.module_id)
    .where(Module.course == bindparam("course"))
    .order_by(_IN_LINE.c.position)
    .limit(bindparam("most"))
)


def _views() -> Select[*tuple[Any, ...]]:
    ahead = aliased(Submission)
    position: ColumnElement[int] = (
        select(func.count())
        .select_from(ahead)
        .where(
            ahead.status == "queued",
            or_(
                ahead.urgency < Submission.urgency,
                and_(ahead.urgency == Submission.urgency, ahead.number <= Submission.number),
            ),
        )
        .correlate(Submission)
        .scalar_subquery()
    )
    return (
        select(
            Submission.number,
            Submission.submission_id,
            Module.course,
            Module.assignment,
            User.name.label("student"),
            Submission.status,
            Submission.grader,
            Submission.submitted_at,
            Submission.score,
            Submission.max_score,
            Submission.needs_review,
            Submission.message,
            exists().where(FeedbackFile.submission_number == Submission.number).label("has_feedback"),
            position.label("position"),
        )
        .join(Module, Module.id == Submission.module_id)
        .join(User, User.id == Submission.user_id)
    )


_ONE = _views().where(Submission.submission_id == bindparam("submission_id"))


def _view(row: Row[*tuple[Any, ...]]) -> SubmissionView:
    return SubmissionView(
        submission_id=row.submission_id,
        course=row.course,
        assignment=row.assignment,
        student=row.student,
        status=cast(SubmissionStatus, row.status),
        submitted_at=iso(row.submitted_at),
        score=row.score,
        max_score=row.max_score,
        needs_review=row.needs_review,
        message=row.message,
        has_feedback=row.has_feedback,
        position=row.position if row.status == "queued" else None,
    )
