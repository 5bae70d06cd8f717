"""The log's months: PostgreSQL keeps each in a table of its own, so that an old one goes at once.

`event_log_rest` catches what belongs to no month made yet, and hands it over when the month is made. SQLite
has one table, from which old rows are deleted.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import structlog
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store import door
from learnflow_ext.store.models import LoggedEvent

AHEAD = 3
"""Months made before they begin: a service that sleeps through the holidays still finds its table."""
LOCK = 0x6D6F6E7468
"""Key of the advisory lock of whoever makes or drops months."""
REST = "event_log_rest"
DROP_WAITS = "1s"
"""How long a month that is over waits for who reads the log; who comes later waits behind it, writers too."""
_MONTH = re.compile(r"event_log_([1-9][0-9]{3})_(0[1-9]|1[0-2])")

log = structlog.get_logger(__name__)


def first_of_month(moment: datetime, months: int = 0) -> datetime:
    """Midnight, UTC, of the first day of the month `months` later (or earlier) than `moment`'s."""
    count = moment.year * 12 + moment.month - 1 + months
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)


def name_of(month: datetime) -> str:
    """The table of the month in which `month` lies."""
    return f"event_log_{month:%Y_%m}"


async def months(conn: AsyncConnection) -> list[datetime]:
    """The months that have a table, oldest first; none on SQLite. What an admin attached is left alone."""
    if conn.dialect.name != "postgresql":
        return []
    names = await conn.scalars(
        text(
            "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid "
            "WHERE inhparent = 'event_log'::regclass AND child.relname <> :rest ORDER BY 1"
        ),
        {"rest": REST},
    )
    found = []
    for name in names:
        if month := _MONTH.fullmatch(name):
            found.append(datetime(int(month[1]), int(month[2]), 1, tzinfo=UTC))
        else:
            log.warning("event_log.foreign_table", table=name)
    return found


async def prepare(conn: AsyncConnection, moment: datetime, *, ahead: int = AHEAD) -> list[str]:
    """Make the tables of `moment`'s month and the `ahead` next; the names of those that were new."""
    if conn.dialect.name != "postgresql":
        return []
    await conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    there = set(await months(conn))
    made = []
    for month in (first_of_month(moment, number) for number in range(ahead + 1)):
        if month not in there:
            await _make(conn, month)
            made.append(name_of(month))
    return made


async def _make(conn: AsyncConnection, month: datetime) -> None:
    """Made aside, filled with what the rest holds of the month, then joined: no moment without these rows."""
    name, begin, end = name_of(month), month, first_of_month(month, 1)
    bounds = f"FROM ('{begin.isoformat()}') TO ('{end.isoformat()}')"
    await conn.execute(text(f"CREATE TABLE {name} (LIKE event_log INCLUDING ALL EXCLUDING IDENTITY)"))
    held = text(f"SELECT EXISTS (SELECT 1 FROM {REST} WHERE time >= :begin AND time < :end)")  # noqa: S608
    if await conn.scalar(held, {"begin": begin, "end": end}):
        async with door.opened(conn, "expire", f"rows move to {name}"):
            await conn.execute(
                text(
                    f"WITH moved AS (DELETE FROM {REST} WHERE time >= :begin AND time < :end RETURNING *) "  # noqa: S608
                    f"INSERT INTO {name} SELECT * FROM moved"
                ),
                {"begin": begin, "end": end},
            )
    await conn.execute(text(f"ALTER TABLE event_log ATTACH PARTITION {name} FOR VALUES {bounds}"))
    await conn.execute(
        text(
            f"CREATE TRIGGER event_log_no_truncate BEFORE TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION event_log_refuse()"
        )
    )


async def expire(conn: AsyncConnection, moment: datetime, keep_months: int) -> int:
    """Delete the events of whole months more than `keep_months` before `moment`'s; how many they were.

    With 1 the month before this one stays. ValueError below 1: nothing would tell it from "for ever".
    DatabaseUnavailable where somebody reads the log for longer than `DROP_WAITS`: then nothing is deleted.
    """
    if keep_months < 1:
        raise ValueError("keep_months is at least 1")
    before = first_of_month(moment, -keep_months)
    gone = 0
    if conn.dialect.name == "postgresql":
        await conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        over = [name_of(month) for month in await months(conn) if month < before]
        # Counted first: from the first drop on nobody else can use the log.
        for name in over:
            gone += int(await conn.scalar(text(f"SELECT count(*) FROM {name}")) or 0)  # noqa: S608
        await conn.execute(text(f"SET LOCAL lock_timeout = '{DROP_WAITS}'"))
        for name in over:
            await conn.execute(text(f"DROP TABLE {name}"))
    old = LoggedEvent.time < before
    left = int(await conn.scalar(select(func.count()).select_from(LoggedEvent).where(old)) or 0)
    if left:
        async with door.opened(conn, "expire", f"events before {before:%Y-%m-%d}"):
            await conn.execute(delete(LoggedEvent).where(old))
    return gone + left
