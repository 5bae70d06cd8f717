"""Handed-in work that trusted tests gave all points."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store.models import Grade, Module, Submission, User


class Solved(msgspec.Struct, frozen=True):
    """One submission."""

    student: str
    files_path: str
    """The folder with its files, on the service's side."""


async def newest(conn: AsyncConnection, course: str, assignment: str, *, most: int) -> list[Solved]:
    """Of each student their newest with all points that no test gave beside the student's code and nobody
    has to look at; the newest first, out of the `most` newest.
    """
    rows = await conn.execute(_NEWEST, {"course": course, "assignment": assignment, "most": most})
    found: dict[str, Solved] = {}
    for row in rows:
        found.setdefault(row.name, Solved(row.name, row.files_path))
    return list(found.values())


_NEWEST = (
    select(User.name, Submission.files_path)
    .join(Module, Module.id == Submission.module_id)
    .join(User, User.id == Submission.user_id)
    .where(
        Module.course == bindparam("course"),
        Module.assignment == bindparam("assignment"),
        Submission.status == "graded",
        Submission.needs_review.is_(False),
        Submission.max_score > 0,
        Submission.score >= Submission.max_score,
        ~exists().where(Grade.submission_number == Submission.number, Grade.provisional != ""),
    )
    .order_by(Submission.number.desc())
    .limit(bindparam("most"))
)
