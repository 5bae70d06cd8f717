"""Who gave which points, when, and from what to what: read from the log, which nobody can shorten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import String, select
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.events import PointsGiven
from learnflow_ext.store import consumed, eventlog, grades, many, outbox, people
from learnflow_ext.store.eventlog import LogEntry
from learnflow_ext.store.models import POINTS_TYPES, Module, Pseudonym, Submission, User

CONSUMER = "marks"
"""Under which points that were given by hand are noted, each once."""
NOBODY = "somebody who was erased"
MOST_READ = 100_000
"""Events that are looked through for those of one assignment."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Points that were given or changed once."""

    student: str
    assignment: str
    given_at: str
    """ISO 8601, UTC."""
    attempt: int
    """Which of the student's attempts, from 1; 0 where that is not known."""
    by: str
    """The teacher, or what graded by itself."""
    how: str
    """tests, again (graded again), hand (a teacher) or cancelled."""
    part: str = ""
    """`notebook/part`; empty for all points together."""
    before: float | None = None
    """None for none."""
    after: float | None = None
    max_score: float | None = None
    note: str = ""


async def give(conn: AsyncConnection, event: PointsGiven, mark: str, handed_in: datetime | None) -> bool:
    """Put points given by hand on record; False when the `mark`, by its id, is there already.

    `handed_in`, aware, says which of the student's attempts it was, and fills in its id and number.
    """
    await people.ensure(conn, event.student)
    if await consumed.note(conn, CONSUMER, mark) is not None:
        return False
    row = (
        await conn.execute(
            select(Submission.number, Submission.submission_id)
            .join(Module, Module.id == Submission.module_id)
            .join(User, User.id == Submission.user_id)
            .where(
                Module.course == event.course,
                Module.assignment == event.assignment,
                User.name == event.student,
                Submission.submitted_at == handed_in,
            )
            .order_by(Submission.number.desc())
            .limit(1)
        )
    ).one_or_none()
    if row is not None:
        event = msgspec.structs.replace(
            event,
            submission_id=row.submission_id,
            attempt=await grades.attempt_number(conn, row.number),
        )
    await outbox.record(conn, event)
    return True


async def changes(
    conn: AsyncConnection,
    course: str,
    *,
    student: str | None = None,
    assignment: str | None = None,
    limit: int = 1_000,
) -> list[Change]:
    """The latest changes of points in `course`, newest first; what was taken from the queue is left out."""
    # Which assignment an event is about stands in its text alone.
    read = limit if assignment is None else max(limit, MOST_READ)
    entries = await eventlog.tail(conn, student=student, course=course, types=POINTS_TYPES, limit=read)
    names = await _named(conn, {str(entry.data.get("by") or "") for entry in entries})
    found: list[Change] = []
    for entry in reversed(entries):
        if assignment is None or entry.data.get("assignment") == assignment:
            found += _by_hand(entry, names) if entry.type == PointsGiven.TYPE else _graded(entry, names)
    return found[:limit]


async def _named(conn: AsyncConnection, pseudonyms: Iterable[str]) -> dict[str, str]:
    wanted = sorted(set(pseudonyms) - {""})
    rows = await conn.execute(
        select(Pseudonym.pseudonym, User.name)
        .join(User, User.id == Pseudonym.user_id)
        .where(many.one_of(conn, Pseudonym.pseudonym, wanted, String))
    )
    return {row.pseudonym: row.name for row in rows}


def _who(entry: LogEntry, names: dict[str, str]) -> str:
    signed = str(entry.data.get("by") or "")
    return names.get(signed, NOBODY) if signed else ""


def _by_hand(entry: LogEntry, names: dict[str, str]) -> list[Change]:
    data = entry.data
    extra = [data.get(f"extra_{when}") or 0.0 for when in ("before", "after")]
    return [
        Change(
            student=entry.student,
            assignment=str(data["assignment"]),
            given_at=str(data["at"]),
            attempt=int(data["attempt"]),
            by=_who(entry, names),
            how="hand",
            part=f"{data['notebook']}/{data['part']}",
            before=data["before"],
            after=data["after"],
            max_score=data["max_score"],
            note=f"extra credit {extra[0]:g} before, now {extra[1]:g}" if extra[0] != extra[1] else "",
        )
    ]


def _graded(entry: LogEntry, names: dict[str, str]) -> list[Change]:
    data = entry.data
    before, graded = data.get("before"), data["status"] == "graded"
    asked = _who(entry, names)
    if data["status"] == "cancelled":
        return []
    notes = []
    if not graded:
        notes.append("it could not be graded")
    if data.get("penalty"):
        notes.append(f"{data['penalty']:g} taken off for lateness")
    if asked:
        notes.append(f"asked for by {asked}")
    notes += data.get("parts") or ()
    return [
        Change(
            student=entry.student,
            assignment=str(data["assignment"]),
            given_at=entry.time,
            attempt=int(data.get("attempt") or 0),
            by=str(data.get("grader") or "autograder"),
            how="tests" if before is None and not asked else "again",
            before=before,
            after=data["score"] if graded else None,
            max_score=data["max_score"] if graded else None,
            note="; ".join(notes),
        )
    ]
