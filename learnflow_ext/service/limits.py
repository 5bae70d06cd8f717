"""Limits that keep one person from using up what belongs to all."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

from learnflow_ext.contracts.errors import TooBusy

WINDOW_SECONDS = 60.0


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
