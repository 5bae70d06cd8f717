"""Handed-in work of which trusted tests gave an exercise all points."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store.models import Grade, Module, Submission, User


class Solved(msgspec.Struct, frozen=True):
    """One submission."""

    student: str
    files_path: str
    """The folder with its files, on the service's side."""


async def newest(
    conn: AsyncConnection, course: str, assignment: str, checks: Sequence[str], *, most: int
) -> list[Solved]:
    """Of each student their newest with all points in each of the cells `checks`, that no test gave beside
    the student's code, and at which nobody has to look: of `most` students, the newest first.
    """
    if not checks:
        return []
    wanted = {"course": course, "assignment": assignment, "most": most}
    rows = await conn.execute(_NEWEST, {**wanted, "checks": list(checks), "count": len(set(checks))})
    return [Solved(row.name, row.files_path) for row in rows]


_RIGHT = (
    select(func.count(Grade.name.distinct()))
    .where(
        Grade.submission_number == Submission.number,
        Grade.name.in_(bindparam("checks", expanding=True)),
        Grade.max_score > 0,
        Grade.score >= Grade.max_score,
        Grade.provisional == "",
    )
    .correlate(Submission)
    .scalar_subquery()
)
_LATEST = (
    select(func.max(Submission.number).label("number"))
    .join(Module, Module.id == Submission.module_id)
    .where(
        Module.course == bindparam("course"),
        Module.assignment == bindparam("assignment"),
        Submission.status == "graded",
        Submission.needs_review.is_(False),
        _RIGHT >= bindparam("count"),
    )
    # One each before they are counted: nobody fills all the places with their own.
    .group_by(Submission.user_id)
    .order_by(func.max(Submission.number).desc())
    .limit(bindparam("most"))
    .subquery()
)
_NEWEST = (
    select(User.name, Submission.files_path)
    .join(_LATEST, _LATEST.c.number == Submission.number)
    .join(User, User.id == Submission.user_id)
    .order_by(Submission.number.desc())
)
