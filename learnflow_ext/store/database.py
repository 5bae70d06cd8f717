"""The database: opened once a process, shared by all its tasks.

What differs between SQLite and PostgreSQL lies in `store.sqlite` and `store.postgresql`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog
from sqlalchemy import URL, make_url
from sqlalchemy import exc as sa_exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import QueuePool

from learnflow_ext.store import backend, migrate, partitions
from learnflow_ext.store.backend import Backend, Collision, ConnectionLost, DatabaseUnavailable, Purpose
from learnflow_ext.store.clock import now
from learnflow_ext.store.postgresql import PostgresBackend
from learnflow_ext.store.sqlite import SqliteBackend

__all__ = ["RECORDED", "Collision", "ConnectionLost", "Database", "DatabaseUnavailable"]

RECORDED = "learnflow.recorded"
"""Set in a connection's `info` when its transaction wrote to the outbox."""

TRIES = 4
COLLISION_PAUSE_S = 0.05

CLOSING_LOOKS = 100
"""How often to look, a hundredth of a second apart, whether connections in use came back before closing."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


def _in_use(engine: AsyncEngine) -> int:
    """How many of its connections somebody has."""
    return engine.pool.checkedout() if isinstance(engine.pool, QueuePool) else 0


def _backend(url: str) -> Backend:
    """DatabaseUnavailable for a database we cannot use. `url` is never repeated: it may hold a password."""
    try:
        parsed = make_url(url)
    except sa_exc.ArgumentError:
        raise DatabaseUnavailable(
            "The database URL cannot be read. Examples: `postgresql+psycopg://learnflow@db/learnflow`, "
            "`sqlite+aiosqlite:////srv/learnflow/learnflow.sqlite`."
        ) from None
    match parsed.get_backend_name():
        case "sqlite":
            return SqliteBackend(parsed)
        case "postgresql":
            return PostgresBackend(parsed)
        case other:
            raise DatabaseUnavailable(
                f"LearnFlow keeps its record in SQLite or PostgreSQL and cannot use `{other}`."
            )


class Database:
    """One database and its connections."""

    def __init__(self, url: str) -> None:
        """`url` is SQLAlchemy's: `sqlite+aiosqlite:////srv/learnflow/learnflow.sqlite`, or
        `postgresql+psycopg://learnflow@db/learnflow`. DatabaseUnavailable for one we cannot use.
        """
        self._backend = _backend(url)
        self._writers: AsyncEngine | None = None
        self._readers: AsyncEngine | None = None
        self._glances: AsyncEngine | None = None
        self._listeners: list[Callable[[], None]] = []

    @property
    def url(self) -> URL:
        """With the driver we use, and the password if it has one."""
        return self._backend.url

    @property
    def name(self) -> str:
        """For messages: where the database is, without a password."""
        return self._backend.name

    async def open(self, *, create: bool = True) -> None:
        """Open, and with `create` make the file and bring its tables up to date.

        SchemaMismatch when the tables do not fit this code, DatabaseUnavailable when there is no database
        (without `create`) or it cannot be opened.
        """
        if create:
            await self.upgrade()
        else:
            migrate.require_current(await self.schema_state(), self.name)
        self._writers = self._backend.engine("write")
        self._readers = self._backend.engine("read")
        self._glances = self._backend.engine("glance")

    async def close(self) -> None:
        """Close all connections once those in use came back, or after a second; harmless when not open."""
        engines = [each for each in (self._writers, self._readers, self._glances) if each is not None]
        self._writers = self._readers = self._glances = None
        # A pool that is disposed of forgets what comes back later, and leaves it open.
        for _ in range(CLOSING_LOOKS):
            if not any(map(_in_use, engines)):
                break
            await asyncio.sleep(0.01)
        for engine in engines:
            await engine.dispose()

    async def upgrade(self) -> migrate.SchemaState:
        """Make the tables (and SQLite's file), or bring them up to date; what was found before.

        Two processes may do this at once: the second finds nothing left to do.
        """
        await self._backend.make()
        async with self._one_connection("upgrade") as conn:
            before = await conn.run_sync(migrate.upgrade, self.name)
            await partitions.prepare(conn, now())
        if before.condition != "current":
            log.info("database.upgraded", database=self.name, before=before.found, now=before.expected)
        return before

    async def schema_state(self) -> migrate.SchemaState:
        """Compare the tables with the code; change nothing. DatabaseUnavailable when there is no database."""
        await self._backend.require()
        async with self._one_connection("look") as conn:
            return await conn.run_sync(migrate.state)

    async def unguarded(self) -> tuple[str, ...]:
        """Guards of the append-only log that are missing or replaced; for tables that fit the code."""
        async with self._one_connection("look") as conn:
            return await conn.run_sync(migrate.unguarded)

    async def unnoticed(self) -> tuple[str, ...]:
        """What should empty sums of what was handed in, and is missing or replaced; likewise."""
        async with self._one_connection("look") as conn:
            return await conn.run_sync(migrate.unnoticed)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """One writing transaction: committed at the end, rolled back when anything is raised.

        Not to be nested: the inner one would wait for the outer one. DatabaseUnavailable when the database
        is locked, full, or gone; Collision when another transaction won: see `retrying`.
        """
        with _explained(self._backend):
            async with self._engine(self._writers).begin() as conn:
                # The flag lives as long as the pooled connection: forget what a rolled-back one left.
                info = await _info(conn)
                info.pop(RECORDED, None)
                yield conn
                recorded = info.pop(RECORDED, False)
        if recorded:
            for listener in self._listeners:
                listener()

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """A reading connection with one view of the data; writing through it fails."""
        with _explained(self._backend):
            async with self._engine(self._readers).connect() as conn:
                yield conn

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncConnection]:
        """A reading connection for one statement: without a transaction around it, where that costs a trip
        to the server and back. A second statement may see another moment.
        """
        with _explained(self._backend):
            async with self._engine(self._glances).connect() as conn:
                yield conn

    async def retrying(self, work: Callable[[AsyncConnection], Awaitable[T]], *, tries: int = TRIES) -> T:
        """What `work` returns, in a transaction of its own that is begun anew when it collides with another,
        or when its connection breaks before the commit.

        `work` may run several times: it must do nothing but write through its connection, and may note what
        the last run came to. What even the last of `tries` met is raised; and at once what broke during the
        commit, for nobody knows then whether it took effect.
        """
        for left in reversed(range(tries)):
            done = False
            try:
                async with self.begin() as conn:
                    result = await work(conn)
                    done = True
                return result
            except (Collision, ConnectionLost) as error:
                # A collision is told before anything is kept, also by the commit.
                if not left or (done and isinstance(error, ConnectionLost)):
                    raise
                log.info("database.again", database=self.name, code=error.code, tries_left=left)
                await asyncio.sleep(random.uniform(0, COLLISION_PAUSE_S))  # noqa: S311 - spreads retries
        raise AssertionError("tries is at least 1")

    def on_recorded(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each commit of this process that recorded an event."""
        self._listeners.append(listener)

    def _engine(self, engine: AsyncEngine | None) -> AsyncEngine:
        if engine is None:
            raise DatabaseUnavailable("The database is not open.")
        return engine

    @asynccontextmanager
    async def _one_connection(self, purpose: Purpose) -> AsyncIterator[AsyncConnection]:
        engine = self._backend.engine(purpose)
        try:
            with _explained(self._backend):
                async with engine.begin() as conn:
                    yield conn
        finally:
            await engine.dispose()


async def _info(conn: AsyncConnection) -> dict[Any, Any]:
    return (await conn.get_raw_connection()).info


class _explained:
    """Turns outages into a sentence; the detail goes to the log. Mistakes in our SQL stay what they are."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, sa_exc.TimeoutError):
            log.error("database.queue_too_long", database=self.backend.name)
            raise DatabaseUnavailable(backend.BUSY, retry_after=5) from error
        if isinstance(error, sa_exc.DBAPIError) and error.orig is not None:
            outage = self.backend.outage(error.orig)
            if outage is not None:
                log.error("database.failed", database=self.backend.name, error=str(error.orig))
                raise outage from error
