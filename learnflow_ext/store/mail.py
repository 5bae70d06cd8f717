"""Which alerts are mailed to whom: each once, whatever happens, by a row that is claimed before the mail."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec
from sqlalchemy import Row, Select, and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from learnflow_ext.contracts.alerts import TRIGGERS, Finding
from learnflow_ext.contracts.mail import MailWish, Pace
from learnflow_ext.store import people
from learnflow_ext.store.clock import iso
from learnflow_ext.store.models import AlertRow, Mail, User
from learnflow_ext.store.models import MailWish as Wished
from learnflow_ext.store.upsert import insert

LOOK_BACK = timedelta(days=7)
"""Alerts from before that are not mailed any more."""
REMEMBERED = timedelta(days=30)
MOST = 200
"""Alerts that are planned at once for one teacher."""

_Student = aliased(User)
Due = Callable[[datetime], datetime]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One alert of a mail."""

    student: str
    raised_at: datetime
    finding: Finding


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that is this process's to send, and nobody else's."""

    batch: str
    items: tuple[Item, ...]
    tries: int
    """Failures of the unluckiest of its alerts before."""


class Mailed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one alert on its way to a teacher."""

    student: str
    """Empty once the alert is gone."""
    trigger: str
    state: str
    tries: int
    at: str
    """When it came to that; when it is due, while it waits. ISO 8601, UTC."""


async def wish(conn: AsyncConnection, course: str, user: str) -> MailWish | None:
    """What `user` wants to hear of `course`; None when they never said."""
    row = (await conn.execute(_wishes().where(Wished.course == course, User.name == user))).one_or_none()
    return None if row is None else _wish(row)


async def wishes(conn: AsyncConnection) -> list[MailWish]:
    """Everybody who wants mail, in order of course and name."""
    rows = await conn.execute(_wishes().where(Wished.pace != "off").order_by(Wished.course, User.name))
    return [_wish(row) for row in rows]


async def save(conn: AsyncConnection, wish: MailWish, at: datetime, due: Due) -> None:
    """Keep what somebody wants from now on. What waits for them comes when `due` says, or not at all."""
    user_id = await people.ensure(conn, wish.user)
    values: dict[str, Any] = {
        "address": wish.address,
        "pace": wish.pace,
        "triggers": " ".join(wish.triggers),
        "time_zone": wish.time_zone,
        "quiet_from": wish.quiet_from,
        "quiet_until": wish.quiet_until,
        "since": at,
    }
    await conn.execute(
        insert(Wished)
        .values(user_id=user_id, course=wish.course, **values)
        .on_conflict_do_update(index_elements=["user_id", "course"], set_=values)
    )
    mine = and_(Mail.user_id == user_id, Mail.course == wish.course, Mail.state == "waiting")
    if wish.pace == "off":
        await conn.execute(delete(Mail).where(mine))
    else:
        await conn.execute(update(Mail).where(mine).values(due_at=due(at)))


async def stop(conn: AsyncConnection, course: str, user: str) -> None:
    """No more mail to somebody who does not teach the course any more; their address is forgotten."""
    user_id = await people.find(conn, user)
    await conn.execute(
        delete(Mail).where(Mail.user_id == user_id, Mail.course == course, Mail.state == "waiting")
    )
    await conn.execute(delete(Wished).where(Wished.user_id == user_id, Wished.course == course))


async def plan(conn: AsyncConnection, wish: MailWish, at: datetime, due: Due) -> int:
    """Put the open alerts that `wish` asks for, and that were never put there, on the list; how many.

    Of alerts from before the wish none is, nor of those older than a week.
    """
    row = await _locked(conn, wish)
    if row is None or row.pace == "off":
        return 0
    planned = select(Mail.alert_id).where(Mail.user_id == row.user_id)
    found = (
        await conn.execute(
            select(AlertRow.alert_id, AlertRow.raised_at)
            .where(
                AlertRow.course == wish.course,
                AlertRow.state == "open",
                AlertRow.raised_at >= max(row.since, at - LOOK_BACK),
                AlertRow.trigger.in_(row.triggers.split()),
                AlertRow.alert_id.not_in(planned),
            )
            .order_by(AlertRow.raised_at, AlertRow.id)
            .limit(MOST)
        )
    ).all()
    if found:
        await conn.execute(
            insert(Mail).on_conflict_do_nothing(index_elements=["user_id", "alert_id"]),
            [
                {
                    "user_id": row.user_id,
                    "alert_id": alert.alert_id,
                    "course": wish.course,
                    "state": "waiting",
                    "due_at": due(alert.raised_at),
                    "tries": 0,
                    "batch": "",
                    "changed_at": at,
                }
                for alert in found
            ],
        )
    return len(found)


async def claim(conn: AsyncConnection, wish: MailWish, at: datetime, *, an_hour: int) -> Claim | None:
    """The mail that is due for a teacher, now ours; None when there is none, or `an_hour` were tried already.

    Alerts that were dealt with meanwhile are left out for good.
    """
    row = await _locked(conn, wish)
    if row is None or row.pace == "off":
        return None
    mine = and_(Mail.user_id == row.user_id, Mail.course == wish.course)
    tried = await conn.scalar(
        select(func.count(Mail.batch.distinct())).where(
            mine, Mail.batch != "", Mail.changed_at > at - timedelta(hours=1)
        )
    )
    if (tried or 0) >= an_hour:
        return None
    rows = (
        await conn.execute(
            select(Mail.alert_id, Mail.tries, AlertRow.state, AlertRow.raised_at, AlertRow.finding, User.name)
            .outerjoin(AlertRow, AlertRow.alert_id == Mail.alert_id)
            .outerjoin(User, User.id == AlertRow.user_id)
            .where(mine, Mail.state == "waiting", Mail.due_at <= at)
            .order_by(Mail.due_at, AlertRow.raised_at, Mail.alert_id)
        )
    ).all()
    late = [one.alert_id for one in rows if one.state != "open"]
    if late:
        await conn.execute(
            update(Mail).where(mine, Mail.alert_id.in_(late)).values(state="dropped", changed_at=at)
        )
    told = [one for one in rows if one.state == "open"]
    if not told:
        return None
    batch = uuid.uuid4().hex
    await conn.execute(
        update(Mail)
        .where(mine, Mail.alert_id.in_([one.alert_id for one in told]))
        .values(state="sending", batch=batch, changed_at=at)
    )
    return Claim(
        batch=batch,
        tries=max(one.tries for one in told),
        items=tuple(
            Item(
                student=one.name,
                raised_at=one.raised_at,
                finding=msgspec.json.decode(one.finding, type=Finding),
            )
            for one in told
        ),
    )


async def sent(conn: AsyncConnection, batch: str, at: datetime) -> None:
    """It went out."""
    await _became(conn, batch, state="sent", changed_at=at)


async def failed(conn: AsyncConnection, batch: str, at: datetime, again: datetime | None) -> None:
    """It did not; it waits until `again`, or with None is given up."""
    if again is None:
        await _became(conn, batch, state="failed", tries=Mail.tries + 1, changed_at=at)
    else:
        await _became(conn, batch, state="waiting", tries=Mail.tries + 1, due_at=again, changed_at=at)


async def give_up(conn: AsyncConnection, before: datetime, at: datetime) -> int:
    """Give up what was claimed before then and never reported: it may have gone out, so it is not sent
    again. How many alerts."""
    result = await conn.execute(
        update(Mail)
        .where(Mail.state == "sending", Mail.changed_at < before)
        .values(state="failed", changed_at=at)
    )
    return int(result.rowcount)


async def trouble(conn: AsyncConnection, since: datetime, *, course: str = "", user: str = "") -> int:
    """Alerts since then whose mail failed, for good or for now; of one teacher in one course when named."""
    statement = (
        select(func.count())
        .select_from(Mail)
        .where(
            Mail.changed_at >= since,
            (Mail.state == "failed") | ((Mail.state == "waiting") & (Mail.tries > 0)),
        )
    )
    if user:
        statement = statement.join(User, User.id == Mail.user_id).where(
            Mail.course == course, User.name == user
        )
    return int(await conn.scalar(statement) or 0)


async def history(
    conn: AsyncConnection, course: str, user: str, *, limit: int = 100, offset: int = 0
) -> list[Mailed]:
    """What was put on the list for a teacher in the last month, the latest first."""
    rows = await conn.execute(
        select(
            Mail.changed_at,
            Mail.due_at,
            Mail.state,
            Mail.tries,
            AlertRow.trigger,
            _Student.name.label("student"),
        )
        .join(User, User.id == Mail.user_id)
        .outerjoin(AlertRow, AlertRow.alert_id == Mail.alert_id)
        .outerjoin(_Student, _Student.id == AlertRow.user_id)
        .where(Mail.course == course, User.name == user)
        .order_by(Mail.changed_at.desc(), Mail.alert_id)
        .limit(limit)
        .offset(offset)
    )
    return [
        Mailed(
            student=row.student or "",
            trigger=row.trigger or "",
            state=row.state,
            tries=row.tries,
            at=iso(row.due_at if row.state == "waiting" else row.changed_at),
        )
        for row in rows
    ]


async def forget(conn: AsyncConnection, at: datetime) -> None:
    """Delete what was over a month ago: those alerts are too old to be mailed again."""
    await conn.execute(delete(Mail).where(Mail.state != "waiting", Mail.changed_at < at - REMEMBERED))


async def _became(conn: AsyncConnection, batch: str, **values: object) -> None:
    await conn.execute(update(Mail).where(Mail.batch == batch, Mail.state == "sending").values(**values))


async def _locked(conn: AsyncConnection, wish: MailWish) -> Row[int, str, str, datetime] | None:
    """The wish as it is now, locked: one replica at a time decides what somebody is sent."""
    return (
        await conn.execute(
            select(Wished.user_id, Wished.pace, Wished.triggers, Wished.since)
            .join(User, User.id == Wished.user_id)
            .where(Wished.course == wish.course, User.name == wish.user)
            .with_for_update(of=Wished)
        )
    ).one_or_none()


def _wishes() -> Select[*tuple[Any, ...]]:
    return select(
        Wished.course,
        Wished.address,
        Wished.pace,
        Wished.triggers,
        Wished.time_zone,
        Wished.quiet_from,
        Wished.quiet_until,
        User.name,
    ).join(User, User.id == Wished.user_id)


def _wish(row: Row[Any]) -> MailWish:
    chosen: Sequence[str] = row.triggers.split()
    return MailWish(
        course=row.course,
        user=row.name,
        address=row.address,
        pace=cast(Pace, row.pace),
        triggers=tuple(each for each in TRIGGERS if each in chosen),
        time_zone=row.time_zone,
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
    )
