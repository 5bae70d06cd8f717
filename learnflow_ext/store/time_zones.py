"""In which time zone somebody's days begin and end: what their browser said last."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, String, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store import many, people
from learnflow_ext.store.models import TimeZone, User
from learnflow_ext.store.upsert import insert


async def of(conn: AsyncConnection, names: Iterable[str]) -> dict[str, str]:
    """Name -> time zone of those of `names` whose browser said one."""
    rows = await conn.execute(_of(conn), {"names": many.given(conn, names)})
    return {row.name: row.time_zone for row in rows}


_OF: dict[str, Select[*tuple[Any, ...]]] = {}
"""By the database's dialect. Built once, since each look at one's progress asks for it."""


def _of(conn: AsyncConnection) -> Select[*tuple[Any, ...]]:
    dialect = conn.dialect.name
    if dialect not in _OF:
        _OF[dialect] = (
            select(User.name, TimeZone.time_zone)
            .join(TimeZone, TimeZone.user_id == User.id)
            .where(many.is_one_of(conn, User.name, "names", String))
        )
    return _OF[dialect]


async def keep(conn: AsyncConnection, name: str, time_zone: str) -> None:
    """From now on `name`'s days are those of `time_zone`, which the caller knows to be one."""
    made = insert(TimeZone).values(user_id=await people.ensure(conn, name), time_zone=time_zone)
    await conn.execute(
        made.on_conflict_do_update(index_elements=["user_id"], set_={"time_zone": made.excluded.time_zone})
    )
