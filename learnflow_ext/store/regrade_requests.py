"""What students say against a grade, and what their teachers answer: once for each submission."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import BadRequest, Conflict, NotFound
from learnflow_ext.contracts.events import RegradeAnswered, RegradeAsked
from learnflow_ext.contracts.grades import RegradeRequest, RequestState
from learnflow_ext.store import outbox, regradings, texts
from learnflow_ext.store.clock import iso, now
from learnflow_ext.store.models import Module, Submission, User
from learnflow_ext.store.models import RegradeRequest as Requested

MOST_CHARS = texts.PATH


def sentence(text: str, what: str) -> str:
    """`text` on one line, fit to be kept. BadRequest when there is none, or too much."""
    clean = texts.clip(" ".join(text.split()), MOST_CHARS + 1)
    if not clean:
        raise BadRequest(f"Write a sentence: {what}.")
    if len(clean) > MOST_CHARS:
        raise BadRequest(f"At most {MOST_CHARS} characters, please.")
    return clean


async def ask(conn: AsyncConnection, student: str, submission_id: str, reason: str) -> RegradeRequest:
    """Keep a request about the student's own graded work; said again before the answer, the last reason
    counts. NotFound for work that is not theirs, Conflict for what has no grade or was answered already.
    """
    said = sentence(reason, "what you think is wrong with the grade")
    row = (
        await conn.execute(
            select(Submission.number, Submission.status, Module.course, Module.assignment)
            .join(Module, Module.id == Submission.module_id)
            .join(User, User.id == Submission.user_id)
            .where(Submission.submission_id == submission_id, User.name == student)
            .with_for_update(of=Submission)
        )
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such submission of yours.")
    if row.status not in ("graded", "failed"):
        raise Conflict("This is still being graded. Wait for the result first.")
    state = await conn.scalar(select(Requested.state).where(Requested.submission_number == row.number))
    if state not in (None, "open"):
        raise Conflict("Your teacher has answered this already. Speak with them, or hand in again.")
    if state is None:
        await conn.execute(
            insert(Requested).values(
                submission_number=row.number,
                reason=said,
                asked_at=now(),
                state="open",
                answer="",
                answered_by="",
                answered_at=None,
            )
        )
    else:
        await conn.execute(
            update(Requested).where(Requested.submission_number == row.number).values(reason=said)
        )
    await outbox.record(
        conn,
        RegradeAsked(
            course=row.course,
            student=student,
            submission_id=submission_id,
            assignment=row.assignment,
            reason=said,
        ),
    )
    return await view(conn, row.course, submission_id)


async def answer(
    conn: AsyncConnection, course: str, submission_id: str, by: str, text: str, *, regrade: bool
) -> RegradeRequest:
    """A teacher's answer; with `regrade` the student's work on the assignment is graded again.

    NotFound for what was not asked in `course`; Conflict when it was answered, or is being graded again.
    """
    said = sentence(text, "the student reads why")
    found = await view(conn, course, submission_id)
    state: RequestState = "regraded" if regrade else "declined"
    number = select(Submission.number).where(Submission.submission_id == submission_id).scalar_subquery()
    changed = await conn.execute(
        update(Requested)
        .where(Requested.submission_number == number, Requested.state == "open")
        .values(state=state, answer=said, answered_by=texts.clip(by, texts.NAME), answered_at=now())
    )
    if not changed.rowcount:
        raise Conflict("This was answered already. Load the page again to see how.")
    if regrade:
        await regradings.start(conn, course, found.assignment, by, student=found.student)
    await outbox.record(
        conn,
        RegradeAnswered(
            course=course,
            student=found.student,
            submission_id=submission_id,
            assignment=found.assignment,
            outcome=state,
            answer=said,
        ),
    )
    return await view(conn, course, submission_id)


async def view(conn: AsyncConnection, course: str, submission_id: str) -> RegradeRequest:
    """The request about a submission. NotFound when there is none."""
    statement = _views().where(Module.course == course, Submission.submission_id == submission_id)
    row = (await conn.execute(statement)).one_or_none()
    if row is None:
        raise NotFound("There is no such request in this course.")
    return _view(row)


async def of_course(
    conn: AsyncConnection, course: str, *, student: str = "", only_open: bool = False, limit: int = 100
) -> list[RegradeRequest]:
    """Requests in `course`, latest first, or the open ones, oldest first; of one student when named."""
    statement = _views().where(Module.course == course).limit(limit)
    if student:
        statement = statement.where(User.name == student)
    if only_open:
        statement = statement.where(Requested.state == "open").order_by(Requested.asked_at)
    else:
        statement = statement.order_by(Requested.asked_at.desc())
    return [_view(row) for row in await conn.execute(statement)]


async def forget(conn: AsyncConnection, before: datetime) -> int:
    """Delete the words of requests from before then; how many had any."""
    worded = await conn.execute(
        update(Requested)
        .where(Requested.asked_at < before, (Requested.reason != "") | (Requested.answer != ""))
        .values(reason="", answer="")
    )
    return int(worded.rowcount)


def _views() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Requested,
            Module.course,
            Module.assignment,
            User.name.label("student"),
            Submission.submission_id,
            Submission.score,
            Submission.max_score,
        )
        .join(Submission, Submission.number == Requested.submission_number)
        .join(Module, Module.id == Submission.module_id)
        .join(User, User.id == Submission.user_id)
    )


def _view(row: Row[*tuple[Any, ...]]) -> RegradeRequest:
    return RegradeRequest(
        submission_id=row.submission_id,
        course=row.course,
        assignment=row.assignment,
        student=row.student,
        reason=row.reason,
        asked_at=iso(row.asked_at),
        score=row.score,
        max_score=row.max_score,
        state=cast(RequestState, row.state),
        answer=row.answer,
        answered_by=row.answered_by,
    )
