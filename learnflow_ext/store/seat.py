"""The relay's seat: one process of all that share a database holds it, and hears when events were recorded.

Nothing here rests on clocks. The seat is a lock that dies with its holder: PostgreSQL's advisory lock of one
connection, or a lock on a file beside SQLite's. Who waits for it asks twice a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import URL

from learnflow_ext.store.database import Database, DatabaseUnavailable
from learnflow_ext.store.outbox import CHANNEL

if TYPE_CHECKING:
    import psycopg

LOCK_KEY = 0x4C46_5245_4C41_59
"""`LFRELAY`; advisory locks count within one database."""
LOOK_EVERY_S = 0.5
PING_EVERY_S = 10.0
KEEPALIVE = "keepalives_idle=5&keepalives_interval=5&keepalives_count=3&tcp_user_timeout=20000"
"""A server that vanished is noticed by us."""
THEIR_KEEPALIVE = {"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
"""A holder whose machine vanished is noticed by the server, which then frees what it held."""

log = structlog.get_logger(__name__)


class Seat(ABC):
    """Held while its `held` context lasts and `lost` is not set."""

    def __init__(self) -> None:
        self.lost = False
        """Somebody else may hold it by now: stop and ask again."""

    @abstractmethod
    def held(self, ring: Callable[[], None]) -> contextlib.AbstractAsyncContextManager[None]:
        """Wait until it is ours, and leave it at the end. `ring` is called for events of other processes,
        where the database can tell, and when the seat is lost. DatabaseUnavailable when it cannot be asked.
        """


def seat_of(db: Database) -> Seat:
    """The seat of the relay of `db`."""
    if db.url.get_backend_name() == "postgresql":
        return _PostgresSeat(db.url)
    return _FileSeat(f"{db.url.database}.relay")


@asynccontextmanager
async def own_connection(url: URL, name: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """A connection to PostgreSQL of its own, in no pool, that `pg_stat_activity` shows as `name`. What it
    holds is free as soon as its process or its machine is gone. DatabaseUnavailable when it cannot be made.
    """
    import psycopg

    # Made for psycopg's own functions, which know no SQLAlchemy driver.
    plain = url.set(drivername="postgresql").update_query_string(KEEPALIVE)
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


async def listen(conn: psycopg.AsyncConnection, ring: Callable[[], None]) -> None:
    """Call `ring` for each NOTIFY, until the connection breaks: then psycopg's error, within `PING_EVERY_S`
    and the keepalive's time."""
    while True:
        async for _ in conn.notifies(timeout=PING_EVERY_S):
            ring()
        await conn.execute("SELECT 1")


class _FileSeat(Seat):
    """SQLite tells nobody: events of other processes are found by looking."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    @asynccontextmanager
    async def held(self, ring: Callable[[], None]) -> AsyncIterator[None]:
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DatabaseUnavailable(f"{self._path} cannot be opened: {error.strerror}.") from error
        try:
            waited = False
            while not _locked(file):
                if not waited:
                    log.info("relay.waits_for_seat", seat=self._path)
                    waited = True
                await asyncio.sleep(LOOK_EVERY_S)
            yield
        finally:
            os.close(file)


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _taken(conn: psycopg.AsyncConnection) -> bool:
    answer = await conn.execute("SELECT pg_try_advisory_lock(%s)", (LOCK_KEY,))
    return await answer.fetchone() == (True,)


class _PostgresSeat(Seat):
    """One connection holds the lock and listens: when it breaks, both are gone, and we know."""

    def __init__(self, url: URL) -> None:
        super().__init__()
        self._url = url

    @asynccontextmanager
    async def held(self, ring: Callable[[], None]) -> AsyncIterator[None]:
        import psycopg

        async with own_connection(self._url, "learnflow-relay") as conn:
            try:
                waited = False
                # Not pg_advisory_lock: a statement that waits for days keeps its view of the data, and so
                # the server from clearing away what was deleted since, for one the whole outbox.
                while not await _taken(conn):
                    if not waited:
                        log.info("relay.waits_for_seat")
                        waited = True
                    await asyncio.sleep(LOOK_EVERY_S)
                await conn.execute(f"LISTEN {CHANNEL}")
            except psycopg.Error as error:
                raise DatabaseUnavailable("The database does not answer.", retry_after=5) from error
            listening = asyncio.create_task(self._listen(conn, ring))
            try:
                yield
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, conn: psycopg.AsyncConnection, ring: Callable[[], None]) -> None:
        import psycopg

        try:
            await listen(conn, ring)
        except psycopg.Error as error:
            log.warning("relay.lost_seat", error=str(error))
        finally:
            self.lost = True
            ring()
