"""Patterns of errors: how often each was asked about, which hints got people on, what teachers call it.

Somebody went on when, after an answer about an error, a run of the same cell went well within half an hour
and before the next answer there. Runs are what students' servers tell, so this is good for choosing words,
and for nothing that counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Select, String, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from learnflow_ext.contracts.errors import BadRequest, NotFound
from learnflow_ext.contracts.help import Fingerprint
from learnflow_ext.store import many, texts, upsert
from learnflow_ext.store.models import HelpError, HelpTurn, PatternRow, Run

WITHIN = timedelta(minutes=30)
MOST_TURNS = 5_000
"""Answers that are looked at, the latest."""
MOST_RUNS = 50_000


class Tried(msgspec.Struct, frozen=True):
    """One rung of hints: how often it was told, and how often people went on after it."""

    told: int = 0
    went_on: int = 0


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """One pattern of errors in a course."""

    key: str
    exception: str
    message: str
    """Normalised: nothing of a student's is in it."""
    construct: str
    name: str
    """What a teacher calls it; empty while nobody has named it."""
    known: bool
    """Whether a rule explained it when it was last asked about."""
    asked: int
    students: int
    rungs: Mapping[int, Tried]
    """By rung, 0 where the hint was on no ladder."""

    @property
    def went_on(self) -> int:
        """After how many of the answers."""
        return sum(each.went_on for each in self.rungs.values())


class _Answer(msgspec.Struct, frozen=True):
    """Told to somebody about a cell."""

    key: str
    who: int
    where: tuple[str, str]
    at: datetime
    rung: int


async def note(conn: AsyncConnection, course: str, fingerprint: Fingerprint, *, known: bool) -> None:
    """Keep that a pattern came up, and whether a rule explained it."""
    course, key = texts.clip(course, texts.NAME), texts.clip(fingerprint.key, 16)
    before = await conn.scalar(_KNOWN, {"course": course, "key": key})
    if before is None:
        new = upsert.insert(PatternRow).values(course=course, fingerprint=key, known=known, name="")
        await conn.execute(new.on_conflict_do_nothing())
    elif before != known:
        row = (PatternRow.course == course) & (PatternRow.fingerprint == key)
        await conn.execute(update(PatternRow).where(row).values(known=known))


_KNOWN = select(PatternRow.known).where(
    PatternRow.course == bindparam("course"), PatternRow.fingerprint == bindparam("key")
)
"""Built once: each error that is explained asks for it."""


async def name(conn: AsyncConnection, course: str, key: str, called: str) -> None:
    """Call a pattern something; an empty name takes it away. BadRequest for a long one, NotFound for a
    pattern that did not come up in the course."""
    clean = " ".join(called.split())
    if len(clean) > 100:
        raise BadRequest("A name has at most 100 characters.")
    row = (PatternRow.course == course) & (PatternRow.fingerprint == key)
    done = await conn.execute(update(PatternRow).where(row).values(name=texts.clip(clean, texts.NAME)))
    if not done.rowcount:
        raise NotFound("There is no such pattern of errors in this course.")


async def of_course(conn: AsyncConnection, course: str, since: datetime) -> list[Pattern]:
    """Patterns that were asked about in `course` since then: what no rule explains first, then by how many
    people met them."""
    rows = (await conn.execute(_answers(course, since))).all()
    said = {
        row.fingerprint: row
        for row in await conn.execute(select(PatternRow).where(PatternRow.course == course))
    }
    answers = [_answer(row) for row in rows]
    came = _outcomes(answers, await _good_runs(conn, course, answers))
    people: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        people[row.fingerprint].add(row.user_id)
    latest = {row.fingerprint: row for row in reversed(rows)}
    found = [
        Pattern(
            key=key,
            exception=row.exception,
            message=row.message,
            construct=row.construct,
            name=said[key].name if key in said else "",
            known=said[key].known if key in said else True,
            asked=sum(each.told for each in came[key].values()),
            students=len(people[key]),
            rungs=came[key],
        )
        for key, row in latest.items()
    ]
    return sorted(found, key=lambda each: (each.known, -each.students, -each.asked, each.key))


async def outcomes(conn: AsyncConnection, course: str, key: str, since: datetime) -> Mapping[int, Tried]:
    """What came of the hints for one pattern since then, by rung."""
    rows = (await conn.execute(_answers(course, since).where(HelpError.fingerprint == key))).all()
    if not rows:
        return {}
    answers = [_answer(row) for row in rows]
    return _outcomes(answers, await _good_runs(conn, course, answers))[key]


def _answers(course: str, since: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(
            HelpError.fingerprint,
            HelpError.exception,
            HelpError.message,
            HelpError.construct,
            HelpTurn.user_id,
            HelpTurn.assignment,
            HelpTurn.cell_id,
            HelpTurn.answered_at,
            HelpTurn.rung,
        )
        .join(HelpTurn, HelpTurn.id == HelpError.turn_id)
        .where(HelpTurn.course == course, HelpTurn.answered_at.is_not(None), HelpTurn.asked_at >= since)
        .order_by(HelpTurn.id.desc())
        .limit(MOST_TURNS)
    )


def _answer(row: Any) -> _Answer:
    return _Answer(row.fingerprint, row.user_id, (row.assignment, row.cell_id), row.answered_at, row.rung)


_Runs = Mapping[tuple[int, tuple[str, str]], list[datetime]]


async def _good_runs(conn: AsyncConnection, course: str, answers: Sequence[_Answer]) -> _Runs:
    """When runs went well that one of `answers` may have helped, by person and cell."""
    if not answers:
        return {}
    first, last = min(each.at for each in answers), max(each.at for each in answers)
    # Of a course with many students a tiny part: those who asked, where they asked.
    rows = await conn.execute(
        select(Run.user_id, Run.assignment, Run.cell_id, Run.recorded_at)
        .where(
            Run.course == course,
            Run.recorded_at > first,
            Run.recorded_at <= last + WITHIN,
            Run.ok.is_(True),
            many.one_of(conn, Run.user_id, {each.who for each in answers}, BigInteger),
            many.one_of(conn, Run.cell_id, {each.where[1] for each in answers}, String),
        )
        .order_by(Run.recorded_at.desc())
        .limit(MOST_RUNS)
    )
    found: dict[tuple[int, tuple[str, str]], list[datetime]] = defaultdict(list)
    for row in rows:
        found[row.user_id, (row.assignment, row.cell_id)].append(row.recorded_at)
    return found


def _outcomes(answers: Iterable[_Answer], good: _Runs) -> dict[str, dict[int, Tried]]:
    """By pattern and rung; each run that went well counts for the last answer before it."""
    told: dict[tuple[int, tuple[str, str]], list[_Answer]] = defaultdict(list)
    for answer in answers:
        told[answer.who, answer.where].append(answer)
    found: dict[str, dict[int, Tried]] = defaultdict(dict)
    for place, row in told.items():
        row.sort(key=lambda each: each.at)
        for answer, following in zip(row, [*row[1:], None], strict=True):
            until = answer.at + WITHIN if following is None else min(following.at, answer.at + WITHIN)
            went_on = any(answer.at < at <= until for at in good.get(place, ()))
            before = found[answer.key].get(answer.rung, Tried())
            found[answer.key][answer.rung] = Tried(before.told + 1, before.went_on + went_on)
    return found
