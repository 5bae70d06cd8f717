"""Seats: one process of all that share a database holds each, and hears when events were recorded. The relay
has one, and so has who passes grades back to a learning platform.

Nothing here rests on clocks. The seat is a lock that dies with its holder: PostgreSQL's advisory lock of one
connection, or a lock on a file beside SQLite's. Who waits for it asks twice a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import URL

from learnflow_ext.store.database import Database, DatabaseUnavailable
from learnflow_ext.store.locks import listening, locked, own_connection
from learnflow_ext.store.outbox import CHANNEL

if TYPE_CHECKING:
    import psycopg

LOCK_KEYS = {"relay": 0x4C46_5245_4C41_59, "lti": 0x4C46_4C54_49}
"""`LFRELAY` and `LFLTI`; advisory locks count within one database."""
LOOK_EVERY_S = 0.5

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


def seat_of(db: Database, what: str = "relay") -> Seat:
    """The seat of `db` for `what`, one of `LOCK_KEYS`."""
    if db.url.get_backend_name() == "postgresql":
        return _PostgresSeat(db.url, what)
    return _FileSeat(f"{db.url.database}.{what}", what)


class _FileSeat(Seat):
    """SQLite tells nobody: events of other processes are found by looking."""

    def __init__(self, path: str, what: str) -> None:
        super().__init__()
        self._path = path
        self._what = what

    @asynccontextmanager
    async def held(self, ring: Callable[[], None]) -> AsyncIterator[None]:
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DatabaseUnavailable(f"{self._path} cannot be opened: {error.strerror}.") from error
        try:
            waited = False
            while not locked(file):
                if not waited:
                    log.info("seat.waited_for", seat=self._what, file=self._path)
                    waited = True
                await asyncio.sleep(LOOK_EVERY_S)
            yield
        finally:
            os.close(file)


async def _taken(conn: psycopg.AsyncConnection, key: int) -> bool:
    answer = await conn.execute("SELECT pg_try_advisory_lock(%s)", (key,))
    return await answer.fetchone() == (True,)


class _PostgresSeat(Seat):
    """One connection holds the lock and listens: when it breaks, both are gone, and we know."""

    def __init__(self, url: URL, what: str) -> None:
        super().__init__()
        self._url = url
        self._what = what

    @asynccontextmanager
    async def held(self, ring: Callable[[], None]) -> AsyncIterator[None]:
        import psycopg

        async with own_connection(self._url, f"learnflow-{self._what}") as conn:
            try:
                waited = False
                # Not pg_advisory_lock: a statement that waits for days keeps its view of the data, and so
                # the server from clearing away what was deleted since, for one the whole outbox.
                while not await _taken(conn, LOCK_KEYS[self._what]):
                    if not waited:
                        log.info("seat.waited_for", seat=self._what)
                        waited = True
                    await asyncio.sleep(LOOK_EVERY_S)
            except psycopg.Error as error:
                raise DatabaseUnavailable("The database does not answer.", retry_after=5) from error

            def broken(reason: str) -> None:
                log.warning("seat.lost", seat=self._what, error=reason)
                self.lost = True
                ring()

            async with listening(conn, CHANNEL, lambda _: ring(), broken):
                yield
