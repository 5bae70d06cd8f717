"""`learnflow events tail --follow` shows each event once, in whatever order transactions end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from learnflow_ext.cli import events
from learnflow_ext.cli.events import Follower
from learnflow_ext.contracts.events import HelpAsked
from learnflow_ext.store import eventlog, outbox
from learnflow_ext.store.database import Database


def asked(student: str) -> HelpAsked:
    return HelpAsked(course="c", student=student, request_id="r", text="", agent="tutor")


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.open()
    yield database
    await database.close()


async def record(db: Database, *students: str) -> None:
    async with db.begin() as conn:
        await outbox.record_all(conn, [asked(student) for student in students])


async def at_the_end(db: Database) -> Follower:
    async with db.connect() as conn:
        return await Follower.at_the_end(conn, eventlog.tail)


async def new(db: Database, follower: Follower) -> list[str]:
    async with db.connect() as conn:
        return [entry.student for entry in await follower.new(conn)]


async def test_what_was_there_is_not_new_and_what_comes_is_shown_once(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "AT_ONCE", 2)
    assert await new(db, await at_the_end(db)) == []
    await record(db, "ada", "ada")
    follower = await at_the_end(db)
    assert await new(db, follower) == []
    await record(db, *["ben"] * 5)
    assert await new(db, follower) == ["ben"] * 5
    assert await new(db, follower) == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("from_the_start", [True, False])
async def test_a_lower_number_that_appears_later_is_shown_too(db: Database, from_the_start: bool) -> None:
    await record(db, "ada")
    follower = await at_the_end(db)
    async with db.begin() as slow:
        await outbox.record(slow, asked("ben"))
        await record(db, "chen")
        if from_the_start:
            follower = await at_the_end(db)
        assert await new(db, follower) == ([] if from_the_start else ["chen"])
        await record(db, "dora")
        assert await new(db, follower) == ["dora"]
    assert await new(db, follower) == ["ben"]
    assert await new(db, follower) == []


async def test_what_was_rolled_back_is_waited_for_no_longer_than_said(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HOLE_SECONDS", 0.0)
    follower = await at_the_end(db)
    with pytest.raises(ZeroDivisionError):
        async with db.begin() as conn:
            await outbox.record(conn, asked("ada"))
            raise ZeroDivisionError
    await record(db, "ben")
    assert await new(db, follower) == ["ben"]
    assert follower._holes == {}


async def test_only_so_much_is_read_in_one_step(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_NUMBERS", 2)
    follower = await at_the_end(db)
    await record(db, *["ada"] * 5)
    assert [len(await new(db, follower)) for _ in range(4)] == [2, 2, 1, 0]
