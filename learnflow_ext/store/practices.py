"""Exercises that were made for students, and how their answers fared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, String, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import NotFound
from learnflow_ext.contracts.events import ExerciseGenerated, PracticeChecked
from learnflow_ext.contracts.practice import PracticeState
from learnflow_ext.store import many, outbox, people, texts
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import Practice, PracticeReview, User


class PracticeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One exercise of one student's."""

    course: str
    assignment: str
    """Whose topic it trains; empty for none."""
    name: str
    title: str
    topic: str
    difficulty: int
    made_of: str
    """The exercise as JSON, with solution and hidden tests."""
    made_at: datetime
    attempts: int
    score: float | None
    """Of the best answer; None before the first."""
    max_score: float | None
    state: PracticeState
    reason: str
    """Why a teacher refused it; empty otherwise."""


async def given(
    conn: AsyncConnection,
    event: ExerciseGenerated,
    *,
    assignment: str,
    made_of: str,
    waits: bool = False,
    person: int | None = None,
) -> None:
    """Keep an exercise that `event` tells of, and record that event. A teacher reads first what `waits`.

    NotFound when its student is no longer the `person` of that id, who was erased; None for whoever it is.
    """
    user_id = await people.ensure(conn, event.student)
    if person not in (None, user_id):
        raise NotFound("Who asked for this exercise was erased meanwhile.")
    number = await conn.scalar(
        insert(Practice)
        .values(
            user_id=user_id,
            course=event.course,
            assignment=assignment,
            name=event.name,
            title=texts.clip(event.title, texts.NAME),
            topic=event.topic,
            difficulty=event.difficulty,
            made_of=made_of,
            made_at=now(),
            attempts=0,
        )
        .returning(Practice.id)
    )
    if waits:
        await conn.execute(
            insert(PracticeReview).values(
                practice_id=number,
                state="waiting",
                mutants=event.mutants,
                killed=event.killed,
                edited=False,
                reason="",
                decided_by="",
            )
        )
    await outbox.record(conn, event)


async def of_student(conn: AsyncConnection, student: str, *, limit: int) -> list[PracticeRow]:
    """The student's, of all courses, the latest first."""
    rows = await conn.execute(_rows(student).order_by(Practice.id.desc()).limit(limit))
    return [PracticeRow(**row._mapping) for row in rows]


async def named(conn: AsyncConnection, student: str, name: str) -> PracticeRow:
    """The student's exercise of that name. NotFound when they have none."""
    row = (await conn.execute(_rows(student).where(Practice.name == name))).one_or_none()
    if row is None:
        raise NotFound("That is not an exercise which was made for you. Ask @Exercise for one in the chat.")
    return PracticeRow(**row._mapping)


async def courses_of(conn: AsyncConnection, student: str, names: Collection[str]) -> dict[str, str]:
    """The course of each of the student's exercises among `names`."""
    if not names:
        return {}
    rows = await conn.execute(
        select(Practice.name, Practice.course)
        .join(User, User.id == Practice.user_id)
        .where(User.name == student, Practice.name.in_(names))
    )
    return {row.name: row.course for row in rows}


async def made_since(conn: AsyncConnection, student: str, since: datetime) -> int:
    """How many were made for the student from then on."""
    count = await conn.scalar(
        select(func.count())
        .select_from(Practice)
        .join(User, User.id == Practice.user_id)
        .where(User.name == student, Practice.made_at >= since)
    )
    return count or 0


async def checked(
    conn: AsyncConnection, student: str, name: str, *, score: float, max_score: float
) -> PracticeRow:
    """Count an answer that was graded, keep the best, and record a `PracticeChecked`. NotFound as `named`."""
    user_id = await people.ensure(conn, student)
    before = await named(conn, student, name)
    best = max(score, before.score or 0.0)
    await conn.execute(
        update(Practice)
        .where(Practice.user_id == user_id, Practice.name == name)
        .values(attempts=Practice.attempts + 1, score=best, max_score=max_score, checked_at=now())
    )
    after = msgspec.structs.replace(before, attempts=before.attempts + 1, score=best, max_score=max_score)
    await outbox.record(
        conn,
        PracticeChecked(
            course=before.course,
            student=student,
            name=name,
            topic=before.topic,
            difficulty=before.difficulty,
            score=score,
            max_score=max_score,
            assignment=before.assignment,
            attempt=after.attempts,
        ),
    )
    return after


async def points(conn: AsyncConnection, course: str, students: Sequence[str]) -> dict[str, dict[str, float]]:
    """By student and assignment, the points of the best answers; who has none is left out."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    asked = {"course": course, "students": many.given(conn, students)}
    for row in await conn.execute(reached(conn), asked):
        found[row.name][row.assignment] = float(row.points)
    return found


def reached(conn: AsyncConnection) -> Select[*tuple[Any, ...]]:
    """Asks for what `points` has: `name`, `assignment` and `points`, for parameters `course` and
    `students`."""
    return (
        select(User.name, Practice.assignment, func.sum(Practice.score).label("points"))
        .join(User, User.id == Practice.user_id)
        .where(
            Practice.course == bindparam("course"),
            many.is_one_of(conn, User.name, "students", String),
            Practice.score.is_not(None),
            Practice.assignment != "",
        )
        .group_by(User.name, Practice.assignment)
    )


def _rows(student: str) -> Select[*tuple[object, ...]]:
    return (
        select(
            Practice.course,
            Practice.assignment,
            Practice.name,
            Practice.title,
            Practice.topic,
            Practice.difficulty,
            Practice.made_of,
            Practice.made_at,
            Practice.attempts,
            Practice.score,
            Practice.max_score,
            func.coalesce(PracticeReview.state, "given").label("state"),
            func.coalesce(PracticeReview.reason, "").label("reason"),
        )
        .join(User, User.id == Practice.user_id)
        .outerjoin(PracticeReview, PracticeReview.practice_id == Practice.id)
        .where(User.name == student)
    )
