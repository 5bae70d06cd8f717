"""When a mail may go out: quiet hours and the morning, in a teacher's own time zone. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from learnflow_ext.contracts.mail import MailWish

FIRST_WAIT = timedelta(minutes=1)


@cache
def zones() -> tuple[str, ...]:
    """Names of the IANA database. Reads hundreds of files the first time: call it off the event loop."""
    return tuple(sorted(available_timezones()))


def due(moment: datetime, wish: MailWish) -> datetime:
    """When an alert of `moment` (aware) may be mailed: then, or when the quiet hours end; UTC.

    With a daily mail, the next time that it is `quiet_until` o'clock.
    """
    local = moment.astimezone(ZoneInfo(wish.time_zone))
    if wish.pace == "daily" or _quiet(local.hour, wish.quiet_from, wish.quiet_until):
        return _next(local, wish.quiet_until)
    return moment.astimezone(UTC)


def again(moment: datetime, tries: int, wish: MailWish) -> datetime:
    """When to try again after `tries` failures, from 1: a minute, four, sixteen, and so on; never in the
    quiet hours."""
    later = moment + FIRST_WAIT * int(4 ** (tries - 1))
    local = later.astimezone(ZoneInfo(wish.time_zone))
    if _quiet(local.hour, wish.quiet_from, wish.quiet_until):
        return _next(local, wish.quiet_until)
    return later.astimezone(UTC)


def _quiet(hour: int, start: int, end: int) -> bool:
    return start <= hour < end if start <= end else hour >= start or hour < end


def _next(local: datetime, hour: int) -> datetime:
    """The next time after `local` that it is `hour` o'clock there, in UTC."""
    found = local.replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
    # Compared in UTC: within one zone Python compares what the clocks show.
    if found.astimezone(UTC) <= local.astimezone(UTC):
        found = (found.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=local.tzinfo)
    return found.astimezone(UTC)
