"""The grade that counts of each student in each assignment, and points that a person should look at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, ColumnElement, String, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store import many
from learnflow_ext.store.models import Exercise, Grade, Module, Submission, User

HAIR = 1e-9
"""Of a point: 0.1 ten times is not quite 1."""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """The submission that counts: the best, of equal ones the latest."""

    student: str
    assignment: str
    submitted_at: datetime
    """Aware, UTC."""
    raw_score: float
    """Before anything was taken off for lateness."""
    score: float
    max_score: float
    needs_review: bool


def merit() -> tuple[ColumnElement[Any], ...]:
    """What the submissions of a student to an assignment are sorted by; the first one counts."""
    ratio = Submission.score / func.nullif(Submission.max_score, 0)
    return (func.coalesce(ratio, -1).desc(), Submission.number.desc())


def place(*before: ColumnElement[Any]) -> ColumnElement[int]:
    """1 for the submission of a student to an assignment that counts: the best, of equal ones the latest.
    `before` goes before all that."""
    return func.row_number().over(
        partition_by=(Submission.user_id, Submission.module_id), order_by=(*before, *merit())
    )


async def counted(
    conn: AsyncConnection, course: str, assignment: str | None = None
) -> dict[tuple[str, str], Counted]:
    """(student, assignment) -> what counts; of one assignment when named. None for who has no grade yet."""
    here = [Module.course == course, Submission.score.is_not(None)]
    if assignment is not None:
        here.append(Module.assignment == assignment)
    ranked = (
        select(Submission.number, place().label("place"))
        .join(Module, Module.id == Submission.module_id)
        .where(*here)
        .subquery()
    )
    raw = (
        select(func.sum(Grade.score))
        .where(Grade.submission_number == Submission.number)
        .correlate(Submission)
        .scalar_subquery()
    )
    rows = await conn.execute(
        select(
            User.name.label("student"),
            Module.assignment,
            Submission.submitted_at,
            func.coalesce(raw, Submission.score).label("raw_score"),
            Submission.score,
            Submission.max_score,
            Submission.needs_review,
        )
        .join(ranked, ranked.c.number == Submission.number)
        .join(User, User.id == Submission.user_id)
        .join(Module, Module.id == Submission.module_id)
        .where(ranked.c.place == 1)
    )
    return {(row.student, row.assignment): Counted(**row._mapping) for row in rows}


async def complete(
    conn: AsyncConnection, course: str, places: Collection[tuple[int, str]]
) -> frozenset[tuple[int, str]]:
    """Those of `places`, which are (user id, assignment), with all the points that there are to have.

    What was taken off for lateness counts as reached. Read from the submissions, where a grade stands at
    once; a standing follows by an event.
    """
    raw = (
        select(func.sum(Grade.score))
        .where(Grade.submission_number == Submission.number)
        .correlate(Submission)
        .scalar_subquery()
    )
    # More than an old submission could get, where exercises were added.
    there_are = (
        select(func.coalesce(func.sum(Exercise.max_score), 0))
        .where(Exercise.module_id == Module.id)
        .correlate(Module)
        .scalar_subquery()
    )
    rows = await conn.execute(
        select(Submission.user_id, Module.assignment)
        .join(Module, Module.id == Submission.module_id)
        .where(
            Module.course == course,
            many.one_of(conn, Module.assignment, {assignment for _, assignment in places}, String),
            many.one_of(conn, Submission.user_id, {user_id for user_id, _ in places}, BigInteger),
            Submission.max_score > 0,
            Submission.max_score >= there_are - HAIR,
            or_(Submission.score >= Submission.max_score, raw >= Submission.max_score - HAIR),
        )
        .distinct()
    )
    return frozenset((row.user_id, row.assignment) for row in rows) & frozenset(places)


class Provisional(msgspec.Struct, frozen=True, kw_only=True):
    """Points of a test that ran beside the student's code."""

    student: str
    assignment: str
    exercise: str
    score: float
    max_score: float
    why: str
    needs_review: bool
    """Of the whole submission."""


async def provisional(conn: AsyncConnection, course: str, limit: int) -> Sequence[Provisional]:
    """Provisional points in `course`, of the latest submissions first."""
    rows = await conn.execute(
        select(
            User.name.label("student"),
            Module.assignment,
            Grade.name.label("exercise"),
            Grade.score,
            Grade.max_score,
            Grade.provisional.label("why"),
            Submission.needs_review,
        )
        .join(Submission, Submission.number == Grade.submission_number)
        .join(User, User.id == Submission.user_id)
        .join(Module, Module.id == Submission.module_id)
        .where(Module.course == course, Grade.provisional != "")
        .order_by(Submission.number.desc(), Grade.id)
        .limit(limit)
    )
    return [Provisional(**row._mapping) for row in rows]
