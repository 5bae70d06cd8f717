"""Who is at work, as others see it: also when they are killed, or cut off."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

from served import until
from sqlalchemy import text

from learnflow_ext.store.database import Database
from learnflow_ext.store.presence import presence_of, present, ring

CHILD = """
import asyncio, sys
from learnflow_ext.store.database import Database
from learnflow_ext.store.presence import presence_of

async def main(url):
    db = Database(url)
    await db.open()
    presence = presence_of(db)
    async with presence.held(lambda: None):
        print(presence.id, flush=True)
        await asyncio.sleep(600)

asyncio.run(main(sys.argv[1]))
"""


async def is_gone(db: Database, grader: str) -> None:
    async def gone() -> bool:
        return grader not in await present(db)

    await until(gone)


def nothing() -> None:
    pass


async def test_each_is_there_as_long_as_it_is_held(database_url: str, db: Database) -> None:
    other = Database(database_url)
    await other.open()
    first, second = presence_of(db), presence_of(other)
    assert await present(db) == frozenset()
    async with first.held(nothing):
        async with second.held(nothing):
            assert await present(db) == await present(other) == {first.id, second.id}
        # On PostgreSQL the server takes a moment to see a connection off.
        await is_gone(db, second.id)
        assert await present(other) == {first.id}
    await is_gone(other, first.id)
    await other.close()


async def test_many_who_look_do_not_take_each_other_for_somebody(db: Database) -> None:
    async with presence_of(db).held(nothing):
        assert {len(found) for found in await asyncio.gather(*(present(db) for _ in range(8)))} == {1}


async def test_one_that_is_killed_is_gone(database_url: str, db: Database) -> None:
    child = await asyncio.to_thread(
        subprocess.Popen, [sys.executable, "-c", CHILD, database_url], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    try:
        grader = (await asyncio.to_thread(child.stdout.readline)).strip()
        assert await present(db) == {grader}
    finally:
        child.send_signal(signal.SIGKILL)
        await asyncio.to_thread(child.communicate)
    await is_gone(db, grader)


async def test_nothing_is_left_beside_an_sqlite_file(path: Path) -> None:
    db = Database(f"sqlite:///{path}")
    await db.open()
    dead = path.with_name(f"{path.name}.grader-0123456789abcdef")
    dead.touch()
    presence = presence_of(db)
    async with presence.held(nothing):
        assert await present(db) == {presence.id}
    assert not [each.name for each in path.parent.iterdir() if "grader" in each.name]
    await db.close()


class TestTheConnectionIsCut:
    async def test_the_grader_hears_it_and_others_see_it(self, postgres_url: str) -> None:
        db = Database(postgres_url)
        await db.open()
        presence = presence_of(db)
        async with presence.held(nothing), asyncio.timeout(30):
            async with db.begin() as conn:
                cut = (
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'learnflow-grader' AND datname = current_database()"
                )
                assert await conn.scalar(text(cut))
            await presence.lost.wait()
            await is_gone(db, presence.id)
        await db.close()


async def test_work_that_is_queued_elsewhere_rings_on_postgresql(postgres_url: str) -> None:
    db, rung = Database(postgres_url), asyncio.Event()
    await db.open()
    async with presence_of(db).held(rung.set), asyncio.timeout(30):
        async with db.begin() as conn:
            await ring(conn)
        await rung.wait()
    await db.close()
