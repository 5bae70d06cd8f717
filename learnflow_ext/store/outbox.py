"""The only place where events are made, and the queue from which the relay takes them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnClause,
    Delete,
    Select,
    String,
    Text,
    and_,
    bindparam,
    column,
    func,
    insert,
    not_,
    select,
)
from sqlalchemy import delete as sql_delete
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from learnflow_ext.contracts.events import EVENT_TYPES, Envelope, Event
from learnflow_ext.store import attendance, many, people, texts
from learnflow_ext.store.clock import iso, now
from learnflow_ext.store.database import RECORDED
from learnflow_ext.store.models import Attendance, LoggedEvent, OutboxEvent, Pseudonym, User
from learnflow_ext.store.upsert import insert as upsert

CHANNEL = "learnflow_outbox"
"""PostgreSQL's NOTIFY channel: rung by every transaction that records an event."""
ROWS_AT_ONCE = 100
"""SQLite takes a bounded number of values in one statement."""


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """An event on its way out."""

    sequence: int
    topic: str
    pseudonym: str
    envelope: Envelope | None
    """None when this code cannot read the row: `error` says why."""
    event_id: str
    error: str = ""


def data_of(event: Event) -> str:
    """The event's own fields as JSON, without course and student, which have columns."""
    fields: dict[str, Any] = msgspec.to_builtins(event)
    del fields["course"], fields["student"]
    return msgspec.json.encode(fields).decode()


def event_of(type_: str, course: str, student: str, data: str) -> Event:
    """The event that `data_of` wrote. ValueError for a type we do not know or fields that do not fit."""
    cls = EVENT_TYPES.get(type_)
    if cls is None:
        raise ValueError(f"unknown event type {type_!r}")
    fields = msgspec.json.decode(data, type=dict[str, Any])
    return msgspec.convert({**fields, "course": course, "student": student}, cls)


async def record(conn: AsyncConnection, event: Event) -> Envelope:
    """Write `event` to the log and the outbox, in the caller's transaction."""
    return (await record_all(conn, [event]))[0]


async def record_all(conn: AsyncConnection, events: Sequence[Event]) -> list[Envelope]:
    """As `record`, for several at once; their order is kept.

    ValueError for an event whose data is longer than the log takes: texts are clipped before.
    """
    # Their turn to write comes before the numbers below: that makes a student's numbers grow as they commit.
    ids = {name: await people.ensure(conn, name) for name in sorted({e.student for e in events})}
    moment = now()
    rows: list[dict[str, Any]] = []
    for event in events:
        data = data_of(event)
        if len(data) > texts.DATA:
            raise ValueError(f"An event of type {event.TYPE} holds {len(data)} characters.")
        rows.append(
            {
                "event_id": str(uuid.uuid4()),
                "time": moment,
                "topic": event.TOPIC,
                "type": event.TYPE,
                "course": event.course,
                "user_id": ids[event.student],
                "data": data,
            }
        )
    numbers = await (_write_and_ring if conn.dialect.name == "postgresql" else _write)(conn, rows)
    if numbers:
        (await conn.get_raw_connection()).info[RECORDED] = True
    return [
        Envelope(id=str(row["event_id"]), sequence=number, time=iso(moment), event=event)
        for row, number, event in zip(rows, numbers, events, strict=True)
    ]


async def _write(conn: AsyncConnection, rows: list[dict[str, Any]]) -> list[int]:
    """Log, outbox and attendance; the rows' sequences, in their order."""
    numbers: list[int] = []
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[start : start + ROWS_AT_ONCE]
        logged = await conn.execute(
            insert(LoggedEvent).returning(LoggedEvent.sequence, sort_by_parameter_order=True), some
        )
        given = list(logged.scalars())
        await conn.execute(
            insert(OutboxEvent),
            [{**row, "sequence": number} for row, number in zip(some, given, strict=True)],
        )
        numbers += given
    seen = {
        (row["course"], row["user_id"]): row["time"] for row in rows if row["type"] in attendance.ACTIVITY
    }
    await attendance.note(conn, seen)
    return numbers


async def _write_and_ring(conn: AsyncConnection, rows: list[dict[str, Any]]) -> list[int]:
    """As `_write` and NOTIFY, in one trip to the server. The ring is delivered with the commit, to the relay
    of whichever process has the seat."""
    if not rows:
        return []
    columns = {name: [row[name] for row in rows] for name in _GIVEN}
    found = {event_id: number for event_id, number, _ in await conn.execute(_ALL, columns)}
    return [found[row["event_id"]] for row in rows]


_GIVEN: dict[str, TypeEngine[Any]] = {
    # Without a length, to which PostgreSQL would cut: what is too long is refused by the tables.
    name: Text() if isinstance(each.type, String) else each.type
    for name, each in OutboxEvent.__table__.columns.items()
    if name != "sequence"
}
"""What we know of an event's row before it has its number; both tables have the same columns."""


def _all_events() -> Select[*tuple[Any, ...]]:
    lists = [bindparam(name, type_=ARRAY(type_)) for name, type_ in _GIVEN.items()]
    named: list[ColumnClause[Any]] = [column(name, type_) for name, type_ in _GIVEN.items()]
    rows = func.unnest(*lists).table_valued(*named, with_ordinality="place", name="given").render_derived()
    logged = (
        insert(LoggedEvent)
        # Numbered in the order in which they come.
        .from_select(list(_GIVEN), select(*(rows.c[name] for name in _GIVEN)).order_by(rows.c.place))
        .returning(*LoggedEvent.__table__.columns)
        .cte("logged")
    )
    names = ["sequence", *_GIVEN]
    queued = (
        insert(OutboxEvent)
        .from_select(names, select(*(logged.c[name] for name in names)))
        .returning(OutboxEvent.event_id, OutboxEvent.sequence)
        .cte("queued")
    )
    seen = (
        select(logged.c.course, logged.c.user_id, func.max(logged.c.time))
        .where(logged.c.type.in_(attendance.ACTIVITY), logged.c.course != "")
        .group_by(logged.c.course, logged.c.user_id)
    )
    noted = attendance.later(upsert(Attendance).from_select(["course", "user_id", "last_activity"], seen))
    # Rung for each, and heard once: PostgreSQL delivers what is the same only once with the commit.
    return select(queued.c.event_id, queued.c.sequence, func.pg_notify(CHANNEL, "")).add_cte(
        noted.returning(Attendance.user_id).cte("noted")
    )


_ALL = _all_events()


async def pending(conn: AsyncConnection, limit: int, *, skip: Collection[int] = frozenset()) -> list[Pending]:
    """The oldest events that the bus has not confirmed, in order, without the sequences in `skip`.

    With several writers a lower number may become visible after a higher one, so that no number divides what
    was read from what was not: the caller says which it has in hand. Of one student it cannot happen, for
    they take turns (`people.ensure`): what is visible of a student has no gap before its end.
    """
    asked = {"limit": limit, "skip": many.given(conn, skip)}
    found: list[Pending] = []
    for row in await conn.execute(_pending(conn), asked):
        envelope, error = None, ""
        try:
            envelope = Envelope(
                id=row.event_id,
                sequence=row.sequence,
                time=iso(row.time),
                event=event_of(row.type, row.course, row.name, row.data),
            )
        except (ValueError, RecursionError) as problem:
            error = str(problem)
        found.append(
            Pending(
                sequence=row.sequence,
                topic=row.topic,
                pseudonym=row.pseudonym,
                envelope=envelope,
                event_id=row.event_id,
                error=error,
            )
        )
    return found


_BUILT: dict[tuple[str, str], Any] = {}
"""Statements by the database's dialect and name, built once: to build one took as long as to run it."""


def _pending(conn: AsyncConnection) -> Select[*tuple[Any, ...]]:
    key = (conn.dialect.name, "pending")
    if key not in _BUILT:
        _BUILT[key] = (
            select(
                OutboxEvent.sequence,
                OutboxEvent.event_id,
                OutboxEvent.time,
                OutboxEvent.topic,
                OutboxEvent.type,
                OutboxEvent.course,
                OutboxEvent.data,
                User.name,
                Pseudonym.pseudonym,
            )
            .join(Pseudonym, Pseudonym.user_id == OutboxEvent.user_id)
            .join(User, User.id == OutboxEvent.user_id)
            .where(not_(many.is_one_of(conn, OutboxEvent.sequence, "skip", BigInteger)))
            .order_by(OutboxEvent.sequence)
            .limit(bindparam("limit", type_=BigInteger))
        )
    found: Select[*tuple[Any, ...]] = _BUILT[key]
    return found


def _delete(conn: AsyncConnection) -> Delete:
    key = (conn.dialect.name, "delete")
    if key not in _BUILT:
        these = many.is_one_of(conn, OutboxEvent.sequence, "these", BigInteger)
        if conn.dialect.name == "postgresql":
            # In the statement itself, which saves a trip; it holds until the commit.
            unhurried = func.set_config("synchronous_commit", "off", True)
            these = and_(select(unhurried).scalar_subquery() == "off", these)
        _BUILT[key] = sql_delete(OutboxEvent).where(these)
    found: Delete = _BUILT[key]
    return found


async def delete(conn: AsyncConnection, sequences: Iterable[int]) -> None:
    """Forget events that the bus has confirmed, in a transaction of its own.

    It does not wait for PostgreSQL's disk: where a crash undoes it, the events go out once more, in their
    order and from the first one that is there again, and consumers know doubles.
    """
    wanted = list(sequences)
    if not wanted:
        return
    await conn.execute(_delete(conn), {"these": many.given(conn, wanted)})


async def size(conn: AsyncConnection) -> int:
    """How many events wait: the relay's lag."""
    return int(await conn.scalar(select(func.count()).select_from(OutboxEvent)) or 0)
