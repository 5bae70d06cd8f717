"""`Idempotency-Key` on POST: whoever sends a request again gets the first answer, and it is done once."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import BadRequest, Conflict, LearnFlowError
from learnflow_ext.service import logs
from learnflow_ext.store import once
from learnflow_ext.store.clock import now
from learnflow_ext.store.database import Database, DatabaseUnavailable
from learnflow_ext.store.once import Busy, Kept, Reserved
from learnflow_ext.store.presence import SERVICES, present

HEADER = "Idempotency-Key"
REPEATED = "Idempotency-Replayed"
"""A header of an answer that was given before."""
LONGEST_KEY = 255
WAIT_SECONDS = 10.0
"""How long a request waits for its twin's answer."""
GONE_SECONDS = 2.0
"""How long the service that has the twin in hand must be missing: where only its connection broke, or
PostgreSQL was restarted, it is back before."""
LATER_SECONDS = 0.2, 2.0
"""The first and the longest pause before a database that was away is told again that a try has ended."""
_KEY = re.compile(r"[\x21-\x7e]{1,255}")

STILL_AT_WORK = "This request is still being worked on. Ask again in a moment, with the same Idempotency-Key."

log = logs.get("learnflow.http")
Settle = Callable[[AsyncConnection, Reserved], Awaitable[None]]
_later: set[asyncio.Task[None]] = set()


def key_in(header: str) -> str:
    """The key. BadRequest when it cannot be one."""
    if not _KEY.fullmatch(header):
        raise BadRequest(f"An {HEADER} has between 1 and {LONGEST_KEY} visible characters, no blanks.")
    return header


async def do(
    db: Database,
    work: Callable[[Reserved], Awaitable[Kept]],
    *,
    person: str,
    address: str,
    key: str,
    body: bytes,
    lasts: timedelta,
    holder: str = "",
    wait: float | None = None,
) -> tuple[Kept, bool]:
    """What `work` comes to, or came to before; whether it came to that before. `holder` is who works here. A
    twin is waited for `wait` seconds, else `WAIT_SECONDS`.

    `work` raises what it refuses, having done nothing. Unprocessable for another body under the same key,
    Conflict when the first such request takes too long.
    """
    slot = once.slot_of(person, address, key)
    mark = hashlib.sha256(body).hexdigest()
    found = await _reserve(db, person, slot, mark, lasts, holder, WAIT_SECONDS if wait is None else wait)
    if isinstance(found, Kept):
        return found, True
    try:
        kept = await work(found)
        await db.retrying(lambda conn: once.answered(conn, slot, kept.status, kept.body))
    except LearnFlowError as error:
        # A refusal of the second try says nothing of the first, whose answer is still to be kept.
        await _settle(db, once.refused if error.status < 500 and not found.again else once.failed, found)
        raise
    except BaseException:
        await _settle(db, once.failed, found)
        raise
    return kept, False


async def _settle(db: Database, settle: Settle, tried: Reserved) -> None:
    """Say that a try has ended; where the database cannot be told now, as soon as it can."""
    try:
        await db.retrying(lambda conn: settle(conn, tried))
    except DatabaseUnavailable:
        _settle_later(db, settle, tried)


def _settle_later(db: Database, settle: Settle, tried: Reserved) -> None:
    # Else whoever sends it again would wait for `once.HELD`, while nobody is at work on it.
    task = asyncio.create_task(_until_told(db, settle, tried), name="settle a request")
    _later.add(task)
    task.add_done_callback(_later.discard)


async def _until_told(db: Database, settle: Settle, tried: Reserved) -> None:
    pause, longest = LATER_SECONDS
    while now() < tried.until:
        await asyncio.sleep(pause)
        with contextlib.suppress(DatabaseUnavailable):
            await db.retrying(lambda conn: settle(conn, tried))
            return
        pause = min(longest, pause * 2)


async def _reserve(
    db: Database, person: str, slot: str, mark: str, lasts: timedelta, holder: str, wait: float
) -> Reserved | Kept:
    loop = asyncio.get_running_loop()
    end, pause = loop.time() + wait, 0.05
    missed, missing_since = "", 0.0
    while True:
        found = await _take(db, person, slot, mark, lasts, holder)
        if not isinstance(found, Busy):
            return found
        if found.holder and found.holder not in await present(db, SERVICES):
            if found.holder != missed:
                missed, missing_since = found.holder, loop.time()
            elif loop.time() >= missing_since + GONE_SECONDS:
                log.info("a request is done again, for who had it in hand is gone", service=missed)
                await db.retrying(functools.partial(once.abandoned, slot=slot, holder=missed))
                continue
        else:
            missed = ""
        if loop.time() >= end:
            raise Conflict(STILL_AT_WORK, retry_after=5)
        await asyncio.sleep(pause)
        pause = min(0.5, pause * 2)


async def _take(
    db: Database, person: str, slot: str, mark: str, lasts: timedelta, holder: str
) -> Reserved | Kept | Busy:
    taken: list[Reserved] = []

    async def take(conn: AsyncConnection) -> Reserved | Kept | Busy:
        found = await once.reserve(
            conn, person=person, slot=slot, fingerprint=mark, lasts=lasts, holder=holder
        )
        taken[:] = [found] if isinstance(found, Reserved) else []
        return found

    try:
        return await db.retrying(take)
    except DatabaseUnavailable:
        # Lost in the commit: it may be ours, and nobody will be at work on it.
        for tried in taken:
            _settle_later(db, once.failed, tried)
        raise
