"""The hint ladder: how far up the hints each student has come in each exercise.

A new attempt climbs, asking again does not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store import people, texts
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import HintLadder
from learnflow_ext.store.upsert import insert

TOP = 4
REMEMBERED = 40
"""Attempts: going back to one of them is not a new one."""
_ATTEMPT = re.compile(r"[0-9a-f]{16}")


async def step(
    conn: AsyncConnection,
    student: str,
    *,
    course: str,
    assignment: str,
    exercise: str,
    cell_id: str,
    attempt: str,
) -> int:
    """The rung of the hint that is due now, 1 to 4; it is kept as given.

    The first hint of an exercise is on rung 1. `attempt` is what `diagnosis.fingerprint.attempt_of` says of
    the code that the question brought, empty for none; `cell_id` is where that code stands.
    """
    row, seen, is_new = await _noted(conn, student, course, assignment, exercise, cell_id, attempt)
    found = (await conn.execute(select(HintLadder.rung, HintLadder.tried).where(row))).one()
    climbs = found.rung == 0 or is_new or found.tried
    rung = min(found.rung + climbs, TOP)
    await conn.execute(
        update(HintLadder).where(row).values(rung=rung, seen=seen, tried=False, updated_at=now())
    )
    return int(rung)


async def attempted(
    conn: AsyncConnection,
    student: str,
    *,
    course: str,
    assignment: str,
    exercise: str,
    cell_id: str,
    attempt: str,
) -> None:
    """Note the code of a run that was reported: the next hint climbs where the cell was another before."""
    row, seen, is_new = await _noted(conn, student, course, assignment, exercise, cell_id, attempt)
    change = {"seen": seen, "tried": True} if is_new else {"seen": seen}
    await conn.execute(update(HintLadder).where(row).values(**change))


async def _noted(
    conn: AsyncConnection,
    student: str,
    course: str,
    assignment: str,
    exercise: str,
    cell_id: str,
    attempt: str,
) -> tuple[ColumnElement[bool], str, bool]:
    """(which row, the attempts with this one, whether it is a new one). Makes the row where there is none."""
    user_id = await people.ensure(conn, student)
    course, assignment, exercise = (texts.clip(name, texts.NAME) for name in (course, assignment, exercise))
    await conn.execute(
        insert(HintLadder)
        .values(
            user_id=user_id,
            course=course,
            assignment=assignment,
            exercise=exercise,
            rung=0,
            seen="",
            tried=False,
            updated_at=now(),
        )
        .on_conflict_do_nothing()
    )
    row = and_(
        HintLadder.user_id == user_id,
        HintLadder.course == course,
        HintLadder.assignment == assignment,
        HintLadder.exercise == exercise,
    )
    seen: Sequence[str] = (await conn.execute(select(HintLadder.seen).where(row))).scalar_one().split()
    if not _ATTEMPT.fullmatch(attempt):
        return row, " ".join(seen), False
    cell = hashlib.sha256(cell_id.encode("utf-8", "replace")).hexdigest()[:6]
    entry = f"{cell}:{attempt}"
    # A cell that was never seen before has not changed.
    is_new = entry not in seen and any(each.startswith(f"{cell}:") for each in seen)
    kept = [*(each for each in seen if each != entry), entry]
    return row, " ".join(kept[-REMEMBERED:]), is_new
