"""The one door through which the append-only log is changed: to redact a person's texts, to expire old rows.

The database's triggers refuse every change, unless the same transaction has opened the door for that
purpose: `redact` may change an event's data and nothing else of it, `expire` may delete. An open door cannot
be committed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import structlog
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store.models import OpenDoor

Purpose = Literal["redact", "expire"]

log = structlog.get_logger(__name__)


@asynccontextmanager
async def opened(conn: AsyncConnection, purpose: Purpose, reason: str) -> AsyncIterator[None]:
    """Within, `conn` may change the log as `purpose` says. `reason` goes to the process's log."""
    await conn.execute(insert(OpenDoor).values(id=1, purpose=purpose, must_close=2))
    yield
    # Not in a finally: what failed is rolled back whole, and the row with it.
    await conn.execute(delete(OpenDoor))
    log.warning("event_log.door", purpose=purpose, reason=reason)
