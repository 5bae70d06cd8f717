"""Reading the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import BigInteger, BindParameter, Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store import many
from learnflow_ext.store.clock import iso
from learnflow_ext.store.models import LoggedEvent, User


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the log, personal fields included: for teachers of that course and admins."""

    sequence: int
    id: str
    time: str
    """ISO 8601, UTC."""
    topic: str
    type: str
    course: str
    """Empty for what belongs to no course."""
    student: str
    data: dict[str, Any]
    """The event's other fields, as they were in its version."""


@cache
def _statement(
    topic: bool, student: bool, course: bool, types: tuple[str, ...], after: bool
) -> Select[*tuple[Any, ...]]:
    """The newest, or with `after` the oldest above a number. Built once for what is asked in the same way: to
    build it takes longer than to run it.
    """
    statement = select(
        LoggedEvent.sequence,
        LoggedEvent.event_id,
        LoggedEvent.time,
        LoggedEvent.topic,
        LoggedEvent.type,
        LoggedEvent.course,
        LoggedEvent.data,
        User.name,
    ).join(User, User.id == LoggedEvent.user_id)
    if topic:
        statement = statement.where(LoggedEvent.topic == bindparam("topic"))
    if types:
        # As they are, not as parameters: an index of these types alone is found no other way.
        named: BindParameter[Any] = bindparam(None, list(types), expanding=True, literal_execute=True)
        statement = statement.where(LoggedEvent.type.in_(named))
    if student:
        # As a subquery it lets the index on the user's id do the work.
        statement = statement.where(
            LoggedEvent.user_id == select(User.id).where(User.name == bindparam("student")).scalar_subquery()
        )
    if course:
        statement = statement.where(LoggedEvent.course == bindparam("course"))
    if after:
        statement = statement.where(LoggedEvent.sequence > bindparam("after")).order_by(LoggedEvent.sequence)
    else:
        statement = statement.order_by(LoggedEvent.sequence.desc())
    return statement.limit(bindparam("limit", type_=BigInteger))


async def tail(
    conn: AsyncConnection,
    *,
    topic: str | None = None,
    student: str | None = None,
    course: str | None = None,
    types: Sequence[str] = (),
    after: int | None = None,
    limit: int = 100,
) -> list[LogEntry]:
    """Events, oldest first: the first `limit` above sequence `after`, or with None the last `limit`."""
    asked = {"topic": topic, "student": student, "course": course, "after": after, "limit": limit}
    statement = _statement(
        topic is not None, student is not None, course is not None, tuple(types), after is not None
    )
    entries = await _entries(
        conn, statement, {name: value for name, value in asked.items() if value is not None}
    )
    return entries if after is not None else entries[::-1]


async def since(
    conn: AsyncConnection,
    mark: int,
    holes: Sequence[int] = (),
    *,
    course: str | None = None,
    limit: int = 100,
) -> list[LogEntry]:
    """Events, oldest first: the first `limit` above sequence `mark` or among `holes`, which lie below it."""
    statement = _statement(False, False, course is not None, (), True)
    # The lower bound lets an index do the work, holes or none.
    asked: dict[str, Any] = {"after": min(holes, default=mark + 1) - 1, "limit": limit}
    if course is not None:
        asked["course"] = course
    if holes:
        missing = many.one_of(conn, LoggedEvent.sequence, holes, BigInteger)
        statement = statement.where((LoggedEvent.sequence > mark) | missing)
    return await _entries(conn, statement, asked)


async def sequences(conn: AsyncConnection, after: int) -> list[int]:
    """The numbers of all events above `after`, ascending."""
    wanted = select(LoggedEvent.sequence).where(LoggedEvent.sequence > after).order_by(LoggedEvent.sequence)
    return list(await conn.scalars(wanted))


async def _entries(
    conn: AsyncConnection, statement: Select[*tuple[Any, ...]], asked: dict[str, Any]
) -> list[LogEntry]:
    return [
        LogEntry(
            sequence=row.sequence,
            id=row.event_id,
            time=iso(row.time),
            topic=row.topic,
            type=row.type,
            course=row.course,
            student=row.name,
            data=msgspec.json.decode(row.data),
        )
        for row in await conn.execute(statement, asked)
    ]


async def newest_sequence(conn: AsyncConnection) -> int:
    """Sequence of the last event; 0 for an empty log."""
    return int(await conn.scalar(select(func.max(LoggedEvent.sequence))) or 0)
