"""The database: opened once a process, shared by all its tasks.

SQLite has one writer at a time. Writers of this process queue here, in order, instead of polling the file's
lock; writers of other processes are waited for through `busy_timeout`. Readers never wait (WAL).
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import URL, AdaptedConnection, Connection, NullPool, event, make_url, text
from sqlalchemy import exc as sa_exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from learnflow_ext.contracts.errors import Unavailable
from learnflow_ext.store import migrate

BUSY_TIMEOUT_MS = 5_000
WRITER_WAIT_S = 30.0
READERS = 8

RECORDED = "learnflow.recorded"
"""Set in a connection's `info` when its transaction wrote to the outbox."""

OUTAGES = {
    sqlite3.SQLITE_BUSY: "The database is busy. Try again in a moment.",
    sqlite3.SQLITE_LOCKED: "The database is busy. Try again in a moment.",
    sqlite3.SQLITE_READONLY: "The database cannot be written: its file is read-only.",
    sqlite3.SQLITE_IOERR: "The database's disk cannot be read or written.",
    sqlite3.SQLITE_CORRUPT: "The database's file is damaged. Restore it from a backup.",
    sqlite3.SQLITE_FULL: "The disk of the database is full.",
    sqlite3.SQLITE_CANTOPEN: "The database's file cannot be opened.",
    sqlite3.SQLITE_NOTADB: "The file is not an SQLite database.",
}
"""By the primary code of SQLite's errors: what no change of our code would cure."""

log = structlog.get_logger(__name__)


class DatabaseUnavailable(Unavailable):
    """The database does not answer, is locked for too long, or cannot be written."""

    code = "database_unavailable"


def _async_url(url: str) -> URL:
    """`url` with the driver we use. DatabaseUnavailable for a database we cannot use."""
    try:
        parsed = make_url(url)
    except sa_exc.ArgumentError:
        raise DatabaseUnavailable(
            "The database URL cannot be read. An example: `sqlite+aiosqlite:////srv/learnflow/learnflow.sqlite`."
        ) from None
    if parsed.get_backend_name() != "sqlite":
        raise DatabaseUnavailable(
            f"This version keeps its record in SQLite and cannot use `{parsed.get_backend_name()}`."
        )
    if parsed.database in (None, "", ":memory:") or str(parsed.database).startswith("file:"):
        raise DatabaseUnavailable("The database must be a file: a plain path after `sqlite+aiosqlite:///`.")
    return parsed.set(drivername="sqlite+aiosqlite")


class Database:
    """One database and its connections."""

    def __init__(self, url: str) -> None:
        """`url` is SQLAlchemy's, for instance `sqlite+aiosqlite:////srv/learnflow/learnflow.sqlite`."""
        self.url = _async_url(url)
        self._writers: AsyncEngine | None = None
        self._readers: AsyncEngine | None = None
        self._listeners: list[Callable[[], None]] = []

    @property
    def path(self) -> Path:
        """The file."""
        return Path(str(self.url.database))

    @property
    def name(self) -> str:
        """For messages: where the database is, without a password."""
        return str(self.path)

    async def open(self, *, create: bool = True) -> None:
        """Open, and with `create` make the file and bring its tables up to date.

        SchemaMismatch when the tables do not fit this code, DatabaseUnavailable when there is no database
        (without `create`) or it cannot be opened.
        """
        if create:
            await self.upgrade()
        else:
            migrate.require_current(await self.schema_state(), self.name)
        self._writers = create_async_engine(self.url, pool_size=1, max_overflow=0, pool_timeout=WRITER_WAIT_S)
        self._readers = create_async_engine(
            self.url, pool_size=READERS, max_overflow=0, pool_timeout=WRITER_WAIT_S
        )
        _prepare(self._writers, begin="BEGIN IMMEDIATE")
        _prepare(self._readers, begin="BEGIN", read_only=True)

    async def close(self) -> None:
        """Close all connections; harmless when not open."""
        for engine in (self._writers, self._readers):
            if engine is not None:
                await engine.dispose()
        self._writers = self._readers = None

    async def upgrade(self) -> migrate.SchemaState:
        """Make the file and its tables, or bring them up to date; what was found before.

        Two processes may do this at once: the second finds nothing left to do.
        """
        try:
            await asyncio.to_thread(_make_file, self.path)
        except OSError as error:
            raise DatabaseUnavailable(f"The file {self.path} cannot be made: {error.strerror}.") from error
        async with self._one_connection(begin="BEGIN IMMEDIATE", foreign_keys=False) as conn:
            before = await conn.run_sync(migrate.upgrade, self.name)
        if before.condition != "current":
            log.info("database.upgraded", database=self.name, before=before.found, now=before.expected)
        return before

    async def schema_state(self) -> migrate.SchemaState:
        """Compare the tables with the code; change nothing. DatabaseUnavailable when there is no file."""
        if not await asyncio.to_thread(self.path.is_file):
            raise DatabaseUnavailable(f"There is no database at {self.name}.")
        async with self._one_connection(begin="BEGIN") as conn:
            return await conn.run_sync(migrate.state)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """One writing transaction: committed at the end, rolled back when anything is raised.

        Not to be nested: the inner one would wait for the outer one. DatabaseUnavailable when the database
        is locked, full, or gone.
        """
        with _explained(self.name):
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
        with _explained(self.name):
            async with self._engine(self._readers).connect() as conn:
                yield conn

    def on_recorded(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each commit of this process that recorded an event."""
        self._listeners.append(listener)

    def _engine(self, engine: AsyncEngine | None) -> AsyncEngine:
        if engine is None:
            raise DatabaseUnavailable("The database is not open.")
        return engine

    @asynccontextmanager
    async def _one_connection(
        self, *, begin: str, foreign_keys: bool = True
    ) -> AsyncIterator[AsyncConnection]:
        engine = create_async_engine(self.url, poolclass=NullPool)
        _prepare(engine, begin=begin, foreign_keys=foreign_keys)
        try:
            with _explained(self.name):
                async with engine.begin() as conn:
                    yield conn
        finally:
            await engine.dispose()


async def _info(conn: AsyncConnection) -> dict[Any, Any]:
    return (await conn.get_raw_connection()).info


class _explained:
    """Turns outages into a sentence; the detail goes to the log. Mistakes in our SQL stay what they are."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, sa_exc.TimeoutError):
            log.error("database.queue_too_long", database=self.name)
            raise DatabaseUnavailable(
                "The database is busy. Try again in a moment.", retry_after=5
            ) from error
        if isinstance(error, sa_exc.DBAPIError):
            outage = OUTAGES.get(getattr(error.orig, "sqlite_errorcode", 0) & 0xFF)
            if outage is not None:
                log.error("database.failed", database=self.name, error=str(error.orig))
                raise DatabaseUnavailable(outage, retry_after=5) from error


def _make_file(path: Path) -> None:
    """Only we may read it, for it says who asked what. SQLite gives its side files the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare(engine: AsyncEngine, *, begin: str, foreign_keys: bool = True, read_only: bool = False) -> None:
    """Set up each new connection, and begin transactions ourselves (the driver would do it late)."""

    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        # The time-out comes first: switching to WAL may meet another process that does the same.
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        # A submission we said we have must survive a power cut.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        # Else INSERT OR REPLACE would delete rows of the append-only log behind its trigger.
        cursor.execute("PRAGMA recursive_triggers = ON")
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    def began(connection: Connection) -> None:
        connection.execute(text(begin))

    def invalidated(connection: AdaptedConnection, _record: object, _error: object) -> None:
        # A task was cancelled within a statement. Closing alone keeps the transaction, and so the lock of the
        # whole database, until the last cursor is collected: SQLite waits for it.
        connection.run_async(lambda driver: asyncio.shield(driver.rollback()))

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "invalidate", invalidated)
    event.listen(engine.sync_engine, "begin", began)
