"""Forgetting what was said, after as many days as the deployment says."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.service import logs
from learnflow_ext.store import alerts, once, regrade_requests, tutoring
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database, DatabaseUnavailable

EVERY_SECONDS = 3600.0

log = logs.get("learnflow.retention")


async def forget(conn: AsyncConnection, before: datetime) -> int:
    """Delete the words of questions, answers and requests to teachers from before then; how many turns."""
    await alerts.forget_words(conn, before)
    await regrade_requests.forget(conn, before)
    # Answers in the chat are kept there too, for who lost one.
    await once.forget(conn, now() - before)
    return await tutoring.forget(conn, before)


async def forgetting(db: Database, days: int, every_s: float = EVERY_SECONDS) -> None:
    """Forget until cancelled; with 0 days nothing is forgotten. An outage of the database is waited out."""
    while True:
        if days > 0:
            try:
                before = now() - timedelta(days=days)
                forgotten = await db.retrying(partial(forget, before=before))
                if forgotten:
                    log.info("forgot old questions and answers", turns=forgotten, days=days)
            except DatabaseUnavailable as error:
                log.warning("nothing is forgotten while the database is away", error=error.message)
        await asyncio.sleep(every_s)
