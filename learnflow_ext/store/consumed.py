"""Which events a consumer has dealt with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import String, bindparam, delete, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store import many, texts
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import Consumed
from learnflow_ext.store.upsert import insert

Outcome = Literal["done", "dead"]
FORGOTTEN_AT_ONCE = 10_000

# Built once: asked for with each event that may have an effect.
_NOTE = (
    insert(Consumed)
    .on_conflict_do_nothing(index_elements=["consumer", "event_id"])
    .returning(Consumed.event_id)
)


async def note_all(conn: AsyncConnection, consumer: str, event_ids: Sequence[str]) -> dict[str, Outcome]:
    """Note events as done, all at once; those that were noted before, with their outcome, which stays."""
    # Always in the same order, so that two consumers in each other's way wait instead of locking up.
    wanted = sorted(set(event_ids))
    moment = now()
    asked = {"consumer": consumer, "events": many.given(conn, wanted), "at": moment}
    result = await conn.execute(_note_all(conn), asked)
    old = set(wanted) - set(result.scalars())
    if not old:
        return {}
    rows = await conn.execute(
        select(Consumed.event_id, Consumed.outcome).where(
            Consumed.consumer == consumer, Consumed.event_id.in_(old)
        )
    )
    return {row.event_id: cast(Outcome, row.outcome) for row in rows}


_NOTE_ALL: dict[str, Any] = {}
"""By the database's dialect."""


def _note_all(conn: AsyncConnection) -> Any:
    """One text for any number of events, built once: to build it each time took longer than to run it."""
    dialect = conn.dialect.name
    if dialect not in _NOTE_ALL:
        listed = many.given_column(conn, "events", String)
        _NOTE_ALL[dialect] = (
            insert(Consumed)
            .from_select(
                ["consumer", "event_id", "outcome", "error", "at"],
                select(
                    bindparam("consumer", type_=String),
                    listed,
                    literal("done", String),
                    literal("", String),
                    bindparam("at", type_=Consumed.__table__.c.at.type),
                )
                # SQLite takes the ON of a join for that of the conflict, unless something stands between.
                .where(listed.is_not(None)),
            )
            .on_conflict_do_nothing(index_elements=["consumer", "event_id"])
            .returning(Consumed.event_id)
        )
    return _NOTE_ALL[dialect]


async def note(
    conn: AsyncConnection, consumer: str, event_id: str, outcome: Outcome = "done", error: str = ""
) -> Outcome | None:
    """Note an event as dealt with; None when it is new, else the outcome noted before, which stays."""
    # Not rowcount: psycopg has none for an insert whose keys SQLAlchemy asks back.
    noted = await conn.scalar(
        _NOTE,
        {
            "consumer": consumer,
            "event_id": event_id,
            "outcome": outcome,
            "error": texts.clip(error, texts.LINE),
            "at": now(),
        },
    )
    if noted is not None:
        return None
    found = await conn.scalar(
        select(Consumed.outcome).where(Consumed.consumer == consumer, Consumed.event_id == event_id)
    )
    return cast(Outcome, found)


async def forget(conn: AsyncConnection, consumers: Collection[str], before: datetime) -> int:
    """Delete notes of `consumers` from before then that something is done, `FORGOTTEN_AT_ONCE` of them; how
    many. What is dead stays: a person may look for it.

    Only for consumers whose events cannot come again by then.
    """
    old = (
        select(Consumed.consumer, Consumed.event_id)
        .where(Consumed.consumer.in_(consumers), Consumed.outcome == "done", Consumed.at < before)
        .limit(FORGOTTEN_AT_ONCE)
    )
    gone = await conn.execute(delete(Consumed).where(tuple_(Consumed.consumer, Consumed.event_id).in_(old)))
    return gone.rowcount
