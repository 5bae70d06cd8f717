"""The hint ladder: how far up the hints each student has come in each exercise.

A new attempt climbs, asking again does not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from sqlalchemy import Row, and_, bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store import people, texts
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import HintLadder
from learnflow_ext.store.upsert import insert

TOP = 4
REMEMBERED = 40
"""Attempts: going back to one of them is not a new one."""
_ATTEMPT = re.compile(r"[0-9a-f]{16}")

# Built once, since each reported run asks for them: to build them takes as long as to ask.
_PLACE = ("user_id", "course", "assignment", "exercise")
_ROW = and_(*(getattr(HintLadder, name) == bindparam(f"at_{name}") for name in _PLACE))
# Makes the row or changes nothing, and says what is in it, which only a change does.
_FOUND = (
    insert(HintLadder)
    .on_conflict_do_update(index_elements=_PLACE, set_={"rung": HintLadder.rung})
    .returning(HintLadder.rung, HintLadder.seen, HintLadder.tried)
)
_KEEP = update(HintLadder).where(_ROW)
_KEEP_SEEN = _KEEP.values(seen=bindparam("now_seen"))
_KEEP_TRIED = _KEEP.values(seen=bindparam("now_seen"), tried=True)


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
    row, found, seen, is_new = await _noted(conn, student, course, assignment, exercise, cell_id, attempt)
    climbs = found.rung == 0 or is_new or found.tried
    rung = min(found.rung + climbs, TOP)
    await conn.execute(_KEEP.values(rung=rung, seen=seen, tried=False, updated_at=now()), row)
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
    row, _, seen, is_new = await _noted(conn, student, course, assignment, exercise, cell_id, attempt)
    await conn.execute(_KEEP_TRIED if is_new else _KEEP_SEEN, {**row, "now_seen": seen})


async def _noted(
    conn: AsyncConnection,
    student: str,
    course: str,
    assignment: str,
    exercise: str,
    cell_id: str,
    attempt: str,
) -> tuple[dict[str, object], Row[int, str, bool], str, bool]:
    """(which row, as `_ROW` asks for it, what is in it, the attempts with this one, whether it is a new one).

    Makes the row where there is none.
    """
    user_id = await people.ensure(conn, student)
    course, assignment, exercise = (texts.clip(name, texts.NAME) for name in (course, assignment, exercise))
    place = dict(zip(_PLACE, (user_id, course, assignment, exercise), strict=True))
    new = {**place, "rung": 0, "seen": "", "tried": False, "updated_at": now()}
    found = (await conn.execute(_FOUND, new)).one()
    row = {f"at_{name}": value for name, value in place.items()}
    seen: Sequence[str] = found.seen.split()
    if not _ATTEMPT.fullmatch(attempt):
        return row, found, " ".join(seen), False
    cell = hashlib.sha256(cell_id.encode("utf-8", "replace")).hexdigest()[:6]
    entry = f"{cell}:{attempt}"
    # A cell that was never seen before has not changed.
    is_new = entry not in seen and any(each.startswith(f"{cell}:") for each in seen)
    kept = [*(each for each in seen if each != entry), entry]
    return row, found, " ".join(kept[-REMEMBERED:]), is_new
