"""Locks that die with their holder, so that no clock says who lives: `seat` and `presence` are made of them.

On PostgreSQL an advisory lock of one connection, which listens too; beside SQLite a lock on a file.
"""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy import URL

from learnflow_ext.store.database import DatabaseUnavailable
from learnflow_ext.store.postgresql import KEEPALIVE, THEIR_KEEPALIVE

if TYPE_CHECKING:
    import psycopg

PING_EVERY_S = 5.0
PING_ANSWER_S = 10.0
"""How long the server has for an answer. Both together are less than the time after which it misses us: who
holds something must know that it is lost before somebody else can have it."""


def locked(file: int, how: int = fcntl.LOCK_EX) -> bool:
    """Lock the file behind a descriptor without waiting; False when somebody else holds it."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@asynccontextmanager
async def own_connection(url: URL, name: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """A connection to PostgreSQL of its own, in no pool, that `pg_stat_activity` shows as `name`. What it
    holds is free as soon as its process or its machine is gone. DatabaseUnavailable when it cannot be made.
    """
    import psycopg

    # Made for psycopg's own functions, which know no SQLAlchemy driver.
    plain = url.set(drivername="postgresql").update_query_dict(KEEPALIVE)
    try:
        conn = await psycopg.AsyncConnection.connect(
            plain.render_as_string(hide_password=False),
            autocommit=True,
            connect_timeout=5,
            application_name=name,
        )
    except psycopg.Error as error:
        raise DatabaseUnavailable("The database does not answer.", retry_after=5) from error
    try:
        try:
            for setting, value in THEIR_KEEPALIVE.items():
                await conn.execute("SELECT set_config(%s, %s, false)", (setting, value))
        except psycopg.Error as error:
            raise DatabaseUnavailable("The database does not answer.", retry_after=5) from error
        yield conn
    finally:
        # Shielded: a half-closed connection would keep what it holds from the next one.
        await asyncio.shield(conn.close())


@asynccontextmanager
async def listening(
    conn: psycopg.AsyncConnection, channel: str, ring: Callable[[str], None], broken: Callable[[str], None]
) -> AsyncIterator[None]:
    """While it lasts `ring` is called for each NOTIFY on `channel`, with what it says. `broken` is called
    with the reason when the connection ends, and with it what it held, or when the server gives no answer:
    within `PING_EVERY_S` and `PING_ANSWER_S`.

    DatabaseUnavailable when it cannot even begin.
    """
    import psycopg

    async def listen() -> None:
        try:
            while await _answers(conn, broken):
                async for notify in conn.notifies(timeout=PING_EVERY_S):
                    ring(notify.payload)
        except Exception as error:
            # Whatever it was: nobody watches over the connection any more.
            broken(str(error))

    try:
        await conn.execute(f"LISTEN {channel}")
    except psycopg.Error as error:
        raise DatabaseUnavailable("The database does not answer.", retry_after=5) from error
    task = asyncio.create_task(listen(), name=f"listens to {channel}")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _answers(conn: psycopg.AsyncConnection, broken: Callable[[str], None]) -> bool:
    """Whether the server does; `broken` is told when not."""
    ping = asyncio.create_task(conn.execute("SELECT 1"))
    try:
        answered, _ = await asyncio.wait({ping}, timeout=PING_ANSWER_S)
        if answered:
            ping.result()
        else:
            broken(f"no answer for {PING_ANSWER_S:g} s")
        return bool(answered)
    finally:
        # Only now: psycopg goes on waiting for a server that does not answer to being cancelled either.
        ping.cancel()
        await asyncio.gather(ping, return_exceptions=True)
