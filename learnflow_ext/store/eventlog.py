"""Reading the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
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


def _filtered(
    topic: str | None, student: str | None, course: str | None, types: Sequence[str] = ()
) -> Select[*tuple[Any, ...]]:
    statement = select(LoggedEvent, User.name).join(User, User.id == LoggedEvent.user_id)
    if topic is not None:
        statement = statement.where(LoggedEvent.topic == topic)
    if types:
        # As they are, not as parameters: an index of these types alone is found no other way.
        named: BindParameter[Any] = bindparam(None, list(types), expanding=True, literal_execute=True)
        statement = statement.where(LoggedEvent.type.in_(named))
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
    types: Sequence[str] = (),
    after: int | None = None,
    limit: int = 100,
) -> list[LogEntry]:
    """Events, oldest first: the first `limit` above sequence `after`, or with None the last `limit`."""
    statement = _filtered(topic, student, course, types).limit(limit)
    if after is None:
        statement = statement.order_by(LoggedEvent.sequence.desc())
    else:
        statement = statement.where(LoggedEvent.sequence > after).order_by(LoggedEvent.sequence)
    entries = await _entries(conn, statement)
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
    statement = _filtered(None, None, course).order_by(LoggedEvent.sequence).limit(limit)
    # The lower bound lets an index do the work, holes or none.
    statement = statement.where(LoggedEvent.sequence > min(holes, default=mark + 1) - 1)
    if holes:
        missing = many.one_of(conn, LoggedEvent.sequence, holes, BigInteger)
        statement = statement.where((LoggedEvent.sequence > mark) | missing)
    return await _entries(conn, statement)


async def sequences(conn: AsyncConnection, after: int) -> list[int]:
    """The numbers of all events above `after`, ascending."""
    wanted = select(LoggedEvent.sequence).where(LoggedEvent.sequence > after).order_by(LoggedEvent.sequence)
    return list(await conn.scalars(wanted))


async def _entries(conn: AsyncConnection, statement: Select[*tuple[Any, ...]]) -> list[LogEntry]:
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
        for row in await conn.execute(statement)
    ]


async def newest_sequence(conn: AsyncConnection) -> int:
    """Sequence of the last event; 0 for an empty log."""
    return int(await conn.scalar(select(func.max(LoggedEvent.sequence))) or 0)
