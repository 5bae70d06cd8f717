"""Limits that keep one person from using up what belongs to all."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import TooBusy
from learnflow_ext.store import help
from learnflow_ext.store.clock import now

WINDOW_SECONDS = 60.0


class Budget:
    """So many questions a person within an hour and within a day, counted in the database."""

    def __init__(self, per_hour: int, per_day: int) -> None:
        """0 means no limit."""
        self._limits = [
            (limit, timedelta(hours=hours), words)
            for limit, hours, words in ((per_hour, 1, "hour"), (per_day, 24, "day"))
            if limit
        ]

    async def left(self, conn: AsyncConnection, name: str) -> int | None:
        """How many may follow the question asked now; None without limits. TooBusy for one too many."""
        if not self._limits:
            return None
        moment = now()
        counts = await help.asked_since(conn, name, [moment - span for _, span, _ in self._limits])
        for (limit, span, words), count in zip(self._limits, counts, strict=True):
            if count >= limit:
                raise TooBusy(
                    f"You have asked {limit} questions within {'an' if words == 'hour' else 'a'} "
                    f"{words}, and that "
                    "is as many as your teacher allows. Read the last answers once more, or ask a classmate.",
                    retry_after=int(span.total_seconds() // 10),
                )
        return min(limit - count for (limit, _, _), count in zip(self._limits, counts, strict=True)) - 1


class RateLimiter:
    """At most `per_minute` questions a person within any sixty seconds."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds and never goes back."""
        self._per_minute = per_minute
        self._clock = clock
        self._asked: dict[str, deque[float]] = {}

    def take(self, name: str) -> None:
        """Count one question of `name`; TooBusy, with the seconds to wait, when there were enough already."""
        now = self._clock()
        times = self._asked.setdefault(name, deque())
        while times and now - times[0] >= WINDOW_SECONDS:
            times.popleft()
        if len(times) >= self._per_minute:
            wait = max(1, math.ceil(WINDOW_SECONDS - (now - times[0]))) if times else int(WINDOW_SECONDS)
            raise TooBusy(
                f"You asked a lot of questions in one minute. Please wait {wait} seconds, then ask again.",
                retry_after=wait,
            )
        times.append(now)
        if len(self._asked) > 10_000:
            self._forget(now)

    def _forget(self, now: float) -> None:
        """Drop people who asked nothing lately, so that the table stays as small as the class."""
        self._asked = {
            name: times for name, times in self._asked.items() if times and now - times[-1] < WINDOW_SECONDS
        }
