"""The hint ladder: how far up the hints each student has come in each exercise.

A new attempt climbs, asking again does not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Row, Text, and_, bindparam, case, func, literal, or_, update
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.store import people, texts
from learnflow_ext.store.clock import now
from learnflow_ext.store.models import HintLadder
from learnflow_ext.store.upsert import insert

TOP = 4
REMEMBERED = 40
"""Attempts: going back to one of them is not a new one."""
_ATTEMPT = re.compile(r"[0-9a-f]{16}")
_ENTRY = 24
"""Characters of an attempt in what a row has `seen`, with the blank between two."""

# Built once, since each question asks for them: to build them takes as long as to ask.
_PLACE = ("user_id", "course", "assignment", "exercise")
_ROW = and_(*(getattr(HintLadder, name) == bindparam(f"at_{name}") for name in _PLACE))
# Makes the row or changes nothing, and says what is in it, which only a change does.
_FOUND = (
    insert(HintLadder)
    .on_conflict_do_update(index_elements=_PLACE, set_={"rung": HintLadder.rung})
    .returning(HintLadder.rung, HintLadder.seen, HintLadder.tried)
)
_KEEP = update(HintLadder).where(_ROW)


class Attempt(NamedTuple):
    """Code of a run that was reported."""

    course: str
    assignment: str
    exercise: str
    cell_id: str
    attempt: str
    """As `step` takes it."""


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


async def attempted(conn: AsyncConnection, student: str, attempts: Iterable[Attempt]) -> None:
    """Note the code of runs that were reported, in their order: the next hint climbs where a cell was another
    before.
    """
    rows = [_row(each) for each in attempts if _ATTEMPT.fullmatch(each.attempt)]
    if rows:
        mine = {"user_id": await people.ensure(conn, student), "updated_at": now()}
        rows = [{**row, **mine} for row in rows]
        await conn.execute(_TRIED, rows if len(rows) > 1 else rows[0])


def _row(each: Attempt) -> dict[str, object]:
    cell, entry = _entry(each.cell_id, each.attempt)
    names = {name: texts.clip(getattr(each, name), texts.NAME) for name in _PLACE[1:]}
    told = {"entry": entry, "this": f"% {entry}%", "same_cell": f"% {cell}:%"}
    return {**names, **told, "rung": 0, "seen": entry, "tried": False}


def _tried() -> Insert:
    """As `_noted` and what follows on it, in one trip: each reported run asks for it."""
    entry = literal(" ", Text).concat(bindparam("entry", type_=Text))
    before = literal(" ", Text).concat(HintLadder.seen)
    after = func.replace(before, entry, "", type_=Text).concat(entry)
    most = REMEMBERED * _ENTRY
    cut = case((func.length(after) > most, func.substr(after, func.length(after) - most + 1)), else_=after)
    is_new = and_(
        before.not_like(bindparam("this", type_=Text)), before.like(bindparam("same_cell", type_=Text))
    )
    return insert(HintLadder).on_conflict_do_update(
        index_elements=_PLACE,
        set_={"seen": func.ltrim(cut), "tried": or_(HintLadder.tried, is_new)},
    )


_TRIED = _tried()


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
    cell, entry = _entry(cell_id, attempt)
    # A cell that was never seen before has not changed.
    is_new = entry not in seen and any(each.startswith(f"{cell}:") for each in seen)
    kept = [*(each for each in seen if each != entry), entry]
    return row, found, " ".join(kept[-REMEMBERED:]), is_new


def _entry(cell_id: str, attempt: str) -> tuple[str, str]:
    """(what tells the cell from others, what the row has of this attempt)."""
    cell = hashlib.sha256(cell_id.encode("utf-8", "replace")).hexdigest()[:6]
    return cell, f"{cell}:{attempt}"
