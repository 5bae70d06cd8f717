"""Which assignments' points and feedback a teacher gave out, and where blind grading was ended before."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import NotFound
from learnflow_ext.contracts.events import NamesShown, ResultsReleased
from learnflow_ext.store import courses, outbox
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import Module, ResultRelease
from learnflow_ext.store.models import NamesShown as Shown
from learnflow_ext.store.upsert import insert


async def release(conn: AsyncConnection, course: str, assignment: str, by: str) -> None:
    """Give out the results of an assignment, for good; fine when they are. NotFound for one nobody knows."""
    module_id = await courses.find(conn, course, assignment)
    if module_id is None:
        raise NotFound("There is no such assignment in this course.")
    made = await conn.execute(
        insert(ResultRelease)
        .values(module_id=module_id, released_at=now())
        .on_conflict_do_nothing(index_elements=["module_id"])
    )
    if made.rowcount:
        await outbox.record(conn, ResultsReleased(course=course, student=by, assignment=assignment))


async def released(conn: AsyncConnection, course: str) -> frozenset[str]:
    """Assignments of `course` whose results a teacher gave out."""
    return frozenset(await conn.scalars(_RELEASED, {"course": course}))


_RELEASED = (
    select(Module.assignment)
    .join(ResultRelease, ResultRelease.module_id == Module.id)
    .where(Module.course == bindparam("course"))
)
"""Built once: each look at one's progress, and each question, asks for it."""


async def show_names(conn: AsyncConnection, course: str, assignment: str, by: str) -> None:
    """End the blind grading of an assignment for the teachers, for good; fine when it has ended. NotFound for
    an assignment nobody knows."""
    module_id = await courses.find(conn, course, assignment)
    if module_id is None:
        raise NotFound("There is no such assignment in this course.")
    made = await conn.execute(
        insert(Shown)
        .values(module_id=module_id, shown_at=now())
        .on_conflict_do_nothing(index_elements=["module_id"])
    )
    if made.rowcount:
        await outbox.record(conn, NamesShown(course=course, student=by, assignment=assignment))


async def names_shown(conn: AsyncConnection, course: str) -> frozenset[str]:
    """Assignments of `course` whose blind grading a teacher ended."""
    rows = await conn.scalars(
        select(Module.assignment).join(Shown, Shown.module_id == Module.id).where(Module.course == course)
    )
    return frozenset(rows)
