"""The queue of exercises that students wait for: who asked, who makes it, and what came of it.

Whoever makes one holds a `store.presence` of `MAKERS`. A row is its student's: they wait for one at a time,
at whatever replica they asked.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store import people, presence
from learnflow_ext.store.models import PracticeWish, User


class Wished(msgspec.Struct, frozen=True, kw_only=True):
    """A wish that somebody has begun to make."""

    id: int
    student: str
    course: str
    wish: str
    """As it was put."""
    until: datetime
    """Aware, UTC: when nobody waits for it any more."""
    attempts: int
    """This one included: 1 the first time."""


class WishState(msgspec.Struct, frozen=True, kw_only=True):
    """How far a wish has come."""

    id: int
    course: str
    until: datetime
    """Aware, UTC: when nobody waits for it any more."""
    maker: str
    """Empty while nobody makes it."""
    wish: str
    outcome: str
    """Empty while it is open."""


async def of_student(conn: AsyncConnection, student: str) -> WishState | None:
    """The student's wish, open or not, in the student's turn; None for none."""
    user_id = await people.ensure(conn, student)
    return await _state(conn, PracticeWish.user_id == user_id)


async def put(conn: AsyncConnection, student: str, course: str, wish: str, until: datetime) -> int:
    """Queue the wish of a student who has none; its number."""
    user_id = await people.ensure(conn, student)
    number = (
        await conn.execute(
            insert(PracticeWish)
            .values(user_id=user_id, course=course, wish=wish, until=until, maker="", attempts=0, outcome="")
            .returning(PracticeWish.id)
        )
    ).scalar_one()
    await presence.tell(conn, presence.MAKERS, "")
    return number


def _open(at: datetime) -> ColumnElement[bool]:
    return and_(PracticeWish.outcome == "", PracticeWish.until > at)


async def open_ones(conn: AsyncConnection, at: datetime) -> int:
    """How many wishes students wait for, those that are being made among them."""
    return await conn.scalar(select(func.count()).select_from(PracticeWish).where(_open(at))) or 0


async def state(conn: AsyncConnection, number: int) -> WishState | None:
    """How far it has come; None when it is gone, with its student."""
    return await _state(conn, PracticeWish.id == number)


async def _state(conn: AsyncConnection, which: ColumnElement[bool]) -> WishState | None:
    row = (
        await conn.execute(
            select(
                PracticeWish.id,
                PracticeWish.course,
                PracticeWish.until,
                PracticeWish.maker,
                PracticeWish.wish,
                PracticeWish.outcome,
            ).where(which)
        )
    ).one_or_none()
    return None if row is None else WishState(**row._mapping)


async def withdraw(conn: AsyncConnection, number: int) -> None:
    """Nobody waits for it any more, or has heard what came of it; again is fine."""
    await conn.execute(delete(PracticeWish).where(PracticeWish.id == number))


async def claim_next(conn: AsyncConnection, maker: str, at: datetime) -> Wished | None:
    """Take the wish that has waited longest for `maker`, the id of a presence that is held; None for none."""
    number = await conn.scalar(
        select(PracticeWish.id)
        .where(_open(at), PracticeWish.maker == "")
        .order_by(PracticeWish.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if number is None:
        return None
    await conn.execute(
        update(PracticeWish)
        .where(PracticeWish.id == number)
        .values(maker=maker, attempts=PracticeWish.attempts + 1)
    )
    row = (
        await conn.execute(
            select(
                PracticeWish.id,
                User.name.label("student"),
                PracticeWish.course,
                PracticeWish.wish,
                PracticeWish.until,
                PracticeWish.attempts,
            )
            .join(User, User.id == PracticeWish.user_id)
            .where(PracticeWish.id == number)
        )
    ).one()
    return Wished(**row._mapping)


async def is_wanted(conn: AsyncConnection, number: int, maker: str) -> bool:
    """Whether somebody waits for it still, and `maker` is to make it."""
    found = await conn.scalar(
        select(PracticeWish.id).where(PracticeWish.id == number, PracticeWish.maker == maker)
    )
    return found is not None


async def made(conn: AsyncConnection, number: int, maker: str, before: str, after: str) -> bool:
    """Have the wish, which was `before`, say what was made for it: for the transaction that keeps that.

    False as `settle`, and where something was made for it already.
    """
    result = await conn.execute(
        update(PracticeWish)
        .where(
            PracticeWish.id == number,
            PracticeWish.maker == maker,
            PracticeWish.outcome == "",
            PracticeWish.wish == before,
        )
        .values(wish=after)
    )
    return result.rowcount > 0


async def settle(conn: AsyncConnection, number: int, maker: str, outcome: str) -> bool:
    """What came of it; False when nobody waits for it, or it is another's by now."""
    result = await conn.execute(
        update(PracticeWish)
        .where(PracticeWish.id == number, PracticeWish.maker == maker, PracticeWish.outcome == "")
        .values(outcome=outcome)
    )
    return result.rowcount > 0


async def put_back(conn: AsyncConnection, number: int, maker: str) -> None:
    """Leave to others what `maker` began, as if it had not been tried."""
    await conn.execute(
        update(PracticeWish)
        .where(PracticeWish.id == number, PracticeWish.maker == maker, PracticeWish.outcome == "")
        .values(maker="", attempts=PracticeWish.attempts - 1)
    )
    await presence.tell(conn, presence.MAKERS, "")


async def makers(conn: AsyncConnection) -> frozenset[str]:
    """Who has wishes in hand."""
    return frozenset(
        await conn.scalars(
            select(PracticeWish.maker).where(PracticeWish.outcome == "", PracticeWish.maker != "").distinct()
        )
    )


async def take_over(conn: AsyncConnection, gone: Collection[str]) -> int:
    """Put back what those had in hand who are `gone`; how many."""
    result = await conn.execute(
        update(PracticeWish)
        .where(PracticeWish.outcome == "", PracticeWish.maker.in_(list(gone)))
        .values(maker="")
    )
    if result.rowcount:
        await presence.tell(conn, presence.MAKERS, "")
    return result.rowcount


async def forget(conn: AsyncConnection, before: datetime) -> None:
    """Drop what nobody waits for since then: whoever asked for it ended without a word."""
    await conn.execute(delete(PracticeWish).where(PracticeWish.until < before))
