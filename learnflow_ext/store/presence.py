"""That a grader or a service lives: a lock which dies with its holder, so that others take its work over.

Nothing here rests on clocks. Each process holds a lock of its own, under an id that no other ever had: an
advisory lock of one connection to PostgreSQL, or a lock on a file beside SQLite's. While the lock is held its
holder is at work; once it is free, by an end, a crash or a lost machine, it is not.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import secrets
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import structlog
from sqlalchemy import URL, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store.database import Database, DatabaseUnavailable
from learnflow_ext.store.locks import listening, locked, own_connection

LONGEST = 7_999
"""Bytes that PostgreSQL takes in what is told."""
_BITS = 48


class Kind(NamedTuple):
    """What the holders do. Advisory locks count within one database."""

    name: str
    mark: int
    """The upper 16 bits of each lock."""
    channel: str
    """PostgreSQL's NOTIFY channel, to which each of them listens."""


GRADERS = Kind("grader", 0x4C46, "learnflow_queue")
"""Rung by every transaction that queues work."""
MAKERS = Kind("maker", 0x4C4D, "learnflow_wishes")
"""They make exercises for students; rung by every transaction that asks for one."""
SERVICES = Kind("service", 0x4C53, "learnflow_services")
"""They tell each other what each should know."""

# Of all locks on numbers of 64 bits, which PostgreSQL shows in two halves.
_PRESENT = text(
    "SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks "
    "WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND classid::bigint >> 16 = :kind "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)

log = structlog.get_logger(__name__)


class Presence(ABC):
    """Being at work, under one id."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._key = (kind.mark << _BITS) | secrets.randbits(_BITS)
        self.id = _id_of(self._key)
        """16 hexadecimal digits; never used before."""
        self.lost = asyncio.Event()
        """Set when others may take us for dead: stop at once, and begin anew under another id. Or be back
        before anybody believes it.
        """

    @abstractmethod
    def held(self, ring: Callable[[str], None]) -> contextlib.AbstractAsyncContextManager[None]:
        """Be at work, until the context ends; then it may be held once more. `ring` is called with what
        others told, and with nothing when they queued something, where the database can tell.
        DatabaseUnavailable when it cannot be said there.
        """


def presence_of(db: Database, kind: Kind = GRADERS) -> Presence:
    """A new presence among the holders of `kind` at `db`; it counts once it is held."""
    if db.url.get_backend_name() == "postgresql":
        return _PostgresPresence(kind, db.url)
    return _FilePresence(kind, _place(db, kind))


async def present(db: Database, kind: Kind = GRADERS) -> frozenset[str]:
    """The ids of all of `kind` that are at work.

    Who asks whose work was left behind reads first whose work there is, and then this: everybody is here
    before they take anything.
    """
    if db.url.get_backend_name() == "postgresql":
        async with db.glance() as conn:
            return frozenset(_id_of(key) for key in await conn.scalars(_PRESENT, {"kind": kind.mark}))
    return await asyncio.to_thread(_living, _place(db, kind))


async def ring(conn: AsyncConnection) -> None:
    """Tell the graders of other processes, once this transaction is committed; on SQLite they look."""
    if conn.dialect.name == "postgresql":
        await conn.execute(text(f"NOTIFY {GRADERS.channel}"))


async def tell(conn: AsyncConnection, kind: Kind, said: str) -> None:
    """Have all holders of `kind` hear it, us too; on SQLite nobody does. At most `LONGEST` bytes."""
    if conn.dialect.name == "postgresql":
        await conn.execute(select(func.pg_notify(kind.channel, said)))


def _id_of(key: int) -> str:
    return f"{key:016x}"


def _place(db: Database, kind: Kind) -> Path:
    """What the files' names begin with."""
    return Path(f"{db.url.database}.{kind.name}-")


class _FilePresence(Presence):
    def __init__(self, kind: Kind, place: Path) -> None:
        super().__init__(kind)
        self._path = Path(f"{place}{self.id}")

    @asynccontextmanager
    async def held(self, ring: Callable[[str], None]) -> AsyncIterator[None]:
        self.lost.clear()
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DatabaseUnavailable(f"{self._path} cannot be made: {error.strerror}.") from error
        try:
            # Somebody who looked before we had the lock may have taken the file for a dead one's.
            if not locked(file, fcntl.LOCK_EX) or not _is_at(file, self._path):
                raise DatabaseUnavailable(f"{self._path} was taken away.", retry_after=1)
            yield
        finally:
            # While we hold it, so that nobody meets a file without a lock.
            with contextlib.suppress(OSError):
                self._path.unlink()
            os.close(file)


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _living(place: Path) -> frozenset[str]:
    """Files that are locked; those of the dead are removed."""
    found = set()
    for path in place.parent.iterdir():
        if not path.name.startswith(place.name):
            continue
        try:
            file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        except OSError as error:
            log.error("presence.unknown", file=str(path), error=error.strerror)
            # Nothing is taken from somebody who may live.
            found.add(path.name.removeprefix(place.name))
            continue
        try:
            # Shared: two who look at once must not take each other for the holder.
            if locked(file, fcntl.LOCK_SH):
                path.unlink(missing_ok=True)
            else:
                found.add(path.name.removeprefix(place.name))
        finally:
            os.close(file)
    return frozenset(found)


class _PostgresPresence(Presence):
    """One connection holds the lock and listens: when it breaks, both are gone, and we know."""

    def __init__(self, kind: Kind, url: URL) -> None:
        super().__init__(kind)
        self._url = url

    @asynccontextmanager
    async def held(self, ring: Callable[[str], None]) -> AsyncIterator[None]:
        import psycopg

        self.lost.clear()
        async with own_connection(self._url, f"learnflow-{self._kind.name}") as conn:
            try:
                await conn.execute("SELECT pg_advisory_lock(%s)", (self._key,))
            except psycopg.Error as error:
                raise DatabaseUnavailable("The database does not answer.", retry_after=5) from error

            def broken(reason: str) -> None:
                log.warning("presence.lost", kind=self._kind.name, id=self.id, error=reason)
                self.lost.set()

            async with listening(conn, self._kind.channel, ring, broken):
                yield
