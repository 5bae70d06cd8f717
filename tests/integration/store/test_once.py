"""Reservations of requests, on both kinds of database."""

from __future__ import annotations

import asyncio
import functools
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from learnflow_ext.contracts.errors import Unprocessable
from learnflow_ext.store import once
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database
from learnflow_ext.store.models import AnsweredRequest
from learnflow_ext.store.once import Busy, Kept, Reserved

DAY = timedelta(days=1)
SLOT = once.slot_of("ada", "POST /x", "key-1")


async def reserve(
    db: Database, *, slot: str = SLOT, fingerprint: str = "f", lasts: timedelta = DAY, holder: str = ""
) -> Reserved | Kept | Busy:
    return await db.retrying(
        lambda conn: once.reserve(
            conn, person="ada", slot=slot, fingerprint=fingerprint, lasts=lasts, holder=holder
        )
    )


async def reserved(db: Database, *, holder: str = "") -> Reserved:
    found = await reserve(db, holder=holder)
    assert isinstance(found, Reserved)
    return found


async def age(db: Database, by: timedelta) -> None:
    """Have the row made so much earlier."""
    async with db.begin() as conn:
        made = (await conn.execute(select(AnsweredRequest.created_at))).scalar_one()
        await conn.execute(update(AnsweredRequest).values(created_at=made - by))


async def test_the_first_does_it_and_the_second_gets_its_answer(db: Database) -> None:
    first = await reserve(db)
    assert isinstance(first, Reserved)
    assert isinstance(await reserve(db), Busy)
    await db.retrying(lambda conn: once.answered(conn, SLOT, 201, b'{"a":1}'))
    assert await reserve(db) == Kept(status=201, body=b'{"a":1}')


async def test_of_many_at_once_one_does_it(db: Database) -> None:
    found = await asyncio.gather(*(reserve(db) for _ in range(8)))
    assert sorted(type(each).__name__ for each in found) == ["Busy"] * 7 + ["Reserved"]


async def test_another_body_is_refused_before_and_after_the_answer(db: Database) -> None:
    await reserve(db)
    for _ in range(2):
        with pytest.raises(Unprocessable, match="Idempotency-Key"):
            await reserve(db, fingerprint="g")
        await db.retrying(lambda conn: once.answered(conn, SLOT, 200, b"{}"))


class TestWhoeverDiesAtWork:
    async def test_is_waited_for_no_longer_than_said(self, db: Database) -> None:
        first = await reserved(db)
        async with db.begin() as conn:
            await conn.execute(update(AnsweredRequest).values(held_until=now()))
        # The same id: what the first did before it died is found by it.
        assert (await reserved(db)).id == first.id
        assert isinstance(await reserve(db), Busy)

    async def test_is_named_and_another_may_begin_at_once(self, db: Database) -> None:
        first = await reserved(db, holder="one")
        assert await reserve(db, holder="two") == Busy("one")
        # Who looks late must not take it from who has it by then.
        await db.retrying(lambda conn: once.abandoned(conn, SLOT, "another"))
        assert await reserve(db, holder="two") == Busy("one")
        await db.retrying(lambda conn: once.abandoned(conn, SLOT, "one"))
        second = await reserved(db, holder="two")
        assert (second.id, second.again) == (first.id, True)
        assert await reserve(db, holder="three") == Busy("two")

    async def test_and_lives_after_all_takes_nothing_from_who_has_it_now(self, db: Database) -> None:
        first = await reserved(db, holder="one")
        await db.retrying(lambda conn: once.abandoned(conn, SLOT, "one"))
        second = await reserved(db, holder="two")
        for settle in (once.refused, once.failed):
            await db.retrying(functools.partial(settle, tried=first))
            assert await reserve(db, holder="three") == Busy("two")
        await db.retrying(lambda conn: once.failed(conn, second))
        assert (await reserved(db, holder="three")).id == first.id


async def test_a_failure_leaves_the_request_to_be_tried_again_and_no_other(db: Database) -> None:
    first = await reserved(db)
    await db.retrying(lambda conn: once.failed(conn, first))
    with pytest.raises(Unprocessable):
        await reserve(db, fingerprint="g")
    second = await reserved(db)
    assert (second.id, second.again) == (first.id, True)


async def test_after_a_refusal_the_key_is_free(db: Database) -> None:
    first = await reserved(db)
    await db.retrying(lambda conn: once.refused(conn, first))
    assert isinstance(await reserve(db, fingerprint="g"), Reserved)


async def test_an_answer_is_never_taken_back(db: Database) -> None:
    first = await reserved(db)
    await db.retrying(lambda conn: once.answered(conn, SLOT, 200, b"{}"))
    await db.retrying(lambda conn: once.refused(conn, first))
    await db.retrying(lambda conn: once.failed(conn, first))
    assert isinstance(await reserve(db), Kept)


async def test_after_its_time_it_counts_as_new(db: Database) -> None:
    first = await reserve(db)
    await db.retrying(lambda conn: once.answered(conn, SLOT, 200, b"{}"))
    await age(db, DAY)
    again = await reserve(db, fingerprint="g")
    assert isinstance(first, Reserved) and isinstance(again, Reserved)
    assert again.id != first.id


async def test_only_what_is_old_is_forgotten(db: Database) -> None:
    await reserve(db)
    assert await db.retrying(lambda conn: once.forget(conn, DAY)) == 0
    await age(db, DAY)
    assert await db.retrying(lambda conn: once.forget(conn, DAY)) == 1


def test_slots_differ_by_person_address_and_key() -> None:
    parts = [
        ("ada", "POST /x", "k"),
        ("ben", "POST /x", "k"),
        ("ada", "POST /y", "k"),
        ("ada", "POST /x", "l"),
    ]
    assert len({once.slot_of(*part) for part in parts}) == len(parts)
