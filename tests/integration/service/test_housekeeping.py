"""Months are made ahead and old ones go, whatever else goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from served import until
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from traitlets.config import Config

from learnflow_ext.service import housekeeping
from learnflow_ext.service.running import RunningService
from learnflow_ext.store import consumed, eventlog, partitions, people, points, practice_wishes
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database, DatabaseUnavailable
from learnflow_ext.store.models import Consumed, LoggedEvent, PracticeWish, User


async def filled(url: str) -> Database:
    """A log with an event of this month and one of three months ago."""
    db = Database(url)
    await db.open()
    async with db.begin() as conn:
        user = await people.ensure(conn, "ada")
        for months in (0, -3):
            await conn.execute(
                insert(LoggedEvent).values(
                    event_id=f"e{months}",
                    time=partitions.first_of_month(now(), months),
                    topic="t",
                    type="t",
                    course="c",
                    user_id=user,
                    data="{}",
                )
            )
    return db


async def ids(db: Database) -> list[str]:
    async with db.connect() as conn:
        return [entry.id for entry in await eventlog.tail(conn)]


async def test_what_is_older_than_asked_for_goes(database_url: str) -> None:
    db = await filled(database_url)
    assert await housekeeping.tidy(db, 3) == 0
    assert await housekeeping.tidy(db, 2) == 1
    assert await ids(db) == ["e0"]
    await db.close()


async def test_the_configuration_says_how_long_the_service_keeps_it(
    config: Config, start: Callable[[], Awaitable[RunningService]]
) -> None:
    db = await filled(f"sqlite+aiosqlite:///{config.LearnFlow.state_dir}/learnflow.sqlite")
    config.LearnFlow.keep_events_months = 2
    await start()

    async def gone() -> bool:
        return "e-3" not in await ids(db)

    await until(gone)
    assert "e0" in await ids(db)
    await db.close()


async def test_by_default_nothing_goes(database_url: str) -> None:
    db = await filled(database_url)
    assert await housekeeping.tidy(db, 0) == 0
    assert await ids(db) == ["e0", "e-3"]
    await db.close()


async def test_old_notes_of_what_took_effect_go_and_the_others_stay(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumed, "FORGOTTEN_AT_ONCE", 2)
    db = Database(database_url)
    await db.open()
    old, young = now() - timedelta(days=61), now() - timedelta(days=59)
    rows = [("progress", f"old{number}", "done", old) for number in range(5)]
    rows += [
        ("struggle", "old", "done", old),
        ("progress", "young", "done", young),
        ("progress", "odd", "dead", old),
        (points.CONSUMER, "mark", "done", old),
    ]
    async with db.begin() as conn:
        await conn.execute(
            insert(Consumed),
            [
                {"consumer": consumer, "event_id": name, "outcome": outcome, "error": "", "at": at}
                for consumer, name, outcome, at in rows
            ],
        )
    assert await housekeeping.forget_consumed(db, 60) == 6
    async with db.connect() as conn:
        assert set(await conn.scalars(select(Consumed.event_id))) == {"young", "odd", "mark"}
    await db.close()


async def test_a_wish_of_who_left_without_a_word_goes(database_url: str) -> None:
    db = Database(database_url)
    await db.open()
    async with db.begin() as conn:
        for name, minutes in (("ada", -61), ("ben", -59)):
            await practice_wishes.put(conn, name, "c", "{}", now() + timedelta(minutes=minutes))

    async def left() -> set[str]:
        async with db.connect() as conn:
            rows = await conn.scalars(select(User.name).join(PracticeWish, PracticeWish.user_id == User.id))
            return set(rows)

    async def gone() -> bool:
        return await left() != {"ada", "ben"}

    task = asyncio.create_task(housekeeping.keep_house(db, 0))
    await until(gone)
    assert await left() == {"ben"}
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await db.close()


async def test_trouble_does_not_end_it(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    db = await filled(database_url)
    real, failures = partitions.prepare, iter([DatabaseUnavailable("The database is busy.")])
    done = asyncio.Event()

    async def sometimes(conn: AsyncConnection, moment: datetime) -> list[str]:
        for failure in failures:
            raise failure
        done.set()
        return await real(conn, moment)

    monkeypatch.setattr(partitions, "prepare", sometimes)
    monkeypatch.setattr(housekeeping, "AFTER_TROUBLE_S", 0)
    task = asyncio.create_task(housekeeping.keep_house(db, 0))
    async with asyncio.timeout(30):
        await done.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await db.close()
