"""The only place where events are made, and the queue from which the relay takes them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Select, and_, bindparam, func, insert, not_, select, text
from sqlalchemy import delete as sql_delete
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import EVENT_TYPES, Envelope, Event
from learnflow_ext.store import many, people, texts
from learnflow_ext.store.clock import iso, now
from learnflow_ext.store.database import RECORDED
from learnflow_ext.store.models import LoggedEvent, OutboxEvent, Pseudonym, User

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
    numbers: list[int] = []
    if conn.dialect.name == "postgresql" and len(rows) == 1:
        numbers = [await _write_and_ring(conn, rows[0])]
    else:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            numbers += await _write(conn, rows[start : start + ROWS_AT_ONCE])
        if rows and conn.dialect.name == "postgresql":
            # Delivered with the commit, to the relay of whichever process has the seat.
            await conn.execute(text(f"NOTIFY {CHANNEL}"))
    if numbers:
        (await conn.get_raw_connection()).info[RECORDED] = True
    return [
        Envelope(id=str(row["event_id"]), sequence=number, time=iso(moment), event=event)
        for row, number, event in zip(rows, numbers, events, strict=True)
    ]


async def _write(conn: AsyncConnection, rows: list[dict[str, Any]]) -> list[int]:
    """Log and outbox; the rows' sequences, in their order."""
    logged = await conn.execute(
        insert(LoggedEvent).returning(LoggedEvent.sequence, sort_by_parameter_order=True), rows
    )
    numbers = list(logged.scalars())
    numbered = [{**row, "sequence": number} for row, number in zip(rows, numbers, strict=True)]
    await conn.execute(insert(OutboxEvent), numbered)
    return numbers


async def _write_and_ring(conn: AsyncConnection, row: dict[str, Any]) -> int:
    """As `_write` and NOTIFY, in one trip to the server: most transactions record one event."""
    number: int | None = await conn.scalar(_ONE, row)
    assert number is not None, "just inserted"
    return number


def _one_event() -> Select[*tuple[Any, ...]]:
    columns = [column.name for column in OutboxEvent.__table__.columns]
    given: dict[str, Any] = {name: bindparam(name) for name in columns if name != "sequence"}
    # Both tables have the same columns.
    logged = insert(LoggedEvent).values(given).returning(*LoggedEvent.__table__.columns).cte("logged")
    queued = (
        insert(OutboxEvent)
        .from_select(columns, select(*(logged.c[name] for name in columns)))
        .returning(OutboxEvent.sequence)
        .cte("queued")
    )
    return select(queued.c.sequence, func.pg_notify(CHANNEL, ""))


_ONE = _one_event()


async def pending(conn: AsyncConnection, limit: int, *, skip: Collection[int] = frozenset()) -> list[Pending]:
    """The oldest events that the bus has not confirmed, in order, without the sequences in `skip`.

    With several writers a lower number may become visible after a higher one, so that no number divides what
    was read from what was not: the caller says which it has in hand. Of one student it cannot happen, for
    they take turns (`people.ensure`): what is visible of a student has no gap before its end.
    """
    wanted = (
        select(OutboxEvent, User.name, Pseudonym.pseudonym)
        .join(Pseudonym, Pseudonym.user_id == OutboxEvent.user_id)
        .join(User, User.id == OutboxEvent.user_id)
        .order_by(OutboxEvent.sequence)
        .limit(limit)
    )
    if skip:
        wanted = wanted.where(not_(many.one_of(conn, OutboxEvent.sequence, skip, BigInteger)))
    found: list[Pending] = []
    for row in await conn.execute(wanted):
        envelope, error = None, ""
        try:
            envelope = Envelope(
                id=row.event_id,
                sequence=row.sequence,
                time=iso(row.time),
                event=event_of(row.type, row.course, row.name, row.data),
            )
        except ValueError as problem:
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


async def delete(conn: AsyncConnection, sequences: Iterable[int]) -> None:
    """Forget events that the bus has confirmed, in a transaction of its own.

    It does not wait for PostgreSQL's disk: where a crash undoes it, the events go out once more, in their
    order and from the first one that is there again, and consumers know doubles.
    """
    wanted = list(sequences)
    if not wanted:
        return
    these = many.one_of(conn, OutboxEvent.sequence, wanted, BigInteger)
    if conn.dialect.name == "postgresql":
        # In the statement itself, which saves a trip; it holds until the commit.
        unhurried = func.set_config("synchronous_commit", "off", True)
        these = and_(select(unhurried).scalar_subquery() == "off", these)
    await conn.execute(sql_delete(OutboxEvent).where(these))


async def size(conn: AsyncConnection) -> int:
    """How many events wait: the relay's lag."""
    return int(await conn.scalar(select(func.count()).select_from(OutboxEvent)) or 0)
