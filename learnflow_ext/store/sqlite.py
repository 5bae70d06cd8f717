"""SQLite: one file, one writer at a time.

Writers of this process queue at a pool of one, in order, instead of polling the file's lock; writers of other
processes are waited for through `busy_timeout`. Readers never wait (WAL).
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path

from sqlalchemy import URL, AdaptedConnection, Connection, NullPool, event, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from learnflow_ext.store import backend
from learnflow_ext.store.backend import Backend, DatabaseUnavailable, Purpose

BUSY_TIMEOUT_MS = 5_000

OUTAGES = {
    sqlite3.SQLITE_BUSY: backend.BUSY,
    sqlite3.SQLITE_LOCKED: backend.BUSY,
    sqlite3.SQLITE_READONLY: "The database cannot be written: its file is read-only.",
    sqlite3.SQLITE_IOERR: "The database's disk cannot be read or written.",
    sqlite3.SQLITE_CORRUPT: "The database's file is damaged. Restore it from a backup.",
    sqlite3.SQLITE_FULL: "The disk of the database is full.",
    sqlite3.SQLITE_CANTOPEN: "The database's file cannot be opened.",
    sqlite3.SQLITE_NOTADB: "The file is not an SQLite database.",
}
"""By the primary code of SQLite's errors: what no change of our code would cure."""


class SqliteBackend(Backend):
    """A file."""

    def __init__(self, url: URL) -> None:
        """DatabaseUnavailable unless `url` names a plain file."""
        if url.database in (None, "", ":memory:") or str(url.database).startswith("file:"):
            raise DatabaseUnavailable(
                "The database must be a file: a plain path after `sqlite+aiosqlite:///`."
            )
        self.url = url.set(drivername="sqlite+aiosqlite")
        self.path = Path(str(url.database))

    @property
    def name(self) -> str:
        return str(self.path)

    async def make(self) -> None:
        try:
            await asyncio.to_thread(_make_file, self.path)
        except OSError as error:
            raise DatabaseUnavailable(f"The file {self.path} cannot be made: {error.strerror}.") from error

    async def require(self) -> None:
        if not await asyncio.to_thread(self.path.is_file):
            raise DatabaseUnavailable(f"There is no database at {self.name}.")

    def engine(self, purpose: Purpose) -> AsyncEngine:
        if purpose in ("look", "upgrade"):
            engine = create_async_engine(self.url, poolclass=NullPool)
        else:
            size = backend.READERS if purpose == "read" else 1
            engine = create_async_engine(
                self.url, pool_size=size, max_overflow=0, pool_timeout=backend.WRITER_WAIT_S
            )
        _prepare(
            engine,
            begin="BEGIN IMMEDIATE" if purpose in ("write", "upgrade") else "BEGIN",
            # Changing a table means copying and dropping it here: the keys are checked as a whole afterwards.
            foreign_keys=purpose != "upgrade",
            read_only=purpose in ("read", "glance"),
        )
        return engine

    def outage(self, error: BaseException) -> DatabaseUnavailable | None:
        sentence = OUTAGES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        return None if sentence is None else DatabaseUnavailable(sentence, retry_after=5)


def _make_file(path: Path) -> None:
    """Only we may read it, for it says who asked what. SQLite gives its side files the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare(engine: AsyncEngine, *, begin: str, foreign_keys: bool, read_only: bool) -> None:
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
