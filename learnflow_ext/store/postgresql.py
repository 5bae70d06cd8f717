"""PostgreSQL through psycopg 3: many writers at once.

Writers run at READ COMMITTED and take turns per student (`people.ensure` locks the student's row), so that a
student's events are numbered in the order in which they become visible. Readers see one moment
(REPEATABLE READ) and cannot write.
"""

from __future__ import annotations

import time

from sqlalchemy import URL, NullPool, event
from sqlalchemy.engine.interfaces import DBAPIConnection, IsolationLevel
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from learnflow_ext.store import backend
from learnflow_ext.store.backend import Backend, Collision, ConnectionLost, DatabaseUnavailable, Purpose

CONNECTIONS: dict[Purpose, int] = {"write": 8, "read": 6, "glance": 2}
"""Together 16 a process, and up to five of its own (`locks.own_connection`): four processes fit PostgreSQL's
default of 100, of which it keeps three for its admin."""
ISOLATION: dict[Purpose, IsolationLevel] = {
    "write": "READ COMMITTED",
    "read": "REPEATABLE READ",
    "glance": "AUTOCOMMIT",
}
CONNECT_TIMEOUT_S = 5
RECYCLE_S = 1800
IDLE_S = 1.0
"""A connection that rested longer is asked before it is used whether the server is still there."""

KEEPALIVE = {
    "keepalives_idle": "5",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""A server that vanished is noticed by us after about 20 s; TCP alone would wait for a quarter of an hour."""
THEIR_KEEPALIVE = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20s",
}
"""A client whose machine vanished is noticed by the server, which then frees what it held."""

SESSION = {
    "TimeZone": "UTC",
    **THEIR_KEEPALIVE,
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    # A process that hangs in a transaction must not hold up the others for ever.
    "idle_in_transaction_session_timeout": "60s",
    # Disks find any page about as fast as the next one, and most of it is in memory: without this the
    # planner reads a whole table rather than a sixteenth of it through an index.
    "random_page_cost": "1.1",
    # To compile a statement takes longer than any of ours runs.
    "jit": "off",
}
UPGRADE = {"TimeZone": "UTC", "lock_timeout": "120s"}
"""Building an index over a million rows takes longer than any answer may."""

OUTAGES = {
    "08": "The connection to the database broke.",
    "28": "The database does not let us in: check the user and the password in `LearnFlow.database_url`.",
    "3D": "There is no such database. Make it with `createdb`, or correct `LearnFlow.database_url`.",
    "25006": "The database cannot be written: it is read-only.",
    "42501": "The database's user lacks a right it needs; docs/record.md lists them.",
    "53": "The database has no room left: disk, memory or connections.",
    "53100": "The disk of the database is full.",
    "53300": "The database has no connection free. Raise its `max_connections`.",
    "55P03": backend.BUSY,
    "57014": "The database took too long to answer. Try again in a moment.",
    "57P": "The database is being restarted. Try again in a moment.",
    "58": "The database's disk cannot be read or written.",
    "XX001": "The database's files are damaged. Restore it from a backup.",
    "25P03": "The database ended a transaction that stood still for too long.",
    "57P05": "The database ended a connection that stood still for too long.",
}
"""By SQLSTATE, or what it begins with: what no change of our code would cure."""

AT_THE_DOOR = {
    'database "': "3D",
    "authentication failed": "28",
    "no password supplied": "28",
    "pg_hba.conf": "28",
    "too many clients": "53300",
    "remaining connection slots": "53300",
    "starting up": "57P",
    "shutting down": "57P",
}
"""What a refused connection says, to the code it would have: the client library keeps that to itself."""

COLLISIONS = ("40001", "40P01")
"""Serialization failure, deadlock."""

BROKEN = ("57P01", "57P02", "57P05", "25P03", "08000", "08003", "08006", "08007")
"""The server ended the connection: an admin, a crash, standing still; or it broke."""


class PostgresBackend(Backend):
    """A database of a server."""

    def __init__(self, url: URL) -> None:
        """DatabaseUnavailable unless `url` names a database and, if any driver, psycopg."""
        if url.drivername not in ("postgresql", "postgresql+psycopg"):
            raise DatabaseUnavailable(
                f"LearnFlow speaks to PostgreSQL through psycopg, not `{url.drivername}`: "
                "write `postgresql+psycopg://`."
            )
        if not url.database:
            raise DatabaseUnavailable(
                "The database URL names no database. An example: `postgresql+psycopg://learnflow@db/learnflow`."
            )
        self.url = url.set(drivername="postgresql+psycopg")

    @property
    def name(self) -> str:
        host = self.url.host or self.url.query.get("host") or "this machine"
        port = f":{self.url.port}" if self.url.port else ""
        return f"database {self.url.database} on {host}{port}"

    async def make(self) -> None:
        """Nothing: a database on a server is made by its admin."""

    async def require(self) -> None:
        """Only connecting tells."""

    def engine(self, purpose: Purpose) -> AsyncEngine:
        settings = dict(UPGRADE if purpose == "upgrade" else SESSION)
        if purpose in ("read", "glance"):
            settings["default_transaction_read_only"] = "on"
        connect: dict[str, object] = {
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": f"learnflow-{purpose}",
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
            **KEEPALIVE,
        }
        # What the admin wrote into the URL wins.
        connect = {name: value for name, value in connect.items() if name not in self.url.query}
        if purpose in ("look", "upgrade"):
            return create_async_engine(self.url, poolclass=NullPool, connect_args=connect)
        engine = create_async_engine(
            self.url,
            isolation_level=ISOLATION[purpose],
            pool_size=CONNECTIONS[purpose],
            max_overflow=0,
            pool_timeout=backend.WRITER_WAIT_S,
            pool_recycle=RECYCLE_S,
            connect_args=connect,
        )
        _ask_the_idle(engine)
        return engine

    def outage(self, error: BaseException) -> DatabaseUnavailable | None:
        import psycopg

        if not isinstance(error, psycopg.Error):
            return None
        state = error.sqlstate or ""
        if state in COLLISIONS:
            return Collision(backend.BUSY, retry_after=1)
        kind = ConnectionLost if state in BROKEN else DatabaseUnavailable
        for length in (5, 3, 2):
            sentence = OUTAGES.get(state[:length]) if len(state) >= length else None
            if sentence is not None:
                return kind(sentence, retry_after=5)
        # Errors of the client library, which has no codes: refused, timed out, closed.
        if not state and isinstance(error, psycopg.OperationalError):
            for words, like in AT_THE_DOOR.items():
                if words in str(error):
                    return DatabaseUnavailable(OUTAGES[like], retry_after=5)
            # Refused or timed out at the door, or an open one that was shut.
            kind = DatabaseUnavailable if "connection failed" in str(error) else ConnectionLost
            return kind(f"The database does not answer: {self.name}.", retry_after=5)
        return None


def _ask_the_idle(engine: AsyncEngine) -> None:
    """After a restart of the server the old connections are dead: found out before they are used.

    As `pool_pre_ping`, but not on the way of a busy connection, where each question costs as much as a
    statement. One that dies within `IDLE_S` is noticed by its next statement: see `Database.retrying`.
    """
    rested = "learnflow.rested"

    def used(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[rested] = time.monotonic()

    def taken(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        since = record.info.get(rested)
        if since is None or time.monotonic() - since < IDLE_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            # The pool makes a new one.
            raise DisconnectionError(str(error)) from error

    event.listen(engine.sync_engine, "checkin", used)
    event.listen(engine.sync_engine, "checkout", taken)
