"""What `store.database` asks of a kind of database: where it is, how to connect, what its failures mean."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from learnflow_ext.contracts.errors import Unavailable

Purpose = Literal["write", "read", "glance", "look", "upgrade"]
"""`write`, `read` and `glance` (for statements that stand alone) are pools that live as long as the process;
`look` and `upgrade` one connection each."""

WRITER_WAIT_S = 30.0
READERS = 8

BUSY = "The database is busy. Try again in a moment."


class DatabaseUnavailable(Unavailable):
    """The database does not answer, is locked for too long, or cannot be written."""

    code = "database_unavailable"


class Collision(DatabaseUnavailable):
    """Two transactions were in each other's way and this one was undone: the same again may well succeed."""

    code = "database_collision"


class ConnectionLost(DatabaseUnavailable):
    """The connection broke, or the server ended it: whatever was not committed is undone.

    Who was told so by the commit itself does not know whether it took effect.
    """

    code = "database_connection_lost"


class Backend(ABC):
    """One database of one kind. Nothing connects before the first engine is used."""

    url: URL
    """With the driver we use."""

    @property
    @abstractmethod
    def name(self) -> str:
        """For messages: where the database is, without a password."""

    @abstractmethod
    async def make(self) -> None:
        """Make what can be made before the tables: a file. DatabaseUnavailable with the reason."""

    @abstractmethod
    async def require(self) -> None:
        """DatabaseUnavailable when it can be said without connecting that there is no database."""

    @abstractmethod
    def engine(self, purpose: Purpose) -> AsyncEngine:
        """Connections for `purpose`. Who called disposes of it."""

    @abstractmethod
    def outage(self, error: BaseException) -> DatabaseUnavailable | None:
        """What a driver's error means to whoever waits; None for a mistake in our own SQL."""
