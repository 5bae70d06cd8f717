"""Exercises that a teacher reads first: those that wait, and what was decided about them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import cast

import msgspec
from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import Conflict, NotFound
from learnflow_ext.contracts.events import ExerciseDecided
from learnflow_ext.contracts.practice import PracticeState
from learnflow_ext.store import outbox, texts
from learnflow_ext.store.clock import iso, now
from learnflow_ext.store.models import Practice, PracticeReview, User

DECIDED = "Somebody decided about this exercise already. Load the page again to see how."
OVERTAKEN = "Somebody else changed this exercise at the same moment. Press again to see what they made of it."


class Reviewed(msgspec.Struct, frozen=True, kw_only=True):
    """One exercise that waits for a teacher, or did."""

    number: int
    student: str
    course: str
    name: str
    title: str
    topic: str
    difficulty: int
    made_of: str
    """The exercise as JSON, with solution and hidden tests: for teachers only."""
    made_at: str
    mutants: int
    killed: int
    state: PracticeState
    edited: bool
    reason: str
    decided_by: str
    decided_at: str
    """ISO 8601; empty before."""


async def waiting(conn: AsyncConnection, course: str, limit: int) -> list[Reviewed]:
    """Those of `course` that nobody decided about, the oldest first."""
    rows = await conn.execute(
        _rows()
        .where(Practice.course == course, PracticeReview.state == "waiting")
        .order_by(Practice.id)
        .limit(limit)
    )
    return [_reviewed(row) for row in rows]


async def count_waiting(conn: AsyncConnection, course: str) -> int:
    """How many of `course` nobody decided about."""
    count = await conn.scalar(
        select(func.count())
        .select_from(PracticeReview)
        .join(Practice, Practice.id == PracticeReview.practice_id)
        .where(Practice.course == course, PracticeReview.state == "waiting")
    )
    return count or 0


async def decided(conn: AsyncConnection, course: str, limit: int, offset: int = 0) -> list[Reviewed]:
    """Those of `course` that somebody decided about, the latest first."""
    rows = await conn.execute(
        _rows()
        .where(Practice.course == course, PracticeReview.state != "waiting")
        .order_by(PracticeReview.decided_at.desc(), Practice.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [_reviewed(row) for row in rows]


async def of_student(conn: AsyncConnection, course: str, student: str, *, since: datetime) -> list[Reviewed]:
    """The student's in `course` that wait, and those decided about since then, the oldest first."""
    rows = await conn.execute(
        _rows()
        .where(
            Practice.course == course,
            User.name == student,
            (PracticeReview.state == "waiting") | (PracticeReview.decided_at >= since),
        )
        .order_by(Practice.id)
    )
    return [_reviewed(row) for row in rows]


async def news(conn: AsyncConnection, course: str, student: str) -> list[Reviewed]:
    """The student's in `course` that were decided about, and of which the student does not know yet."""
    rows = await conn.execute(
        _rows()
        .where(
            Practice.course == course,
            User.name == student,
            PracticeReview.state != "waiting",
            PracticeReview.told_at.is_(None),
        )
        .order_by(Practice.id)
    )
    return [_reviewed(row) for row in rows]


async def how_many_wait(conn: AsyncConnection, course: str, student: str) -> int:
    """How many of the student's wait for a teacher of `course`."""
    count = await conn.scalar(
        select(func.count())
        .select_from(PracticeReview)
        .join(Practice, Practice.id == PracticeReview.practice_id)
        .join(User, User.id == Practice.user_id)
        .where(Practice.course == course, User.name == student, PracticeReview.state == "waiting")
    )
    return count or 0


async def one(conn: AsyncConnection, course: str, number: int) -> Reviewed:
    """The one of that number. NotFound when `course` has none that waits or waited."""
    row = (await conn.execute(_rows().where(Practice.course == course, Practice.id == number))).one_or_none()
    if row is None:
        raise NotFound("There is no such exercise in this course.")
    return _reviewed(row)


async def reword(
    conn: AsyncConnection, course: str, number: int, *, before: str, made_of: str, mutants: int, killed: int
) -> None:
    """Keep what a teacher changed in one that waits, and that was `before`. Conflict when somebody decided
    about it, or changed it, meanwhile.
    """
    changed = await conn.execute(
        update(PracticeReview)
        .where(PracticeReview.practice_id == _id(course, number), PracticeReview.state == "waiting")
        .values(edited=True, mutants=mutants, killed=killed)
    )
    if not changed.rowcount:
        raise Conflict(DECIDED)
    kept = await conn.execute(
        update(Practice).where(Practice.id == number, Practice.made_of == before).values(made_of=made_of)
    )
    if not kept.rowcount:
        raise Conflict(OVERTAKEN)


async def decide(
    conn: AsyncConnection,
    course: str,
    number: int,
    by: str,
    *,
    made_of: str | None = None,
    refused_because: str = "",
) -> Reviewed:
    """Let one through, or refuse it for a reason, and record that. Conflict when somebody was faster, or it
    is no longer `made_of` that; None for whatever it is.
    """
    await one(conn, course, number)
    state: PracticeState = "refused" if refused_because else "given"
    changed = await conn.execute(
        update(PracticeReview)
        .where(PracticeReview.practice_id == _id(course, number), PracticeReview.state == "waiting")
        .values(
            state=state,
            reason=texts.clip(refused_because, texts.PATH),
            decided_by=texts.clip(by, texts.NAME),
            decided_at=now(),
        )
    )
    if not changed.rowcount:
        raise Conflict(DECIDED)
    # Nobody changes it any more from here on.
    found = await one(conn, course, number)
    if made_of not in (None, found.made_of):
        raise Conflict(OVERTAKEN)
    await outbox.record(
        conn,
        ExerciseDecided(
            course=course,
            student=found.student,
            name=found.name,
            title=found.title,
            topic=found.topic,
            difficulty=found.difficulty,
            outcome=state,
            edited=found.edited,
            reason=texts.clip(refused_because, texts.PATH),
        ),
    )
    return found


async def told(conn: AsyncConnection, student: str, names: Collection[str]) -> frozenset[str]:
    """Note that the student knows what was decided about the exercises of these names.

    Those among them of which nobody had noted it yet: of two who want to say it, one has each name.
    """
    numbers = (
        select(Practice.id)
        .join(User, User.id == Practice.user_id)
        .where(User.name == student, Practice.name.in_(names))
    )
    noted = await conn.scalars(
        update(PracticeReview)
        .where(
            PracticeReview.practice_id.in_(numbers),
            PracticeReview.state != "waiting",
            PracticeReview.told_at.is_(None),
        )
        .values(told_at=now())
        .returning(PracticeReview.practice_id)
    )
    found = await conn.scalars(select(Practice.name).where(Practice.id.in_(noted.all())))
    return frozenset(found)


async def was_told(conn: AsyncConnection, student: str, name: str) -> bool:
    """Whether the student knows what was decided about their exercise; False where nothing was."""
    moment = await conn.scalar(
        select(PracticeReview.told_at)
        .join(Practice, Practice.id == PracticeReview.practice_id)
        .join(User, User.id == Practice.user_id)
        .where(User.name == student, Practice.name == name)
    )
    return moment is not None


def _id(course: str, number: int) -> object:
    return select(Practice.id).where(Practice.id == number, Practice.course == course).scalar_subquery()


def _rows() -> Select[*tuple[object, ...]]:
    return (
        select(
            Practice.id.label("number"),
            User.name.label("student"),
            Practice.course,
            Practice.name,
            Practice.title,
            Practice.topic,
            Practice.difficulty,
            Practice.made_of,
            Practice.made_at,
            PracticeReview.mutants,
            PracticeReview.killed,
            PracticeReview.state,
            PracticeReview.edited,
            PracticeReview.reason,
            PracticeReview.decided_by,
            PracticeReview.decided_at,
        )
        .join(User, User.id == Practice.user_id)
        .join(PracticeReview, PracticeReview.practice_id == Practice.id)
    )


def _reviewed(row: Row[*tuple[object, ...]]) -> Reviewed:
    found = row._mapping
    return Reviewed(
        **{
            **found,
            "state": cast(PracticeState, found["state"]),
            "made_at": iso(found["made_at"]),
            "decided_at": iso(found["decided_at"]) if found["decided_at"] else "",
        }
    )
