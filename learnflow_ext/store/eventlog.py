"""Reading the audit trail."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

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


def _filtered(topic: str | None, student: str | None, course: str | None) -> Select[*tuple[Any, ...]]:
    statement = select(LoggedEvent, User.name).join(User, User.id == LoggedEvent.user_id)
    if topic is not None:
        statement = statement.where(LoggedEvent.topic == topic)
    if student is not None:
        # As a subquery it lets the index on the user's id do the work.
        statement = statement.where(
            LoggedEvent.user_id == select(User.id).where(User.name == student).scalar_subquery()
        )
    if course is not None:
        statement = statement.where(LoggedEvent.course == course)
    return statement


async def tail(
    conn: AsyncConnection,
    *,
    topic: str | None = None,
    student: str | None = None,
    course: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> list[LogEntry]:
    """Events, oldest first: the first `limit` above sequence `after`, or with None the last `limit`."""
    statement = _filtered(topic, student, course).limit(limit)
    if after is None:
        statement = statement.order_by(LoggedEvent.sequence.desc())
    else:
        statement = statement.where(LoggedEvent.sequence > after).order_by(LoggedEvent.sequence)
    entries = [
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
        for row in await conn.execute(statement)
    ]
    return entries if after is not None else entries[::-1]


async def newest_sequence(conn: AsyncConnection) -> int:
    """Sequence of the last event; 0 for an empty log."""
    return int(await conn.scalar(select(func.max(LoggedEvent.sequence))) or 0)
