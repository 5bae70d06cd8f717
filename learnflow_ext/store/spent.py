"""Tokens of outside clients that are good for one use: which were used, on whichever service they arrived."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store.clock import now
from learnflow_ext.store.models import SpentToken
from learnflow_ext.store.upsert import insert


async def spend(conn: AsyncConnection, mark: str, until: datetime) -> bool:
    """Whether this is the first use of the token that `mark` is a digest of; it is good until then, aware."""
    made = await conn.scalar(
        insert(SpentToken)
        .values(mark=mark, good_until=until)
        .on_conflict_do_nothing(index_elements=["mark"])
        .returning(SpentToken.mark)
    )
    return made is not None


async def forget(conn: AsyncConnection) -> int:
    """Delete those that have expired by themselves; how many."""
    return (await conn.execute(delete(SpentToken).where(SpentToken.good_until <= now()))).rowcount
