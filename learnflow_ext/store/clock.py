"""Times: aware, UTC, to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, aware, UTC."""
    return datetime.now(UTC)


def iso(moment: datetime | None) -> str:
    """ISO 8601 in UTC with microseconds, ending in `Z`; empty for None. Such texts sort by time."""
    if moment is None:
        return ""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
