"""Who is at work, as others see it: also when they are killed, or cut off."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from served import until
from sqlalchemy import make_url, text

from learnflow_ext.store import locks, postgresql
from learnflow_ext.store.database import Database
from learnflow_ext.store.presence import SERVICES, presence_of, present, ring, tell

CHILD = """
import asyncio, sys
from learnflow_ext.store.database import Database
from learnflow_ext.store.presence import presence_of

async def main(url):
    db = Database(url)
    await db.open()
    presence = presence_of(db)
    async with presence.held(lambda _: None):
        print(presence.id, flush=True)
        await asyncio.sleep(600)

asyncio.run(main(sys.argv[1]))
"""


async def is_gone(db: Database, grader: str) -> None:
    async def gone() -> bool:
        return grader not in await present(db)

    await until(gone)


def nothing(said: str = "") -> None:
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

    async def test_it_may_be_held_again_under_the_same_id(self, database_url: str, db: Database) -> None:
        presence = presence_of(db, SERVICES)
        for _ in range(2):
            async with presence.held(nothing):
                assert await present(db, SERVICES) == {presence.id}
                presence.lost.set()
            await is_gone(db, presence.id)
        async with presence.held(nothing):
            assert not presence.lost.is_set()


class Wire:
    """Carries bytes to the server and back, until it is cut: then nobody hears anything, nor of an end."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._whole = asyncio.Event()
        self._whole.set()

    def cut(self) -> None:
        self._whole.clear()

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[int]:
        """Its own port."""
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()

    async def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, forth = await asyncio.open_connection("127.0.0.1", self._port)
        ways = [asyncio.create_task(self._pass_on(*way)) for way in ((near, forth), (far, back))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            forth.close()
            back.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(2**16):
            await self._whole.wait()
            writer.write(data)


class TestTheServerGivesNoAnswer:
    """A switch that fails, or a server that hangs: both ends are open as far as they know."""

    async def test_the_holder_knows_that_it_is_lost(
        self, postgres_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(locks, "PING_EVERY_S", 0.1)
        monkeypatch.setattr(locks, "PING_ANSWER_S", 0.5)
        url = make_url(postgres_url)
        wire = Wire(url.port or 5432)
        async with wire.laid() as port, asyncio.timeout(60):
            db = Database(url.set(port=port).render_as_string(hide_password=False))
            presence = presence_of(db)
            async with presence.held(nothing):
                wire.cut()
                await presence.lost.wait()

    def test_it_knows_before_the_server_gives_to_others_what_it_held(self) -> None:
        theirs = {name: int(value.removesuffix("s")) for name, value in postgresql.THEIR_KEEPALIVE.items()}
        missed_after = (
            theirs["tcp_keepalives_idle"] + theirs["tcp_keepalives_interval"] * theirs["tcp_keepalives_count"]
        )
        assert locks.PING_EVERY_S + locks.PING_ANSWER_S < missed_after


async def test_what_one_tells_all_of_its_kind_hear(postgres_url: str) -> None:
    db = Database(postgres_url)
    await db.open()
    heard: list[asyncio.Queue[str]] = [asyncio.Queue(), asyncio.Queue()]
    first, second = heard
    async with (
        presence_of(db, SERVICES).held(first.put_nowait),
        presence_of(db, SERVICES).held(second.put_nowait),
        presence_of(db).held(lambda said: pytest.fail(f"a grader heard {said}")),
        asyncio.timeout(30),
    ):
        async with db.glance() as conn:
            await tell(conn, SERVICES, "said")
        assert [await each.get() for each in heard] == ["said", "said"]
    await db.close()


async def test_work_that_is_queued_elsewhere_rings_on_postgresql(postgres_url: str) -> None:
    db, rung = Database(postgres_url), asyncio.Event()
    await db.open()
    async with presence_of(db).held(lambda _: rung.set()), asyncio.timeout(30):
        async with db.begin() as conn:
            await ring(conn)
        await rung.wait()
    await db.close()
