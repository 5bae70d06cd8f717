"""Who grades what: taking submissions from the queue, and putting them back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, bindparam, exists, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from learnflow_ext.store import presence
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import Module, Submission, User

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


async def claim_next(conn: AsyncConnection, grader: str) -> Claimed | None:
    """Take the most urgent submission for `grader`, the id of a presence that is held; of equal ones the one
    that has waited longest; None when none waits.

    Of one student's work on one assignment only one is graded at a time, whoever grades: they share a folder.
    """
    if conn.dialect.name == "postgresql":
        # One takes after the other: what the other took is graded, but shows only once it is committed.
        # SQLite has one writer anyway.
        await conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CLAIM_KEY})
    number = await conn.scalar(_NEXT)
    if number is None:
        return None
    await conn.execute(_TAKE, {"of": number, "by": grader, "at": now()})
    row = (await conn.execute(_TAKEN, {"of": number})).one()
    return Claimed(**row._mapping)


def _next() -> Select[*tuple[Any, ...]]:
    other = aliased(Submission)
    theirs = exists().where(
        other.user_id == Submission.user_id,
        other.module_id == Submission.module_id,
        other.status == "grading",
    )
    return (
        select(Submission.number)
        .where(Submission.status == "queued", ~theirs)
        .order_by(Submission.urgency, Submission.number)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


# Built once: asked for with each submission, and by graders with nothing to do.
_NEXT = _next()
_TAKE = (
    update(Submission)
    .where(Submission.number == bindparam("of"))
    .values(
        status="grading",
        grader=bindparam("by"),
        attempts=Submission.attempts + 1,
        started_at=bindparam("at"),
    )
)
_TAKEN = (
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
    .where(Submission.number == bindparam("of"))
)


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
