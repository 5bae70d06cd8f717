"""What the record needs now and then: tables for the months to come, and an end for what is old."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from learnflow_ext.events import lti_consumer, progress_consumer, struggle_consumer
from learnflow_ext.service.practice_queue import KEPT
from learnflow_ext.store import consumed, handed_in, once, partitions, practice_wishes, spent
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database, DatabaseUnavailable

EVERY_S = 6 * 3600
AFTER_TROUBLE_S = 60
ON_THE_BUS = (progress_consumer.GROUP, struggle_consumer.GROUP, lti_consumer.GROUP)
"""Consumers whose events come no more once the bus has forgotten them. Points given by hand come again with a
course's folder from a backup: what is noted of them stays."""

log = structlog.get_logger(__name__)


async def keep_house(
    db: Database,
    keep_events_months: int,
    answers_hours: float = 24,
    keep_consumed_days: int = 180,
    *,
    every_s: float = EVERY_S,
) -> None:
    """Until cancelled. Several processes may do it at once. `keep_events_months` 0 deletes no events."""
    while True:
        pause: float = AFTER_TROUBLE_S
        try:
            await tidy(db, keep_events_months)
            await db.retrying(lambda conn: once.forget(conn, timedelta(hours=answers_hours)))
            await db.retrying(spent.forget)
            await db.retrying(lambda conn: practice_wishes.forget(conn, now() - KEPT))
            await forget_consumed(db, keep_consumed_days)
            await sum_up(db)
            pause = every_s
        except DatabaseUnavailable as error:
            log.warning("housekeeping.later", reason=error.message, retry_in_s=pause)
        except Exception:
            # The boundary of a task that nothing may end: the log would run into its catch-all for ever.
            log.exception("housekeeping.failed", retry_in_s=pause)
        await asyncio.sleep(pause)


async def tidy(db: Database, keep_events_months: int) -> int:
    """Make the months that are due and delete those that are over; how many events were deleted."""
    moment = now()
    async with db.begin() as conn:
        made = await partitions.prepare(conn, moment)
    if made:
        log.info("housekeeping.months_made", months=made)
    if not keep_events_months:
        return 0
    async with db.begin() as conn:
        gone = await partitions.expire(conn, moment, keep_events_months)
    if gone:
        log.warning("housekeeping.expired", events=gone, keep_months=keep_events_months)
    return gone


async def sum_up(db: Database) -> int:
    """Sum up what was handed in where nothing is; how many sums."""
    summed = 0
    # A part at a time, as below.
    while some := await db.retrying(handed_in.sum_up_missing):
        summed += some
    return summed


async def forget_consumed(db: Database, keep_days: int) -> int:
    """Delete what consumers noted before then; how many notes."""
    before, gone = now() - timedelta(days=keep_days), 0
    while True:
        # A part at a time: the first look at an old classroom may find years of them.
        some = await db.retrying(lambda conn: consumed.forget(conn, ON_THE_BUS, before))
        gone += some
        if some < consumed.FORGOTTEN_AT_ONCE:
            return gone
