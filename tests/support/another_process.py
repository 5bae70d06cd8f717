"""A database as one more process has it: with connections of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from learnflow_ext.store.database import Database


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database at `url`, until it is closed again."""
    db = Database(url)
    await db.open()
    try:
        yield db
    finally:
        await db.close()
