"""How much a class worked, week by week. The weeks that are over are counted now and then, and remembered."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, tzinfo

from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store import insight
from learnflow_ext.store.insight import Slot

WEEK = timedelta(days=7)
WEEK_S = int(WEEK.total_seconds())
SHOWN = 8
"""Weeks, the one that runs among them."""
REMEMBERED_S = 600.0
"""A large class runs a million cells in so many weeks, and those that are over hardly change."""


def monday(now: datetime, where: tzinfo) -> datetime:
    """When the week of `now` began in `where`; aware, UTC."""
    here = now.astimezone(where)
    first = (here - timedelta(days=here.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    return first.astimezone(UTC)


class Weeks:
    """Counts the runs of courses by week."""

    def __init__(self) -> None:
        """Nothing was counted yet."""
        self._over: dict[str, tuple[datetime, float, list[Slot]]] = {}
        """By course: the week that ran, when the others were counted, and what came out."""

    async def of(self, conn: AsyncConnection, course: str, now: datetime, where: tzinfo) -> list[Slot]:
        """The last weeks of `course` in which anything was run, oldest first; days begin as in `where`."""
        this = monday(now, where)
        week, counted, over = self._over.get(course, (None, 0.0, []))
        if week != this or time.monotonic() - counted > REMEMBERED_S:
            first = this - (SHOWN - 1) * WEEK
            over = await insight.activity(conn, course, first, WEEK_S, until=this, origin=first)
            self._over[course] = (this, time.monotonic(), over)
        return [*over, *await insight.activity(conn, course, this, WEEK_S, origin=this)]
