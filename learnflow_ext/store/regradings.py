"""Grading all of an assignment again, and who got other points by it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast

import msgspec
from sqlalchemy import ColumnElement, Select, bindparam, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from learnflow_ext.contracts import grades
from learnflow_ext.contracts.errors import Conflict, NotFound
from learnflow_ext.contracts.events import RegradingStarted
from learnflow_ext.store import outbox, people, presence, texts
from learnflow_ext.store.clock import iso, now
from learnflow_ext.store.models import REGRADE, Module, Pseudonym, Regraded, Regrading, Submission, User

AT_ONCE = 500
NO_ASSIGNMENT = "There is no such assignment in this course."
ENDED = ("graded", "failed")
State = Literal["waiting", "graded", "failed", "cancelled"]


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A submission that waits to be graded again, and the points it has."""

    regrading_id: int
    submission_number: int
    before_score: float | None
    before_max: float | None
    by: str
    """The pseudonym of who asked for it; empty for one who was erased."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A submission whose grading ended: what a regrading would grade again."""

    number: int
    submission_id: str
    student: str
    files_path: str
    submitted_at: datetime
    """Aware, UTC."""
    score: float | None
    """None for what could not be graded."""
    max_score: float | None


async def start(
    conn: AsyncConnection,
    course: str,
    assignment: str,
    by: str,
    *,
    student: str = "",
    latest: bool = False,
) -> int:
    """Queue all that was handed in to `assignment`, by one student when named, and whose grading ended; the
    regrading's number. With `latest` only the last thing that each student handed in.

    Until each was graded again it keeps its points. What waits already is graded with the new tests anyway.
    NotFound for an assignment nobody knows; Conflict while the last regrading runs, and when there is nothing
    to grade.
    """
    module_id = await conn.scalar(
        select(Module.id).where(Module.course == course, Module.assignment == assignment).with_for_update()
    )
    if module_id is None:
        raise NotFound(NO_ASSIGNMENT)
    running = (
        select(Regraded.submission_number)
        .join(Regrading, Regrading.id == Regraded.regrading_id)
        .where(Regrading.module_id == module_id, Regraded.state == "waiting")
        .limit(1)
    )
    if await conn.scalar(running) is not None:
        raise Conflict("This assignment is being graded again already. Wait until that is done.")
    if student:
        # Their turn to write is ours from here on.
        await people.ensure(conn, student)
    rows = await _ended(conn, module_id, student, latest)
    made = await conn.scalar(
        insert(Regrading)
        .values(module_id=module_id, started_by=texts.clip(by, texts.NAME), started_at=now())
        .returning(Regrading.id)
    )
    assert made is not None
    number = int(made)
    await conn.execute(
        insert(Regraded),
        [
            {
                "regrading_id": number,
                "submission_number": row.number,
                "state": "waiting",
                "before_score": row.score,
                "before_max": row.max_score,
                "after_score": None,
                "after_max": None,
            }
            for row in rows
        ],
    )
    await conn.execute(
        update(Submission)
        .where(*_which(module_id, student, latest))
        .values(status="queued", urgency=REGRADE, attempts=0)
    )
    # Of one student's work the newest is graded last, for that is what the gradebook shows.
    own = aliased(Submission)
    again = select(own.user_id).where(
        own.module_id == module_id, own.status == "queued", own.urgency == REGRADE
    )
    await conn.execute(
        update(Submission)
        .where(Submission.module_id == module_id, Submission.status == "queued")
        .where(Submission.urgency < REGRADE, Submission.user_id.in_(again))
        .values(urgency=REGRADE)
    )
    await outbox.record(
        conn,
        RegradingStarted(
            course=course, student=by, regrading_id=number, assignment=assignment, submissions=len(rows)
        ),
    )
    await presence.ring(conn)
    return number


async def candidates(
    conn: AsyncConnection, course: str, assignment: str, *, student: str = "", latest: bool = False
) -> list[Ended]:
    """What `start` would queue, in the order it came; nothing is changed.

    NotFound for an assignment nobody knows; Conflict when there is nothing to grade.
    """
    module_id = await conn.scalar(
        select(Module.id).where(Module.course == course, Module.assignment == assignment)
    )
    if module_id is None:
        raise NotFound(NO_ASSIGNMENT)
    return await _ended(conn, module_id, student, latest)


def _which(module_id: int, student: str, latest: bool) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = [Submission.module_id == module_id, Submission.status.in_(ENDED)]
    if student:
        chosen.append(Submission.user_id.in_(select(User.id).where(User.name == student)))
    if latest:
        other = aliased(Submission)
        newest = select(func.max(other.number)).where(other.module_id == module_id).group_by(other.user_id)
        chosen.append(Submission.number.in_(newest))
    return chosen


async def _ended(conn: AsyncConnection, module_id: int, student: str, latest: bool) -> list[Ended]:
    rows = await conn.execute(
        select(
            Submission.number,
            Submission.submission_id,
            User.name.label("student"),
            Submission.files_path,
            Submission.submitted_at,
            Submission.score,
            Submission.max_score,
        )
        .join(User, User.id == Submission.user_id)
        .where(*_which(module_id, student, latest))
        .order_by(Submission.number)
    )
    found = [Ended(**row._mapping) for row in rows]
    if not found:
        raise Conflict("Nothing was handed in and graded here yet, so there is nothing to grade again.")
    return found


async def waiting(conn: AsyncConnection, submission_number: int) -> Waiting | None:
    """What is to be graded again of a submission; None when it is graded for the first time."""
    row = (await conn.execute(_WAITING, {"number": submission_number})).one_or_none()
    return None if row is None else Waiting(**row._mapping)


_WAITING = (
    select(
        Regraded.regrading_id,
        Regraded.submission_number,
        Regraded.before_score,
        Regraded.before_max,
        func.coalesce(Pseudonym.pseudonym, "").label("by"),
    )
    .join(Regrading, Regrading.id == Regraded.regrading_id)
    .outerjoin(User, User.name == Regrading.started_by)
    .outerjoin(Pseudonym, Pseudonym.user_id == User.id)
    .where(Regraded.submission_number == bindparam("number"), Regraded.state == "waiting")
)
"""Built once: each grading asks for it."""


async def done(
    conn: AsyncConnection, one: Waiting, state: State, score: float | None, max_score: float | None
) -> None:
    """Note what grading it again came to."""
    await conn.execute(
        update(Regraded)
        .where(
            Regraded.regrading_id == one.regrading_id,
            Regraded.submission_number == one.submission_number,
        )
        .values(state=state, after_score=score, after_max=max_score)
    )


async def stop(conn: AsyncConnection, course: str, number: int) -> int:
    """Take what still waits of a regrading out of the queue; it keeps the grade it had. How many these were.

    NotFound for a regrading that `course` does not have. What is being graded at the moment goes on.
    """
    await view(conn, course, number)
    theirs = select(Regraded.submission_number).where(
        Regraded.regrading_id == number, Regraded.state == "waiting"
    )
    stopped = await conn.execute(
        update(Submission)
        .where(Submission.number.in_(theirs), Submission.status == "queued")
        .values(status=case((Submission.score.is_not(None), "graded"), else_="failed"))
        .returning(Submission.number)
    )
    numbers = list(stopped.scalars())
    for start in range(0, len(numbers), AT_ONCE):
        await conn.execute(
            update(Regraded)
            .where(
                Regraded.regrading_id == number,
                Regraded.submission_number.in_(numbers[start : start + AT_ONCE]),
            )
            .values(state="cancelled", after_score=Regraded.before_score, after_max=Regraded.before_max)
        )
    return len(numbers)


async def of_course(conn: AsyncConnection, course: str, limit: int = 20) -> list[grades.Regrading]:
    """The latest regradings of `course`, newest first."""
    rows = await conn.execute(_views().where(Module.course == course).limit(limit))
    return [_view(row) for row in rows]


async def view(conn: AsyncConnection, course: str, number: int) -> grades.Regrading:
    """A regrading of `course` with each submission. NotFound for one it does not have."""
    row = (await conn.execute(_views().where(Module.course == course, Regrading.id == number))).one_or_none()
    if row is None:
        raise NotFound("There is no such regrading in this course.")
    found = await conn.execute(
        select(Regraded, Submission.submission_id, Submission.submitted_at, User.name)
        .join(Submission, Submission.number == Regraded.submission_number)
        .join(User, User.id == Submission.user_id)
        .where(Regraded.regrading_id == number)
        .order_by(User.name, Submission.number)
    )
    changes = tuple(
        grades.Regraded(
            student=one.name,
            submission_id=one.submission_id,
            submitted_at=iso(one.submitted_at),
            state=cast(State, one.state),
            before=one.before_score,
            before_max=one.before_max,
            after=one.after_score,
            after_max=one.after_max,
        )
        for one in found
    )
    return msgspec.structs.replace(_view(row), changes=changes)


def _views() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Regrading.id,
            Module.course,
            Module.assignment,
            Regrading.started_by,
            Regrading.started_at,
            func.count(Regraded.submission_number).label("total"),
            func.coalesce(func.sum(case((Regraded.state == "waiting", 1), else_=0)), 0).label("waiting"),
        )
        .join(Module, Module.id == Regrading.module_id)
        .outerjoin(Regraded, Regraded.regrading_id == Regrading.id)
        .group_by(Regrading.id, Module.course, Module.assignment)
        .order_by(Regrading.id.desc())
    )


def _view(row: Any) -> grades.Regrading:
    return grades.Regrading(
        regrading_id=row.id,
        course=row.course,
        assignment=row.assignment,
        started_by=row.started_by,
        started_at=iso(row.started_at),
        total=row.total,
        waiting=row.waiting,
    )
