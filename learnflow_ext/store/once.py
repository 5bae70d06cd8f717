"""Requests with an `Idempotency-Key`: reserved before they are done, answered from here when they come again.

The reservation is a row of its own, committed before the work begins, so that a second request sees it on
whichever service it arrives. It names who is at work: once they are gone, another may begin (`abandoned`).
Where that cannot be known it is held for `HELD`. What may not be done twice even then takes `Reserved.id` as
its own key, which is the same in each try.
"""

from __future__ import annotations

import hashlib
import uuid
import zlib
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import Unprocessable
from learnflow_ext.store import people
from learnflow_ext.store.clock import iso, now
from learnflow_ext.store.models import AnsweredRequest
from learnflow_ext.store.upsert import insert

HELD = timedelta(seconds=60)
"""How long one try may take before another may begin."""

ANOTHER_BODY = (
    "This Idempotency-Key came with something else before. Take a new key for each new request, and the same "
    "key only to send the same request again."
)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The first answer."""

    status: int
    body: bytes


class Reserved(msgspec.Struct, frozen=True, kw_only=True):
    """It is the caller's to do."""

    slot: str
    id: uuid.UUID
    """The same for every try of this request, and for no other request."""
    until: datetime
    """How long this try holds the row, and what tells it from the others; aware, UTC."""
    again: bool = False
    """Whether there was a try before: it may be at work still, or have done it and died."""


class Busy(msgspec.Struct, frozen=True):
    """Somebody else is at work on it."""

    holder: str = ""
    """The id of their presence; empty where it is not known."""


def slot_of(person: str, address: str, key: str) -> str:
    """The name of the row for `person`'s request to `address`, method included, with `key`."""
    # No part holds a line feed: an address and a key are visible characters, and the name is the last.
    return hashlib.sha256(f"{address}\n{key}\n{person}".encode()).hexdigest()


async def reserve(
    conn: AsyncConnection, *, person: str, slot: str, fingerprint: str, lasts: timedelta, holder: str = ""
) -> Reserved | Kept | Busy:
    """Take the row `slot` for `holder`, the id of a presence, in a transaction of its own.

    `fingerprint` is a digest of what is asked for: Unprocessable when it differs from the first one's. What
    is older than `lasts` counts as never sent.
    """
    moment = now()
    user_id = await people.ensure(conn, person)
    fresh = {
        "fingerprint": fingerprint,
        "created_at": moment,
        "held_until": moment + HELD,
        "holder": holder,
        "status": None,
        "answer": None,
    }
    table = AnsweredRequest
    made = await conn.scalar(
        insert(table)
        .values(slot=slot, user_id=user_id, **fresh)
        .on_conflict_do_nothing(index_elements=["slot"])
        .returning(table.slot)
    )
    if made is not None:
        return _reserved(slot, moment, moment)
    row = (
        await conn.execute(
            select(
                table.created_at,
                table.held_until,
                table.holder,
                table.fingerprint,
                table.status,
                table.answer,
            )
            .where(table.slot == slot)
            .with_for_update()
        )
    ).one()
    if row.created_at <= moment - lasts:
        await conn.execute(update(table).where(table.slot == slot).values(**fresh))
        return _reserved(slot, moment, moment)
    if row.fingerprint != fingerprint:
        raise Unprocessable(ANOTHER_BODY)
    if row.status is not None:
        return Kept(status=row.status, body=zlib.decompress(row.answer))
    if row.held_until > moment:
        return Busy(row.holder)
    values = {"held_until": moment + HELD, "holder": holder}
    await conn.execute(update(table).where(table.slot == slot).values(**values))
    return _reserved(slot, row.created_at, moment, again=True)


def _reserved(slot: str, created_at: datetime, moment: datetime, *, again: bool = False) -> Reserved:
    digest = hashlib.sha256(f"{slot} {iso(created_at)}".encode()).digest()
    return Reserved(slot=slot, id=uuid.UUID(bytes=digest[:16], version=4), until=moment + HELD, again=again)


def _still(tried: Reserved) -> ColumnElement[bool]:
    """Whether the row is this try's: not answered, and in nobody else's hands since."""
    table = AnsweredRequest
    return and_(table.slot == tried.slot, table.held_until == tried.until, table.status.is_(None))


async def answered(conn: AsyncConnection, slot: str, status: int, body: bytes) -> None:
    """Keep the answer for who asks again."""
    await conn.execute(
        update(AnsweredRequest)
        .where(AnsweredRequest.slot == slot)
        .values(status=status, answer=zlib.compress(body))
    )


async def refused(conn: AsyncConnection, tried: Reserved) -> None:
    """Nothing was done: the key may be used again, for something better. Unless another has it by now."""
    await conn.execute(delete(AnsweredRequest).where(_still(tried)))


async def failed(conn: AsyncConnection, tried: Reserved) -> None:
    """Nobody knows what was done: the same request may be tried again at once. Unless as in `refused`."""
    await conn.execute(update(AnsweredRequest).where(_still(tried)).values(held_until=now()))


async def abandoned(conn: AsyncConnection, slot: str, holder: str) -> None:
    """`holder` is gone, and whatever they did with them: the same request may be tried again at once."""
    await conn.execute(
        update(AnsweredRequest)
        .where(
            AnsweredRequest.slot == slot, AnsweredRequest.holder == holder, AnsweredRequest.status.is_(None)
        )
        .values(held_until=now())
    )


async def forget(conn: AsyncConnection, lasts: timedelta) -> int:
    """Delete what is older than `lasts`; how many."""
    gone = await conn.execute(delete(AnsweredRequest).where(AnsweredRequest.created_at <= now() - lasts))
    return gone.rowcount
