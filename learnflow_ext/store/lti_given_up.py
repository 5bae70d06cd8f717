"""Grades that a learning platform refused so often that it is not told them again by itself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store.models import LtiScore, Module, User


class GivenUp(msgspec.Struct, frozen=True, kw_only=True):
    """What was given up in one assignment for one reason."""

    assignment: str
    why: str
    """What the platform answered, in a line."""
    students: tuple[str, ...]
    """Whose grades, in order of name; one at least."""


async def of_course(conn: AsyncConnection, course: str) -> list[GivenUp]:
    """By assignment and reason, in order of names; empty for none."""
    rows = await conn.execute(
        select(Module.assignment, LtiScore.note, User.name)
        .join(Module, Module.id == LtiScore.module_id)
        .join(User, User.id == LtiScore.user_id)
        .where(Module.course == course, LtiScore.state == "failed")
        .order_by(Module.assignment, LtiScore.note, User.name)
    )
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        found.setdefault((row.assignment, row.note), []).append(row.name)
    return [
        GivenUp(assignment=assignment, why=why, students=tuple(names))
        for (assignment, why), names in found.items()
    ]


async def since(conn: AsyncConnection, at: datetime, courses: Collection[str]) -> int:
    """How many of `courses` were given up since then, and are."""
    found = await conn.scalar(
        select(func.count())
        .select_from(LtiScore)
        .join(Module, Module.id == LtiScore.module_id)
        # When it was due last is when it was tried last.
        .where(LtiScore.state == "failed", LtiScore.due_at >= at, Module.course.in_(courses))
    )
    return found or 0


async def again(conn: AsyncConnection, course: str, assignment: str, at: datetime) -> int:
    """Have those of an assignment told as if for the first time; how many."""
    module = select(Module.id).where(Module.course == course, Module.assignment == assignment)
    result = await conn.execute(
        update(LtiScore)
        .where(LtiScore.module_id.in_(module), LtiScore.state == "failed")
        .values(state="waiting", due_at=at, tries=0, note="")
    )
    return result.rowcount
