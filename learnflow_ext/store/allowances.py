"""More time for single students, as teachers give it on the dashboard. `course.yaml` may give more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, cast

import msgspec
from sqlalchemy import Row, Select, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import AllowanceChanged
from learnflow_ext.store import outbox, people
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import Allowance, User
from learnflow_ext.store.upsert import insert

Kind = Literal["extra_time", "extension"]


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What one student has more."""

    student: str
    kind: Kind
    assignment: str = ""
    """Empty for all exams; an extension names one."""
    minutes: float = 0.0
    percent: float = 0.0
    due: datetime | None = None
    """Of an extension: aware, UTC."""
    given_at: datetime | None = None
    """None before it is kept."""


async def of_course(conn: AsyncConnection, course: str) -> list[Given]:
    """Everything given in `course`, by student."""
    return [_given(row) for row in await conn.execute(_OF_COURSE, {"course": course})]


async def extra_time(conn: AsyncConnection, courses: Iterable[str]) -> dict[str, list[Given]]:
    """More time in exams, by course; courses without any are left out."""
    wanted = _all().where(Allowance.kind == "extra_time", Allowance.course.in_(sorted(courses)))
    found: dict[str, list[Given]] = {}
    for row in await conn.execute(wanted):
        found.setdefault(row.course, []).append(_given(row))
    return found


async def give(db: Database, course: str, given: Given, *, room: str, by: str) -> None:
    """Keep it, in place of what the student had of this kind for this assignment; on record as the teacher
    `by`'s, in words as `room`."""

    async def keep(conn: AsyncConnection) -> None:
        user_id = await people.ensure(conn, given.student)
        values = {
            "minutes": given.minutes,
            "percent": given.percent,
            "due": given.due,
            "given_at": now(),
        }
        await conn.execute(
            insert(Allowance)
            .values(user_id=user_id, course=course, kind=given.kind, assignment=given.assignment, **values)
            .on_conflict_do_update(index_elements=["user_id", "course", "kind", "assignment"], set_=values)
        )
        await outbox.record(conn, _event(course, given, room, signature, given_now=True))

    # By itself: a transaction that writes for two people takes them in the order of their names.
    signature = await db.retrying(lambda conn: people.pseudonym(conn, by))
    await db.retrying(keep)


async def take_back(db: Database, course: str, given: Given, *, room: str, by: str) -> bool:
    """Take away what was given; False when it is gone already, and then nothing is recorded."""

    async def remove(conn: AsyncConnection) -> bool:
        user_id = await people.ensure(conn, given.student)
        gone = await conn.execute(
            delete(Allowance).where(
                Allowance.user_id == user_id,
                Allowance.course == course,
                Allowance.kind == given.kind,
                Allowance.assignment == given.assignment,
            )
        )
        if gone.rowcount:
            await outbox.record(conn, _event(course, given, room, signature, given_now=False))
        return bool(gone.rowcount)

    signature = await db.retrying(lambda conn: people.pseudonym(conn, by))
    return await db.retrying(remove)


def _event(course: str, given: Given, room: str, signature: str, *, given_now: bool) -> AllowanceChanged:
    return AllowanceChanged(
        course=course,
        student=given.student,
        kind=given.kind,
        assignment=given.assignment,
        given=given_now,
        room=room,
        by=signature,
    )


def _all() -> Select[*tuple[object, ...]]:
    order = (User.name, Allowance.kind, Allowance.assignment)
    return (
        select(User.name, *Allowance.__table__.columns)
        .join(User, User.id == Allowance.user_id)
        .order_by(*order)
    )


_OF_COURSE = _all().where(Allowance.course == bindparam("course"))
"""Built once: each submission, question and look at one's progress asks for it."""


def _given(row: Row[*tuple[object, ...]]) -> Given:
    return Given(
        student=row.name,
        kind=cast("Kind", row.kind),
        assignment=row.assignment,
        minutes=row.minutes,
        percent=row.percent,
        due=row.due,
        given_at=row.given_at,
    )
