"""Limits that keep one person from using up what belongs to all."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import TooBusy
from learnflow_ext.settings import LearnFlowApi
from learnflow_ext.store import help
from learnflow_ext.store.clock import now

WINDOW_SECONDS = 60.0


class Budget:
    """So many questions a person in a minute, an hour and a day, counted in the database for all replicas."""

    def __init__(self, per_hour: int, per_day: int, per_minute: int = 0) -> None:
        """0 means no limit."""
        self._per_minute = per_minute
        self._limits = [
            (limit, timedelta(hours=hours), words)
            for limit, hours, words in ((per_hour, 1, "hour"), (per_day, 24, "day"))
            if limit
        ]

    async def left(self, conn: AsyncConnection, name: str) -> int | None:
        """How many may follow the question asked now, within the hour and the day; None without limits for
        those. TooBusy for one too many.
        """
        moment = now()
        spans = [timedelta(seconds=WINDOW_SECONDS), *(span for _, span, _ in self._limits)]
        if not self._per_minute:
            del spans[0]
        if not spans:
            return None
        counts = await help.asked_since(conn, name, [moment - span for span in spans])
        if self._per_minute:
            lately = counts.pop(0)
            if lately >= self._per_minute:
                raise TooBusy(
                    "You asked a lot of questions in one minute. Please wait a moment, then ask again.",
                    retry_after=int(WINDOW_SECONDS // 4),
                )
        if not self._limits:
            return None
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


class TokenBuckets:
    """So many requests a minute for each name, with a burst: a bucket of `burst` tokens that fills up again.

    One token a request. Unlike a window, it lets nobody send twice as much around a window's edge, and a
    request that is refused costs nothing, so that who keeps asking is let in all the same.
    """

    def __init__(
        self, per_minute: float, burst: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`per_minute` 0 means no limit. `clock` gives seconds and never goes back."""
        self._per_second = per_minute / 60
        self._burst = max(1.0, burst)
        self._clock = clock
        self._full_at: dict[str, float] = {}
        """When each bucket will be full; one that is not listed is."""
        self._tidy_at = 10_000
        self._taken: dict[str, int] = {}
        """Since `taken` was asked last."""

    def take(self, name: str) -> float:
        """Take a token of `name`'s and return 0; or take none, and return the seconds until there is one."""
        if not self._per_second:
            return 0.0
        now = self._clock()
        full_at = max(now, self._full_at.get(name, now)) + 1 / self._per_second
        wait = full_at - now - self._burst / self._per_second
        # Sums of fractions: a token that is missing by less than that is there.
        if wait > 1e-6:
            return wait
        self._full_at[name] = full_at
        self._taken[name] = self._taken.get(name, 0) + 1
        self._tidy(now)
        return 0.0

    def taken(self) -> dict[str, int]:
        """Tokens that were taken here since this was asked last, by name."""
        taken, self._taken = self._taken, {}
        return taken

    def taken_elsewhere(self, taken: Mapping[str, int]) -> None:
        """Tokens that another process gave out of the same buckets. What both gave before they knew of each
        other, and so is too much, is made up for by waiting.
        """
        if not self._per_second:
            return
        now = self._clock()
        for name, count in taken.items():
            self._full_at[name] = max(now, self._full_at.get(name, now)) + count / self._per_second
        self._tidy(now)

    def _tidy(self, now: float) -> None:
        if len(self._full_at) > self._tidy_at:
            self._full_at = {each: at for each, at in self._full_at.items() if at > now}
            # At most once for every doubling, however many are at work.
            self._tidy_at = max(10_000, 2 * len(self._full_at))


Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
"""More than any process lets in within a second; without a bound a number is also too large to count with."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """How many requests were let in, by person and by course."""

    people: dict[str, Count] = {}
    courses: dict[str, Count] = {}

    @property
    def nothing(self) -> bool:
        """Whether nobody sent any."""
        return not self.people and not self.courses


class ApiLimits:
    """What one person, and all students of one course together, may ask of the service.

    Each process counts by itself, so that no request waits for another machine, and takes into account what
    the others tell it they let in (`living`): for a moment somebody may send to each as much as is allowed
    at once, and waits all the longer afterwards.
    """

    def __init__(self, settings: LearnFlowApi, *, clock: Callable[[], float] = time.monotonic) -> None:
        """As `settings` say."""
        self._people = TokenBuckets(settings.requests_per_minute, settings.requests_at_once, clock=clock)
        self._courses = TokenBuckets(
            settings.course_requests_per_minute, settings.course_requests_at_once, clock=clock
        )

    def take(self, person: str, course: str) -> None:
        """Count one request of `person` to `course`, empty for none and for its teachers. TooBusy."""
        if wait := self._people.take(person):
            seconds = math.ceil(wait)
            raise TooBusy(
                f"You sent a lot of requests at once. Try again in {seconds} s.", retry_after=seconds
            )
        if course and (wait := self._courses.take(course)):
            seconds = math.ceil(wait)
            raise TooBusy(
                f"The course is busy: everybody asks at once. Try again in {seconds} s.", retry_after=seconds
            )

    def taken(self) -> Taken:
        """What was let in here since this was asked last."""
        return Taken(people=self._people.taken(), courses=self._courses.taken())

    def taken_elsewhere(self, taken: Taken) -> None:
        """What another process let in counts here too."""
        self._people.taken_elsewhere(taken.people)
        self._courses.taken_elsewhere(taken.courses)
