"""Days in a row on which a student worked, in the student's own time zone, with grace for holidays."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

FULL_DAYS = 3
"""A streak of so many days of handing in is full consistency."""
ONE_DAY = timedelta(days=1)


class Streak(msgspec.Struct, frozen=True, kw_only=True):
    """Days in a row."""

    current: int
    longest: int

    @property
    def consistency(self) -> float:
        """0 to 1, by the longest: a week of illness takes no level away."""
        return min(self.longest / FULL_DAYS, 1.0)


def zone(name: str, fallback: str = "UTC") -> tzinfo:
    """The time zone called `name`, or `fallback` where there is no such zone."""
    for wanted in (name, fallback):
        try:
            return ZoneInfo(wanted)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def days(moments: Iterable[datetime], where: tzinfo) -> set[date]:
    """The days, as they are called in `where`, of aware `moments`."""
    return {moment.astimezone(where).date() for moment in moments}


def streak(worked: Collection[date], today: date, holidays: Collection[date] = ()) -> Streak:
    """The streak up to `today`: a holiday neither breaks it nor counts, unless it was worked on.

    Today is not over: not having worked yet breaks nothing. Days after today are left out.
    """
    past = {day for day in worked if day <= today}
    off = set(holidays) - past
    longest = current = 0
    before: date | None = None
    for day in sorted(past):
        current = current + 1 if before is not None and _joins(before, day, off) else 1
        longest = max(longest, current)
        before = day
    if before is None or not (before == today or _joins(before, today, off)):
        current = 0
    return Streak(current=current, longest=longest)


def _joins(before: date, day: date, off: set[date]) -> bool:
    """Whether only holidays lie between the two days."""
    step = before + ONE_DAY
    while step < day:
        if step not in off:
            return False
        step += ONE_DAY
    return True
