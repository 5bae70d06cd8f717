"""When somebody last did something in a course: one row a person and course, written with the event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import AssignmentSubmitted, HelpAsked, RunFinished
from learnflow_ext.store.models import Attendance, User
from learnflow_ext.store.upsert import insert

ACTIVITY = (HelpAsked.TYPE, RunFinished.TYPE, AssignmentSubmitted.TYPE)
"""Events of what a student does; the rest happens to them."""
AT_ONCE = 500
KEY = ("course", "user_id")


async def note(conn: AsyncConnection, seen: Mapping[tuple[str, int], datetime]) -> None:
    """(course, user id) -> when they did something there; an earlier time than the one known changes nothing.

    In the transaction of the events, which has the turn of everybody named.
    """
    rows = [
        {"course": course, "user_id": user_id, "last_activity": at}
        for (course, user_id), at in sorted(seen.items())
        if course
    ]
    for start in range(0, len(rows), AT_ONCE):
        await conn.execute(_NOTE, rows[start : start + AT_ONCE])


def later(statement: Insert) -> Insert:
    """An insert of attendances that keeps the later time of two."""
    new = statement.excluded.last_activity
    return statement.on_conflict_do_update(
        index_elements=KEY, set_={"last_activity": new}, where=Attendance.last_activity < new
    )


_NOTE = later(insert(Attendance))


async def of_course(conn: AsyncConnection, course: str) -> dict[str, datetime]:
    """Student -> when they last did something in `course`; only who ever did."""
    return {name: at for name, at in await conn.execute(_OF_COURSE, {"course": course})}


_OF_COURSE: Select[*tuple[Any, ...]] = (
    select(User.name, Attendance.last_activity)
    .join(User, User.id == Attendance.user_id)
    .where(Attendance.course == bindparam("course"))
)
