"""Submissions: the queue of grading, and what it came to."""

from __future__ import annotations

import asyncio
import math
import uuid
import zlib
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, cast

import msgspec
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from learnflow_ext.contracts.errors import Conflict, NotFound, Unprocessable
from learnflow_ext.contracts.events import AssignmentSubmitted, Envelope, SubmissionGraded
from learnflow_ext.contracts.grades import CourseFile, FileSet, GradeRecord, SubmissionStatus, SubmissionView
from learnflow_ext.store import courses, outbox, people, presence, progress, regradings, texts
from learnflow_ext.store.clock import iso, now
from learnflow_ext.store.models import NO_DEADLINE, FeedbackFile, Grade, Module, Submission, User

MAX_FEEDBACK_BYTES = 20 * 2**20
"""Of one submission, uncompressed; what goes beyond is left out, and a person is asked to look."""
CLAIM_KEY = 0x4C46_434C_4149_4D
"""`LFCLAIM`: PostgreSQL's advisory lock of who takes from the queue."""


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A submission taken from the queue."""

    submission_id: str
    course: str
    assignment: str
    student: str
    files_path: str
    attempts: int
    """This attempt included: 1 the first time."""
    submitted_at: datetime
    """Aware, UTC."""


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
        insert(Submission).values(
            submission_id=submission_id,
            urgency=await _urgency(conn, user_id, module_id, moment, due),
            user_id=user_id,
            module_id=module_id,
            status="queued",
            files_path=files_path,
            size=size,
            attempts=0,
            submitted_at=moment,
            needs_review=False,
            message="",
            duration_ms=0,
        )
    )
    await progress.apply_activity(conn, user_id, module_id, at=moment, submissions=1)
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
    earlier = await conn.scalar(
        select(func.max(Submission.urgency)).where(
            Submission.user_id == user_id,
            Submission.module_id == module_id,
            # What is graded may be put back.
            Submission.status.in_(("queued", "grading")),
        )
    )
    return max(own, earlier or 0)


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


async def claim_next(conn: AsyncConnection, grader: str) -> Claimed | None:
    """Take the most urgent submission for `grader`, the id of a presence that is held; of equal ones the one
    that has waited longest; None when none waits.

    Of one student's work on one assignment only one is graded at a time, whoever grades: they share a folder.
    """
    if conn.dialect.name == "postgresql":
        # One takes after the other: what the other took is graded, but shows only once it is committed.
        # SQLite has one writer anyway.
        await conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CLAIM_KEY})
    other = aliased(Submission)
    theirs = exists().where(
        other.user_id == Submission.user_id,
        other.module_id == Submission.module_id,
        other.status == "grading",
    )
    number = await conn.scalar(
        select(Submission.number)
        .where(Submission.status == "queued", ~theirs)
        .order_by(Submission.urgency, Submission.number)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if number is None:
        return None
    await conn.execute(
        update(Submission)
        .where(Submission.number == number)
        .values(status="grading", grader=grader, attempts=Submission.attempts + 1, started_at=now())
    )
    row = (
        await conn.execute(
            select(
                Submission.submission_id,
                Module.course,
                Module.assignment,
                User.name.label("student"),
                Submission.files_path,
                Submission.attempts,
                Submission.submitted_at,
            )
            .join(Module, Module.id == Submission.module_id)
            .join(User, User.id == Submission.user_id)
            .where(Submission.number == number)
        )
    ).one()
    return Claimed(**row._mapping)


async def requeue(conn: AsyncConnection, submission_id: str, grader: str, *, counts: bool = True) -> bool:
    """Put back what `grader` took, in its old place; without `counts` as if it had not been tried. False when
    it is not theirs (any more)."""
    result = await conn.execute(
        update(Submission)
        .where(
            Submission.submission_id == submission_id,
            Submission.status == "grading",
            Submission.grader == grader,
        )
        .values(
            status="queued",
            grader=None,
            attempts=Submission.attempts if counts else Submission.attempts - 1,
        )
    )
    if result.rowcount:
        await presence.ring(conn)
    return result.rowcount > 0


async def graders(conn: AsyncConnection) -> frozenset[str | None]:
    """Who has work in hand; None among them for work that an older version took."""
    return frozenset(
        await conn.scalars(select(Submission.grader).where(Submission.status == "grading").distinct())
    )


async def requeue_interrupted(conn: AsyncConnection, gone: Collection[str]) -> int:
    """Put back what was being graded by those who are `gone`, and by nobody that is known; how many."""
    result = await conn.execute(
        update(Submission)
        .where(
            Submission.status == "grading",
            or_(Submission.grader.is_(None), Submission.grader.in_(list(gone))),
        )
        .values(status="queued", grader=None)
    )
    if result.rowcount:
        await presence.ring(conn)
    return result.rowcount


async def record_grade(
    conn: AsyncConnection, record: GradeRecord, *, grader: str | None = None
) -> Envelope | None:
    """Keep what grading came to: scores, feedback, and a `SubmissionGraded`; None when it was kept before,
    and when it comes from a `grader` who was taken for dead meanwhile: others have the work then.

    What could not be graded again keeps the grade it had, and a person is asked to look.

    NotFound for an unknown submission, Conflict when the record names another student or assignment,
    Unprocessable for points that are no points.
    """
    statement = _views().where(Submission.submission_id == record.submission_id)
    # Held, so that of two who grade the same work at once the second finds it graded.
    statement = statement.with_for_update(key_share=True, of=(Submission, User))
    row = (await conn.execute(statement)).one_or_none()
    if row is None:
        raise NotFound("There is no such submission.")
    if (row.course, row.assignment, row.student) != (record.course, record.assignment, record.student):
        raise Conflict("The grade belongs to another submission.")
    if row.status in ("graded", "failed") or (grader is not None and row.grader != grader):
        return None
    points = [
        record.score,
        record.max_score,
        record.penalty,
        *(p for c in record.cells for p in (c.score, c.max_score)),
    ]
    if not all(math.isfinite(value) and value >= 0 for value in points):
        raise Unprocessable("Points are numbers from 0 upwards.")
    regrade = await regradings.waiting(conn, row.number)
    if regrade is not None and record.status == "failed" and regrade.before_score is not None:
        return await _keep_grade(conn, row, regrade, record.message)
    pages, dropped = await asyncio.to_thread(_compressed, record.feedback)
    message = record.message
    if dropped:
        message = f"{message} The feedback on {', '.join(dropped)} was too large to keep.".strip()
    needs_review = record.needs_review or bool(dropped)
    await conn.execute(
        update(Submission)
        .where(Submission.number == row.number)
        .values(
            status=record.status,
            grader=None,
            # Nought points would say that the work was looked at.
            score=record.score if record.status == "graded" else None,
            max_score=record.max_score if record.status == "graded" else None,
            needs_review=needs_review,
            message=texts.clip(message, texts.PATH),
            duration_ms=max(record.duration_ms, 0),
            # Graded again, it keeps its time: it is no news of this student.
            finished_at=func.coalesce(Submission.finished_at, now()) if regrade is not None else now(),
        )
    )
    if regrade is not None or row.score is not None:
        for table in (Grade, FeedbackFile):
            await conn.execute(delete(table).where(table.submission_number == row.number))
    if regrade is not None:
        after = (record.score, record.max_score) if record.status == "graded" else (None, None)
        await regradings.done(conn, regrade, record.status, *after)
    if record.cells:
        await conn.execute(
            insert(Grade),
            [
                {
                    "submission_number": row.number,
                    "notebook": cell.notebook,
                    "name": cell.name,
                    "score": cell.score,
                    "max_score": cell.max_score,
                    "message": texts.clip(cell.message, texts.PATH),
                    "provisional": texts.clip(cell.provisional, texts.PATH),
                }
                for cell in record.cells
            ],
        )
    if pages:
        await conn.execute(
            insert(FeedbackFile),
            [{"submission_number": row.number, "path": path, "content": page} for path, page in pages],
        )
    return await outbox.record(
        conn,
        SubmissionGraded(
            course=record.course,
            student=record.student,
            submission_id=record.submission_id,
            assignment=record.assignment,
            status=record.status,
            score=record.score,
            max_score=record.max_score,
            needs_review=needs_review,
            penalty=record.penalty,
            before=regrade.before_score if regrade is not None else None,
        ),
    )


async def _keep_grade(
    conn: AsyncConnection, row: Row[*tuple[Any, ...]], regrade: regradings.Waiting, message: str
) -> Envelope:
    """Leave the grade as it was before a regrade that could not be done."""
    await conn.execute(
        update(Submission)
        .where(Submission.number == row.number)
        .values(status="graded", grader=None, needs_review=True, message=texts.clip(message, texts.PATH))
    )
    await regradings.done(conn, regrade, "failed", regrade.before_score, regrade.before_max)
    return await outbox.record(
        conn,
        SubmissionGraded(
            course=row.course,
            student=row.student,
            submission_id=row.submission_id,
            assignment=row.assignment,
            status="graded",
            score=row.score,
            max_score=row.max_score,
            needs_review=True,
            before=row.score,
        ),
    )


CANCELLED = "Your teacher took this out of the queue, so it was not graded. Your work is kept."


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


def _compressed(files: tuple[CourseFile, ...]) -> tuple[list[tuple[str, bytes]], list[str]]:
    """(path, compressed page) of what fits, and the paths of what does not."""
    pages, dropped, room = [], [], MAX_FEEDBACK_BYTES
    for file in files:
        if len(file.content) > room:
            dropped.append(file.path)
            continue
        room -= len(file.content)
        pages.append((file.path, zlib.compress(file.content, level=3)))
    return pages, dropped


async def view(conn: AsyncConnection, submission_id: str) -> SubmissionView:
    """One submission. NotFound when there is none."""
    row = (await conn.execute(_views().where(Submission.submission_id == submission_id))).one_or_none()
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


async def feedback(conn: AsyncConnection, submission_id: str) -> FileSet:
    """The pages of feedback; no files before grading. NotFound for an unknown submission."""
    number = await conn.scalar(select(Submission.number).where(Submission.submission_id == submission_id))
    if number is None:
        raise NotFound("There is no such submission.")
    rows = await conn.execute(
        select(FeedbackFile.path, FeedbackFile.content)
        .where(FeedbackFile.submission_number == number)
        .order_by(FeedbackFile.path)
    )
    pages = [(row.path, row.content) for row in rows]
    return await asyncio.to_thread(
        lambda: FileSet(
            files=tuple(CourseFile(path=path, content=zlib.decompress(page)) for path, page in pages)
        )
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
